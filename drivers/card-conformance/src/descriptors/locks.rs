//! Errors after which a card takes nothing until it is reset.

use card::Transport;
use card_csr::{
    CompletionStatus::{BadContext, DmaFault, Ok as Good},
    Operation,
    regs::{self, CardFault, CardState},
};

use crate::{
    descriptors::bench::{Bench, UNMAPPED, with},
    problem::Problem,
    raw::RING,
};

impl<T: Transport> Bench<'_, T> {
    pub(crate) fn locks(&mut self) -> Result<(), Problem> {
        for word in [2, 3, 4] {
            let case = "an address that is not mapped";
            let far = with(self.job(Operation::Modmul, 0), word, 0, 64, UNMAPPED);
            self.expect(case, far, DmaFault)?;
            self.locked(case, CardFault::DmaFault)?;
            self.revive()?;
        }
        let case = "a doorbell beyond the ring";
        let beyond = self.raw.tail.wrapping_add(RING + 1);
        self.raw.write(regs::SubmissionTail::default().with_tail(beyond.into()))?;
        self.locked(case, CardFault::BadDoorbell)?;
        for (case, base, log2) in [
            ("a ring without entries", self.raw.iova(0), 0),
            ("a ring larger than the card's", self.raw.iova(0), 31),
            ("an unaligned ring", self.raw.iova(64), 6),
        ] {
            self.raw.reset()?;
            self.raw.enable(base, log2)?;
            self.locked(case, CardFault::BadRing)?;
        }
        let case = "a ring that is not mapped";
        self.raw.reset()?;
        self.raw.enable(UNMAPPED, RING.ilog2())?;
        self.raw.await_state(CardState::Ready, case)?;
        self.raw.write(regs::SubmissionTail::default().with_tail(1))?;
        self.locked(case, CardFault::DmaFault)?;
        self.revive()?;
        self.expect("a job after all that", self.job(Operation::Modmul, 0), Good)?;
        self.raw.reset()
    }

    /// The card says that it is locked, and why, and takes nothing until it is reset.
    fn locked(&mut self, case: &str, fault: CardFault) -> Result<(), Problem> {
        self.raw.await_state(CardState::Locked, case)?;
        let found = self.raw.read::<regs::ErrorCode>()?.code();
        if found != Ok(fault) {
            return Err(Problem::wrong(case, format!("the error code is {found:?}, not {fault:?}")));
        }
        self.raw.write(regs::Control::default().with_enable(true))?;
        self.raw.await_state(CardState::Locked, case)
    }

    /// Out of the locked state, whose contexts are gone.
    fn revive(&mut self) -> Result<(), Problem> {
        self.raw.reset()?;
        self.raw.enable(self.raw.iova(0), RING.ilog2())?;
        self.raw.await_state(CardState::Ready, "after the locked state")?;
        self.expect("a context after the locked state", self.job(Operation::Modmul, 0), BadContext)?;
        self.prepare()
    }
}
