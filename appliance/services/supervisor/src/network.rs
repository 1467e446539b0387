//! The network as far as it takes privileges: links brought up, VLANs made, sockets opened for the service that asks for addresses, addresses
//! and routes set. What comes from the network is read by that service, never here. What is to be done is decided in `model`; nothing
//! that goes wrong here ends the box: it is said, and tried again.

use std::net::IpAddr;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use ipc::control::{LinkReport, Order};
use service_process::ServiceProcess;
use service_table::Handle;
use tokio::runtime::{Builder, Runtime};

use crate::error::{SupervisorError, chain, network};

mod model;
mod netlink;
mod plan;
mod seen;
mod sockets;
mod step;
mod sysctls;
#[cfg(test)]
mod tests;
mod told;
mod trouble;
mod words;

use model::Model;
use step::Step;
pub(crate) use trouble::{Trouble, events};

/// From one look at the links to the next.
const EVERY: Duration = Duration::from_secs(1);
/// A process that does not take an order within this is given no more.
const PATIENCE: Duration = Duration::from_secs(1);

pub(crate) struct Network {
    began: Instant,
    model: Model,
    /// When to look next.
    next: Duration,
    /// A process that takes no orders: each would hold PID 1 up for as long as one may wait.
    deaf: Option<u32>,
    /// For netlink; made at the first use, and again if that failed.
    runtime: Option<Runtime>,
    #[cfg(feature = "fault-injection")]
    refusing: bool,
}

impl Network {
    /// With loopback up.
    pub(crate) fn start() -> Network {
        let mut network = Network {
            began: Instant::now(),
            model: Model::default(),
            next: Duration::ZERO,
            deaf: None,
            runtime: None,
            #[cfg(feature = "fault-injection")]
            refusing: false,
        };
        let set = sysctls::settle_defaults().and_then(|()| network.run(netlink::loopback_up()));
        network.model.done(set.as_ref().err().map(|e| chain(e)), Duration::ZERO);
        network
    }

    /// Looks at the links, if it is time to, and does what is due. `holder`: the service that looks after links. What changed, a line each.
    pub(crate) fn look(&mut self, holder: Option<&ServiceProcess>) -> Vec<String> {
        let now = self.began.elapsed();
        if now < self.next {
            return Vec::new();
        }
        self.next = now + EVERY;
        let failed = match self.run(netlink::links()) {
            Ok(seen) => {
                let steps = self.model.see(seen, holder.map(ServiceProcess::pid), now);
                let outcomes: Vec<_> = steps.into_iter().map(|step| self.take(step, holder)).collect();
                outcomes.into_iter().find_map(Result::err)
            }
            Err(e) => Some(e),
        };
        self.model.done(failed.as_ref().map(|e| chain(e)), now);
        self.model.news(now)
    }

    /// How a link is to be addressed, by the word of the service that looks after links.
    pub(crate) fn report(&mut self, report: LinkReport) {
        self.model.report(report, self.began.elapsed());
        self.next = Duration::ZERO;
    }

    /// The file with the settings is not used, says this process.
    pub(crate) fn file_not_used(&mut self, why: String, holder: Option<&ServiceProcess>) -> String {
        self.model.file_not_used(why, holder.map(ServiceProcess::pid))
    }

    /// Each link with what there is to say of it.
    pub(crate) fn links(&self) -> Vec<(String, String)> {
        self.model.links(self.began.elapsed())
    }

    /// At which the box is reached.
    pub(crate) fn addresses(&self) -> Vec<IpAddr> {
        self.model.addresses()
    }

    /// What is wrong now.
    pub(crate) fn troubles(&self) -> Vec<Trouble> {
        self.model.troubles(self.began.elapsed())
    }

    /// What a service starts with. `None`: it can't be opened; the service goes without.
    pub(crate) fn open(&self, handle: Handle) -> Option<OwnedFd> {
        match handle {
            // One with each link, as links come.
            Handle::PacketSockets | Handle::FirmwareLog => None,
            Handle::TimeSocket => sockets::time().ok(),
        }
    }

    /// From now on netlink refuses everything, or nothing any more.
    #[cfg(feature = "fault-injection")]
    pub(crate) fn refuse(&mut self, refusing: bool) {
        self.refusing = refusing;
    }

    fn take(&mut self, step: Step, holder: Option<&ServiceProcess>) -> Result<(), SupervisorError> {
        match step {
            Step::Up { index, name } => {
                sysctls::settle_link(&name, index)?;
                self.run(netlink::link_up(index))
            }
            Step::MakeVlan { parent, id, name } => self.run(netlink::make_vlan(parent, id, &name)),
            Step::Remove { index } => self.run(netlink::remove(index)),
            Step::Configure { index, addresses } => self.run(netlink::configure(index, &addresses)),
            Step::Give { index, link } => {
                let Some(holder) = holder else { return Ok(()) };
                let socket = sockets::packets(index)?;
                self.order(holder, &Order::Link(link), Some(&socket))?;
                self.model.given(index);
                Ok(())
            }
            Step::Tell(order) => holder.map_or(Ok(()), |holder| self.order(holder, &order, None)),
        }
    }

    fn order(
        &mut self,
        holder: &ServiceProcess,
        order: &Order,
        socket: Option<&OwnedFd>,
    ) -> Result<(), SupervisorError> {
        if self.deaf == Some(holder.pid()) {
            return Err(SupervisorError::Refused("the service that looks after links takes no orders".into()));
        }
        let began = Instant::now();
        holder.order(order, socket);
        if began.elapsed() > PATIENCE {
            self.deaf = Some(holder.pid());
        }
        Ok(())
    }

    fn run<T>(&mut self, what: impl Future<Output = Result<T, SupervisorError>>) -> Result<T, SupervisorError> {
        #[cfg(feature = "fault-injection")]
        if self.refusing {
            return Err(SupervisorError::Refused("netlink refuses, as a test wants it to".into()));
        }
        let runtime = match &mut self.runtime {
            Some(runtime) => runtime,
            none => {
                let made = Builder::new_current_thread().enable_all().build();
                none.insert(made.map_err(|e| network("starting its runtime")(Box::new(e)))?)
            }
        };
        runtime.block_on(netlink::bounded(what))
    }
}
