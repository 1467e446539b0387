//! What the kernel is asked for by netlink.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use futures::{Stream, TryStreamExt};
use ipc::control::{Address, VlanId};
use rtnetlink::packet_route::AddressFamily;
use rtnetlink::packet_route::address::{AddressAttribute, AddressFlags, AddressMessage};
use rtnetlink::packet_route::link::{LinkAttribute, LinkFlags, LinkLayerType, LinkMessage};
use rtnetlink::packet_route::route::{RouteAddress, RouteAttribute, RouteMessage, RouteProtocol};
use rtnetlink::{Handle, LinkUnspec, LinkVlan, RouteMessageBuilder, new_connection};

use super::seen::{Held, Seen, Standing};
use crate::error::{SupervisorError, network};

const WAIT: Duration = Duration::from_secs(10);
/// Of loopback, always.
const LOOPBACK: u32 = 1;

/// All Ethernet links as they are.
pub(super) async fn links() -> Result<Vec<Seen>, SupervisorError> {
    let handle = connection()?;
    let links = all("looking at links", handle.link().get().execute()).await?;
    let addresses = all("looking at addresses", handle.address().get().execute()).await?;
    let mut routes = Vec::new();
    for family in [AddressFamily::Inet, AddressFamily::Inet6] {
        let mut wanted = RouteMessage::default();
        wanted.header.address_family = family;
        routes.extend(all("looking at routes", handle.route().get(wanted).execute()).await?);
    }
    let mut seen: Vec<Seen> = links.iter().filter_map(link).collect();
    for link in &mut seen {
        let own = addresses.iter().filter(|address| address.header.index == link.index);
        link.addresses = own.filter_map(held).collect();
        link.gateways = routes.iter().filter_map(|route| gateway(route, link.index)).collect();
    }
    seen.sort_by_key(|link| link.index);
    Ok(seen)
}

pub(super) async fn loopback_up() -> Result<(), SupervisorError> {
    link_up(LOOPBACK).await
}

pub(super) async fn link_up(index: u32) -> Result<(), SupervisorError> {
    let up = LinkUnspec::new_with_index(index).up().build();
    connection()?.link().set(up).execute().await.map_err(failed("bringing a link up"))
}

pub(super) async fn make_vlan(parent: u32, id: VlanId, name: &str) -> Result<(), SupervisorError> {
    let vlan = LinkVlan::new(name, parent, id.into()).build();
    connection()?.link().add(vlan).execute().await.map_err(failed("making a VLAN"))
}

pub(super) async fn remove(index: u32) -> Result<(), SupervisorError> {
    connection()?.link().del(index).execute().await.map_err(failed("taking a VLAN away"))
}

/// Gives a link these addresses and none else but those that IPv6 gives itself, and the box default routes by their gateways.
pub(super) async fn configure(index: u32, addresses: &[Address]) -> Result<(), SupervisorError> {
    let handle = connection()?;
    for old in all("looking at addresses", handle.address().get().set_link_index_filter(index).execute()).await? {
        let is_wanted =
            |held: &Held| addresses.iter().any(|a| (a.address(), a.prefix()) == (held.address, held.prefix));
        if held(&old).is_some_and(|held| held.was_set() && !is_wanted(&held)) {
            handle.address().del(old).execute().await.map_err(failed("taking an address away"))?;
        }
    }
    for address in addresses {
        let set = handle.address().add(index, address.address(), address.prefix()).replace().execute();
        set.await.map_err(failed("setting an address"))?;
    }
    for family in [AddressFamily::Inet, AddressFamily::Inet6] {
        let mut wanted = RouteMessage::default();
        wanted.header.address_family = family;
        for old in all("looking at routes", handle.route().get(wanted).execute()).await? {
            let is_wanted = |gateway| addresses.iter().any(|address| address.gateway() == Some(gateway));
            if gateway(&old, index).is_some_and(|gateway| !is_wanted(gateway)) {
                handle.route().del(old).execute().await.map_err(failed("taking a route away"))?;
            }
        }
    }
    for gateway in addresses.iter().filter_map(Address::gateway) {
        let route = match gateway {
            IpAddr::V4(v4) => on(index, RouteMessageBuilder::<Ipv4Addr>::new().gateway(v4)),
            IpAddr::V6(v6) => on(index, RouteMessageBuilder::<Ipv6Addr>::new().gateway(v6)),
        };
        handle.route().add(route).replace().execute().await.map_err(failed("setting a route"))?;
    }
    Ok(())
}

