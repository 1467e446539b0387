//! keyd and computed as a pair: neither can work without the other, so they start and stop together.

use std::os::fd::AsFd;
use std::thread;
use std::time::{Duration, Instant};

use ipc::Channel;
use ipc::control::{BoxFacts, Order, Report, Start};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::error::SupervisorError;
use crate::facts;
use crate::kernel_log;
use crate::programs::{COMPUTED, KEYD_SERVE};
use crate::services::process::ServiceProcess;

mod exit;
mod process;

/// How many there are.
pub(crate) const COUNT: usize = 2;

/// A service that was told to stop has this long, and no message to or from one takes longer.
const STOP_WAIT: Duration = Duration::from_secs(10);

/// The processes that were started and not stopped; dead ones among them, until they are stopped too.
pub(crate) struct Services(Vec<ServiceProcess>);

impl Services {
    /// Starts both, joined by a fresh channel.
    pub(crate) fn start(facts: &BoxFacts, cards: &[String]) -> Result<Services, SupervisorError> {
        let (keyd_peer, computed_peer) = Channel::pair()?;
        let start = |cards, pcr_policy| Start { facts: facts.clone(), cards, pcr_policy };
        let for_keyd = start(Vec::new(), Some(facts::pcr_policy()?));
        let keyd = ServiceProcess::start(KEYD_SERVE, keyd_peer, &for_keyd, STOP_WAIT)?;
        let for_computed = start(cards.to_vec(), None);
        let computed = ServiceProcess::start(COMPUTED, computed_peer, &for_computed, STOP_WAIT)?;
        Ok(Services(vec![keyd, computed]))
    }

    /// What they report, each with its service's name; waits so long for something to come.
    pub(crate) fn reports(&self, wait: Duration) -> Vec<(&'static str, Report)> {
        let mut fds: Vec<PollFd<'_>> =
            self.0.iter().map(|s| PollFd::new(s.control.fd().as_fd(), PollFlags::POLLIN)).collect();
        let _ = poll(&mut fds, PollTimeout::from(wait.as_millis() as u16));
        let mut reports = Vec::new();
        for (service, fd) in self.0.iter().zip(&fds) {
            if !fd.any().unwrap_or(false) {
                continue;
            }
            match service.control.receive() {
                Ok(report) => reports.push((service.name, report)),
                // It is dying; its exit status will say more.
                Err(_) => thread::sleep(Duration::from_millis(20)),
            }
        }
        reports
    }

    /// A sentence about each that ended. One that lost its peer ends too, in order; both are told of.
    pub(crate) fn ended(&mut self) -> Vec<String> {
        let ended = |service: &mut ServiceProcess| {
            let status = service.process.try_wait().ok().flatten()?;
            Some(exit::sentence(service.name, status, || kernel_log::forbidden_call(service.process.id())))
        };
        self.0.iter_mut().filter_map(ended).collect()
    }

    pub(crate) fn pids(&self) -> Vec<u32> {
        self.0.iter().map(|s| s.process.id()).collect()
    }

    /// Has all end in order, and kills what does not; `meanwhile` is called often.
    pub(crate) fn stop(mut self, mut meanwhile: impl FnMut()) {
        for service in &self.0 {
            // One that is dead already can't hear it.
            let _ = service.control.send(&Order::Stop);
        }
        let until = Instant::now() + STOP_WAIT;
        for service in &mut self.0 {
            while matches!(service.process.try_wait(), Ok(None)) {
                if Instant::now() > until {
                    let _ = service.process.kill();
                    let _ = service.process.wait();
                    break;
                }
                meanwhile();
                thread::sleep(Duration::from_millis(20));
            }
        }
    }

    /// Name, channel and process of each, for the faults that tests ask for.
    #[cfg(feature = "fault-injection")]
    pub(crate) fn targets(&self) -> Vec<(&str, &Channel, u32)> {
        self.0.iter().map(|s| (s.name, &s.control, s.process.id())).collect()
    }
}
