//! Back into service after an error.

use crate::{
    error::CardError, host_counters::HostCounters, loaded::LoadedCard, rings::Rings, self_test, start::start,
    transport::Transport,
};

impl<T: Transport> LoadedCard<T> {
    /// Resets the function and the card, probes it anew and has it pass its self-test: only then is it in service again.
    /// All contexts are gone. A card that is in service may be reset like this too.
    pub fn recover(&mut self) -> Result<(), CardError> {
        self.failed = true;
        self.contexts.fill_with(|| None);
        self.transport.reset()?;
        let identity = start(&mut self.transport, self.layout)?;
        if identity != self.identity {
            return Err(CardError::Capability { what: "it is not the card that it was before the reset" });
        }
        self.rings = Rings::new(self.layout);
        self.counters = HostCounters::default();
        self.lost_interrupts = 0;
        self.failed = false;
        let moderated = self.program_holdoff();
        self.keep_or_fail(moderated)?;
        let tested = self_test::run(self);
        self.keep_or_fail(tested)
    }
}
