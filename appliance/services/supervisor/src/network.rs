//! The network as far as it takes privileges: links brought up, a socket opened for the service that asks for an address, the
//! address set. What comes from the network is read by that service, never here.

use std::os::fd::OwnedFd;

use ipc::control::Address;
use tokio::runtime::{Builder, Runtime};

use crate::console::Console;
use crate::error::{SupervisorError, network};

mod links;
mod netlink;
mod packet_socket;

/// Loopback, and the first Ethernet link if there is one.
pub(crate) struct Network {
    runtime: Runtime,
    link: Option<String>,
}

impl Network {
    /// With loopback up.
    pub(crate) fn start() -> Result<Network, SupervisorError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let network =
            Network { runtime: runtime.map_err(|e| network("starting its runtime")(Box::new(e)))?, link: None };
        network.run(netlink::link_up("lo"))?;
        Ok(network)
    }

    pub(crate) fn find_link(&mut self, console: &mut Console) -> Result<(), SupervisorError> {
        self.link = links::first_ethernet()?;
        match &self.link {
            Some(link) => self.run(netlink::link_up(link)),
            None => {
                console.say("no network link");
                Ok(())
            }
        }
    }

    pub(crate) fn link(&self) -> Option<&str> {
        self.link.as_deref()
    }

    /// `None`: there is no link, or it has just vanished; whoever lacks the socket says what that means.
    pub(crate) fn packet_socket(&self) -> Option<(OwnedFd, Vec<u8>)> {
        packet_socket::open(self.link.as_deref()?).ok()
    }

    /// Gives the link this address and no other, and the box its default route; or takes both away.
    pub(crate) fn set(&self, address: Option<Address>) -> Result<(), SupervisorError> {
        self.link.as_deref().map_or(Ok(()), |link| self.run(netlink::configure(link, address)))
    }

    fn run<T>(&self, what: impl Future<Output = Result<T, SupervisorError>>) -> Result<T, SupervisorError> {
        self.runtime.block_on(netlink::bounded(what))
    }
}
