//! The network: loopback, then the first Ethernet link with a static address or DHCP.

use std::thread;

use tokio::runtime::{Builder, Runtime};

use crate::console::Console;
use crate::error::{SupervisorError, network};

mod dhcp;
mod links;
mod netlink;
mod settings;

/// The network with loopback up.
pub(crate) struct Network {
    runtime: Runtime,
}

pub(crate) fn start_loopback() -> Result<Network, SupervisorError> {
    let runtime =
        Builder::new_current_thread().enable_all().build().map_err(|e| network("starting its runtime")(Box::new(e)))?;
    runtime.block_on(netlink::link_up("lo"))?;
    Ok(Network { runtime })
}

impl Network {
    /// How the box is addressed, in words; `None`: it has no link. With DHCP the client runs on a thread of its own until the
    /// power goes off.
    pub(crate) fn start(self, console: &mut Console) -> Result<Option<String>, SupervisorError> {
        let Some(link) = links::first_ethernet()? else {
            console.say("no network link");
            return Ok(None);
        };
        self.runtime.block_on(netlink::link_up(&link))?;
        let summary = match settings::read()? {
            Some(fixed) => {
                self.runtime.block_on(netlink::configure(&link, fixed.address, fixed.prefix, fixed.gateway))?;
                format!("{link} {}/{} (static)", fixed.address, fixed.prefix)
            }
            None => {
                // The services do not wait for a lease: they listen on every address there will be.
                let name = link.clone();
                thread::spawn(move || self.runtime.block_on(dhcp::keep_lease(&name)));
                format!("{link} by DHCP")
            }
        };
        console.say(&format!("network {summary}"));
        Ok(Some(summary))
    }
}
