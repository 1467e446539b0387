//! What the kernel is asked for by netlink: links brought up, addresses and routes set.

use std::net::{IpAddr, Ipv4Addr};

use futures::TryStreamExt;
use rtnetlink::{Handle, LinkUnspec, RouteMessageBuilder, new_connection};

use crate::error::{SupervisorError, network};

/// Brings a link up.
pub(crate) async fn link_up(link: &str) -> Result<(), SupervisorError> {
    let handle = connection()?;
    let index = link_index(&handle, link).await?;
    let up = LinkUnspec::new_with_index(index).up().build();
    handle.link().set(up).execute().await.map_err(|e| network("bringing a link up")(Box::new(e)))
}

/// Gives a link its address, and the box its default route.
pub(crate) async fn configure(
    link: &str,
    address: Ipv4Addr,
    prefix: u8,
    gateway: Option<Ipv4Addr>,
) -> Result<(), SupervisorError> {
    let handle = connection()?;
    let index = link_index(&handle, link).await?;
    handle
        .address()
        .add(index, IpAddr::V4(address), prefix)
        .replace()
        .execute()
        .await
        .map_err(|e| network("setting an address")(Box::new(e)))?;
    if let Some(gateway) = gateway {
        let route = RouteMessageBuilder::<Ipv4Addr>::new().gateway(gateway).output_interface(index).build();
        handle.route().add(route).replace().execute().await.map_err(|e| network("setting a route")(Box::new(e)))?;
    }
    Ok(())
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
