//! The pairing code of the moment: shown on the box's screen, good for one client, replaced after five wrong tries.

use std::sync::{Mutex, MutexGuard, PoisonError};

use proto::pairing::PairingCode;
use ring::rand::{SecureRandom, SystemRandom};
use subtle::ConstantTimeEq;

use crate::clients::Role;
use crate::error::ComputeError;
use crate::limits;

pub(crate) struct Pairing {
    pin: [u8; 10],
    open: Mutex<Option<Open>>,
}

struct Open {
    secret: [u8; 6],
    role: Role,
    tries: u32,
}

/// What an attempt came to.
pub(crate) enum Attempt {
    /// The secret is used up; give the client this role.
    Right(Role),
    Wrong,
    /// Wrong once too often: this is the new code.
    Replaced(String),
    /// Nobody is expected.
    Closed,
}

impl Pairing {
    pub(crate) fn new(pin: [u8; 10]) -> Pairing {
        Pairing { pin, open: Mutex::new(None) }
    }

    /// A new code; an older one is void.
    pub(crate) fn invite(&self, role: Role) -> Result<String, ComputeError> {
        let secret = random()?;
        *self.locked() = Some(Open { secret, role, tries: 0 });
        Ok(PairingCode { pin: self.pin, secret }.to_text())
    }

    pub(crate) fn attempt(&self, secret: &[u8]) -> Result<Attempt, ComputeError> {
        let mut open = self.locked();
        let Some(state) = open.as_mut() else { return Ok(Attempt::Closed) };
        if bool::from(state.secret.as_slice().ct_eq(secret)) {
            let role = state.role;
            *open = None;
            return Ok(Attempt::Right(role));
        }
        state.tries += 1;
        if state.tries < limits::PAIRING_TRIES {
            return Ok(Attempt::Wrong);
        }
        let role = state.role;
        drop(open);
        Ok(Attempt::Replaced(self.invite(role)?))
    }

    fn locked(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes from the kernel.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], ComputeError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| ComputeError::Randomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_good_once_and_not_for_guessing() {
        let pairing = Pairing::new([7; 10]);
        assert!(matches!(pairing.attempt(&[0; 6]).unwrap(), Attempt::Closed));
        let code = PairingCode::parse(&pairing.invite(Role::Administrator).unwrap()).unwrap();
        assert_eq!(code.pin, [7; 10]);
        for _ in 0..4 {
            assert!(matches!(pairing.attempt(&[0; 6]).unwrap(), Attempt::Wrong));
        }
        let Attempt::Replaced(text) = pairing.attempt(b"short").unwrap() else { panic!("not replaced") };
        assert!(matches!(pairing.attempt(&code.secret).unwrap(), Attempt::Wrong));
        let code = PairingCode::parse(&text).unwrap();
        assert!(matches!(pairing.attempt(&code.secret).unwrap(), Attempt::Right(Role::Administrator)));
        assert!(matches!(pairing.attempt(&code.secret).unwrap(), Attempt::Closed));
    }
}
