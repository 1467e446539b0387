//! From power-up or a reset to empty rings.

use std::time::Duration;

use card_csr::regs::{self, CardState};

use crate::{
    error::CardError,
    health::await_state,
    identity::{Identity, identify},
    layout::{Layout, RING_LOG2},
    registers,
    transport::Transport,
};

/// For a card of which nothing is known yet but that it is one: it says so at once.
const ENABLE_TIMEOUT: Duration = Duration::from_secs(5);

/// Identifies and resets a card and leaves it enabled with empty rings.
pub(crate) fn start(transport: &mut impl Transport, layout: Layout) -> Result<Identity, CardError> {
    let identity = identify(transport)?;
    reset(transport, identity.reset_allowance())?;
    transport.dma_wipe(0, layout.pool())?;
    // One of before the reset may still wait to be taken.
    transport.wait_interrupt(Duration::ZERO)?;
    program_rings(transport, layout)?;
    Ok(identity)
}

/// Stops the card and has it zeroize its contexts. What it held of the DMA pool is its no longer.
pub(crate) fn reset(transport: &mut impl Transport, timeout: Duration) -> Result<(), CardError> {
    registers::write(transport, regs::Control::default().with_reset(true))?;
    await_state(transport, CardState::Disabled, timeout)
}

fn program_rings(transport: &mut impl Transport, layout: Layout) -> Result<(), CardError> {
    let (submission, completion) = (layout.submission_base(), layout.completion_base());
    registers::write(transport, regs::SubmissionBaseLo::default().with_addr(submission as u32))?;
    registers::write(transport, regs::SubmissionBaseHi::default().with_addr((submission >> 32) as u32))?;
    registers::write(transport, regs::CompletionBaseLo::default().with_addr(completion as u32))?;
    registers::write(transport, regs::CompletionBaseHi::default().with_addr((completion >> 32) as u32))?;
    registers::write(transport, regs::RingSize::default().with_log2(RING_LOG2))?;
    registers::write(transport, regs::InterruptMask::default().with_completion(false).with_error(false))?;
    registers::write(transport, regs::Control::default().with_enable(true))?;
    await_state(transport, CardState::Ready, ENABLE_TIMEOUT)
}