fn on<T>(index: u32, route: RouteMessageBuilder<T>) -> RouteMessage {
    route.output_interface(index).priority(metric(index)).build()
}

/// Of default routes: where two links have one, that of the first is used while it is there.
pub(super) fn metric(index: u32) -> u32 {
    1000u32.saturating_add(index)
}

/// The kernel answers at once; who waits for it all the same waits no longer than this.
pub(super) async fn bounded<T>(what: impl Future<Output = Result<T, SupervisorError>>) -> Result<T, SupervisorError> {
    let done = tokio::time::timeout(WAIT, what).await;
    done.unwrap_or_else(|e| Err(network("waiting for the kernel")(Box::new(e))))
}

fn link(message: &LinkMessage) -> Option<Seen> {
    if message.header.link_layer_type != LinkLayerType::Ether {
        return None;
    }
    let attributes = || message.attributes.iter();
    let name =
        attributes().find_map(|a| if let LinkAttribute::IfName(name) = a { Some(name.clone()) } else { None })?;
    let hardware = attributes().find_map(|a| if let LinkAttribute::Address(own) = a { Some(own) } else { None })?;
    Some(Seen {
        index: message.header.index,
        name,
        hardware: hardware.as_slice().try_into().ok()?,
        up: message.header.flags.contains(LinkFlags::Up),
        carrier: message.header.flags.contains(LinkFlags::LowerUp),
        addresses: Vec::new(),
        gateways: Vec::new(),
    })
}

fn held(message: &AddressMessage) -> Option<Held> {
    let find = |local: bool| {
        message.attributes.iter().find_map(|attribute| match attribute {
            AddressAttribute::Local(address) if local => Some(*address),
            AddressAttribute::Address(address) if !local => Some(*address),
            _ => None,
        })
    };
    let flags =
        message.attributes.iter().find_map(|a| if let AddressAttribute::Flags(f) = a { Some(*f) } else { None });
    let flags = flags.unwrap_or(AddressFlags::from_bits_retain(message.header.flags.bits().into()));
    let standing = match () {
        () if flags.contains(AddressFlags::Dadfailed) => Standing::Taken,
        () if flags.contains(AddressFlags::Tentative) => Standing::Asked,
        () => Standing::InUse,
    };
    let (prefix, permanent) = (message.header.prefix_len, flags.contains(AddressFlags::Permanent));
    Some(Held { address: find(true).or_else(|| find(false))?, prefix, standing, permanent })
}

/// Of a default route over this link that was set here.
fn gateway(route: &RouteMessage, index: u32) -> Option<IpAddr> {
    let is_over = route.attributes.contains(&RouteAttribute::Oif(index));
    if route.header.destination_prefix_length != 0 || route.header.protocol != RouteProtocol::Static || !is_over {
        return None;
    }
    route.attributes.iter().find_map(|attribute| match attribute {
        RouteAttribute::Gateway(RouteAddress::Inet(v4)) => Some(IpAddr::V4(*v4)),
        RouteAttribute::Gateway(RouteAddress::Inet6(v6)) => Some(IpAddr::V6(*v6)),
        _ => None,
    })
}

async fn all<T>(
    action: &'static str,
    stream: impl Stream<Item = Result<T, rtnetlink::Error>>,
) -> Result<Vec<T>, SupervisorError> {
    stream.try_collect().await.map_err(failed(action))
}

fn failed(action: &'static str) -> impl FnOnce(rtnetlink::Error) -> SupervisorError {
    move |e| network(action)(Box::new(e))
}

/// A netlink connection of the current runtime.
fn connection() -> Result<Handle, SupervisorError> {
    let (connection, handle, _) = new_connection().map_err(|e| network("opening netlink")(Box::new(e)))?;
    tokio::spawn(connection);
    Ok(handle)
}
