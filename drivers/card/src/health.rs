//! What a card says of its state, and waiting for another one.

use std::time::{Duration, Instant};

use card_csr::{
    Register,
    regs::{self, CardFault, CardState},
};

use crate::{error::CardError, registers, transport::Transport};

/// Whether the card is there and at work.
pub(crate) fn check_health(transport: &mut impl Transport) -> Result<(), CardError> {
    check_presence(transport)?;
    match registers::read::<regs::Status>(transport)?.state()? {
        CardState::Ready => Ok(()),
        CardState::Locked => Err(CardError::Locked { fault: fault(transport)? }),
        found => Err(CardError::WrongState { found, needed: CardState::Ready }),
    }
}

/// Whether a card answers at all.
pub(crate) fn check_presence(transport: &mut impl Transport) -> Result<(), CardError> {
    match registers::read::<regs::Id>(transport)?.magic() {
        u32::MAX => Err(CardError::Gone),
        magic if magic == regs::Id::RESET.magic() => Ok(()),
        found => Err(CardError::WrongMagic { found }),
    }
}

/// Waits until the card is in a state; polls, because a card in reset raises no interrupts.
pub(crate) fn await_state(
    transport: &mut impl Transport,
    needed: CardState,
    timeout: Duration,
) -> Result<(), CardError> {
    let start = Instant::now();
    loop {
        let found = registers::read::<regs::Status>(transport)?.state()?;
        if found == needed {
            return Ok(());
        }
        if found == CardState::Locked {
            return Err(CardError::Locked { fault: fault(transport)? });
        }
        let after = start.elapsed();
        if after >= timeout {
            check_presence(transport)?;
            return Err(CardError::Timeout { what: "a change of state", after });
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn fault(transport: &mut impl Transport) -> Result<CardFault, CardError> {
    Ok(registers::read::<regs::ErrorCode>(transport)?.code()?)
}
