//! What the kernel is asked for by netlink: links brought up, addresses and routes set.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use futures::TryStreamExt;
use ipc::control::Address;
use rtnetlink::packet_route::AddressFamily;
use rtnetlink::packet_route::address::{AddressAttribute, AddressMessage};
use rtnetlink::{Handle, LinkUnspec, RouteMessageBuilder, new_connection};

use crate::error::{SupervisorError, network};

const WAIT: Duration = Duration::from_secs(10);

/// Brings a link up.
pub(super) async fn link_up(link: &str) -> Result<(), SupervisorError> {
    let handle = connection()?;
    let index = link_index(&handle, link).await?;
    let up = LinkUnspec::new_with_index(index).up().build();
    handle.link().set(up).execute().await.map_err(|e| network("bringing a link up")(Box::new(e)))
}

/// Gives a link this address and no other of IPv4, and the box its default route. Routes go with the address that they hang on.
pub(super) async fn configure(link: &str, address: Option<Address>) -> Result<(), SupervisorError> {
    let handle = connection()?;
    let index = link_index(&handle, link).await?;
    let mut present = handle.address().get().set_link_index_filter(index).execute();
    while let Some(old) = present.try_next().await.map_err(|e| network("looking at addresses")(Box::new(e)))? {
        if old.header.family == AddressFamily::Inet && !is_it(&old, address) {
            handle.address().del(old).execute().await.map_err(|e| network("taking an address away")(Box::new(e)))?;
        }
    }
    let Some(address) = address else { return Ok(()) };
    let set = handle.address().add(index, IpAddr::V4(address.address()), address.prefix()).replace().execute();
    set.await.map_err(|e| network("setting an address")(Box::new(e)))?;
    if let Some(gateway) = address.gateway() {
        let route = RouteMessageBuilder::<Ipv4Addr>::new().gateway(gateway).output_interface(index).build();
        handle.route().add(route).replace().execute().await.map_err(|e| network("setting a route")(Box::new(e)))?;
    }
    Ok(())
}

/// The kernel answers at once; who waits for it all the same waits no longer than this.
pub(super) async fn bounded<T>(what: impl Future<Output = Result<T, SupervisorError>>) -> Result<T, SupervisorError> {
    let done = tokio::time::timeout(WAIT, what).await;
    done.unwrap_or_else(|e| Err(network("waiting for the kernel")(Box::new(e))))
}

fn is_it(old: &AddressMessage, address: Option<Address>) -> bool {
    let is_at = |a: Address| old.attributes.contains(&AddressAttribute::Address(IpAddr::V4(a.address())));
    address.is_some_and(|a| old.header.prefix_len == a.prefix() && is_at(a))
}

async fn link_index(handle: &Handle, link: &str) -> Result<u32, SupervisorError> {
    let mut links = handle.link().get().match_name(link.to_string()).execute();
    let found = links.try_next().await.map_err(|e| network("finding a link")(Box::new(e)))?;
    found.map(|l| l.header.index).ok_or_else(|| SupervisorError::Refused(format!("the network link {link} vanished")))
}

/// A netlink connection of the current runtime.
fn connection() -> Result<Handle, SupervisorError> {
    let (connection, handle, _) = new_connection().map_err(|e| network("opening netlink")(Box::new(e)))?;
    tokio::spawn(connection);
    Ok(handle)
}
