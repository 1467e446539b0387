//! Waiting for the card: by interrupt, with polling as the second leg, and always with a bound.

use std::time::{Duration, Instant};

use crate::{error::CardError, health::check_health, loaded::LoadedCard, rings::InFlight, transport::Transport};

/// How long to trust in the interrupt before looking whether the card is still there.
const SLICE: Duration = Duration::from_millis(100);
/// How late an interrupt may be after its completion before it counts as lost: machines under emulation are slow.
const GRACE: Duration = Duration::from_secs(1);
/// Completions in a row without an interrupt that take a card out of service.
const LOST_LIMIT: u32 = 3;
/// Interrupts beyond the completions taken: what may be on its way, many times over.
const STORM_LIMIT: u64 = 64;

impl<T: Transport> LoadedCard<T> {
    /// Waits for the next completion of any job in flight.
    pub(crate) fn wait_completion(&mut self, deadline: Instant) -> Result<InFlight, CardError> {
        let start = Instant::now();
        loop {
            if let Some(job) = self.rings.take(&mut self.transport)? {
                self.counters.jobs += 1;
                return Ok(job);
            }
            let now = Instant::now();
            if now >= deadline {
                return Err(CardError::Timeout { what: "a completion", after: now - start });
            }
            if let Some(job) = self.rings.first_due().filter(|job| now >= job.due) {
                let (operation, items, allowed) = (job.operation, job.items, job.allowed);
                return Err(CardError::JobDeadline { operation, items, allowed });
            }
            let interrupt = self.wait_interrupt(SLICE.min(deadline - now))?;
            if let Some(job) = self.rings.take(&mut self.transport)? {
                self.counters.jobs += 1;
                if !interrupt {
                    self.note_missing_interrupt()?;
                }
                return Ok(job);
            }
            // An interrupt of a completion taken earlier, silence, or the card saying that it is locked.
            check_health(&mut self.transport)?;
        }
    }

    /// With nothing in flight, interrupts must come to an end.
    pub(crate) fn expect_quiet(&mut self) -> Result<(), CardError> {
        const QUIET: Duration = Duration::from_millis(10);
        let before = self.counters.interrupts;
        while self.wait_interrupt(QUIET)? {
            if self.counters.interrupts - before > STORM_LIMIT {
                let (interrupts, completions) = (self.counters.interrupts, self.counters.jobs);
                return Err(CardError::InterruptStorm { interrupts, completions });
            }
        }
        Ok(())
    }

    fn wait_interrupt(&mut self, timeout: Duration) -> Result<bool, CardError> {
        let interrupt = self.transport.wait_interrupt(timeout)?;
        if interrupt {
            self.counters.interrupts += 1;
            self.lost_interrupts = 0;
            let (interrupts, completions) = (self.counters.interrupts, self.counters.jobs);
            if interrupts > completions + STORM_LIMIT {
                return Err(CardError::InterruptStorm { interrupts, completions });
            }
        }
        Ok(interrupt)
    }

    fn note_missing_interrupt(&mut self) -> Result<(), CardError> {
        let held_off = self.identity.cycles(64 * u64::from(self.holdoff));
        if self.wait_interrupt(GRACE + held_off)? {
            return Ok(());
        }
        self.lost_interrupts += 1;
        if self.lost_interrupts < LOST_LIMIT {
            return Ok(());
        }
        Err(CardError::LostInterrupts { count: self.lost_interrupts })
    }
}
