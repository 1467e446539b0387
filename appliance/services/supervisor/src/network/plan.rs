//! What is to be done so that links are as they should be. Pure.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipc::control::{Address, LINKS_MAX, Link, LinkName, LinkReport, Vlan, VlanId};

use super::seen::Seen;
use super::step::Step;
use super::told::Told;

/// For links as they are, and what the service said of them. Links beyond the bound are left alone.
pub(super) fn steps(links: &[&Seen], reports: &BTreeMap<String, Told>) -> Vec<Step> {
    let mut steps = Vec::new();
    for link in links.iter().take(LINKS_MAX) {
        if !link.up {
            steps.push(Step::Up { index: link.index, name: link.name.clone() });
            continue;
        }
        let Some(Told { report, .. }) = reports.get(&link.name) else { continue };
        let addresses: Vec<Address> = report.addresses.as_slice().iter().map(|given| given.address).collect();
        if !is_configured(link, &addresses) {
            steps.push(Step::Configure { index: link.index, addresses });
        }
        steps.extend(vlans(link, report, links));
    }
    steps
}

/// As the service is told of it. `None`: a name that is none, which the kernel does not give.
pub(super) fn link(seen: &Seen) -> Option<Link> {
    let vlan = vlan(&seen.name);
    Some(Link { name: name(&seen.name)?, hardware: seen.hardware, carrier: seen.carrier, vlan })
}

pub(super) fn name(name: &str) -> Option<LinkName> {
    LinkName::new("link", name).ok()
}

fn is_configured(link: &Seen, addresses: &[Address]) -> bool {
    let mut wanted: Vec<(IpAddr, u8)> = addresses.iter().map(|a| (a.address(), a.prefix())).collect();
    let set = link.addresses.iter().filter(|held| held.was_set());
    let mut present: Vec<(IpAddr, u8)> = set.map(|held| (held.address, held.prefix)).collect();
    let mut gateways: Vec<IpAddr> = addresses.iter().filter_map(Address::gateway).collect();
    let mut routes = link.gateways.clone();
    for list in [&mut wanted, &mut present] {
        list.sort();
        list.dedup();
    }
    for list in [&mut gateways, &mut routes] {
        list.sort();
        list.dedup();
    }
    // Without a carrier the kernel keeps no route of IPv6.
    wanted == present && (gateways == routes || !link.carrier)
}

fn vlans(link: &Seen, report: &LinkReport, links: &[&Seen]) -> Vec<Step> {
    let wanted: Vec<(VlanId, String)> =
        report.vlans.as_slice().iter().map(|id| (*id, format!("{}.{}", link.name, u16::from(*id)))).collect();
    let is_there = |name: &str| links.iter().any(|other| other.name == name);
    let make = wanted.iter().filter(|(_, name)| !is_there(name)).map(|(id, name)| Step::MakeVlan {
        parent: link.index,
        id: *id,
        name: name.clone(),
    });
    let is_ours = |other: &Seen| vlan(&other.name).is_some_and(|vlan| vlan.parent == *link.name.as_str());
    let unwanted = links.iter().filter(|other| is_ours(other) && !wanted.iter().any(|(_, name)| *name == other.name));
    make.chain(unwanted.map(|other| Step::Remove { index: other.index })).collect()
}

/// Links with a point in their name are ours.
fn vlan(full_name: &str) -> Option<Vlan> {
    let (parent, id) = full_name.rsplit_once('.')?;
    Some(Vlan { parent: name(parent)?, id: VlanId::try_from(id.parse::<u16>().ok()?).ok()? })
}
