//! What the file in the service's folder says of links and time servers. Pure.
//!
//! ```json
//! {"format": 2,
//!  "links": [{"link": "eth0", "vlan": 7, "addresses": ["192.0.2.7/24", "2001:db8::7/64"], "gateways": ["192.0.2.1"]},
//!            {"hardware": "52:54:00:12:34:56", "dhcp": true}],
//!  "time-servers": ["192.0.2.9"]}
//! ```
//! A link is meant by its name or by its hardware address; with `vlan`, the VLAN on it is. One that has an entry and does not say `dhcp` is
//! asked an address for if the entry gives it none of IPv4; one that has entries for VLANs alone is not; every other link is.
//! Format 1 gave the first link one address: `{"format": 1, "address": "192.0.2.7", "prefix": 24, "gateway": "192.0.2.1"}`.

use std::net::IpAddr;

use ipc::control::{Address, AddressError, Link, VlanError, VlanId};

mod form;
mod read;
#[cfg(test)]
mod tests;

pub use read::parse;

/// Its name.
pub const FILE: &str = "network.json";
/// Of the file; a longer one is none.
pub const FILE_MAX: usize = 16 * 1024;
/// Entries of links.
pub const ENTRIES_MAX: usize = 32;
pub const TIME_SERVERS_MAX: usize = 4;

/// Nothing is said: every link is asked an address for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    entries: Vec<Entry>,
    time_servers: Vec<IpAddr>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    which: Which,
    vlan: Option<VlanId>,
    plan: Plan,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Which {
    Named(String),
    Hardware([u8; 6]),
    /// Of format 1: whichever is the first.
    First,
}

/// What one link is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub dhcp: bool,
    pub addresses: Vec<Address>,
    /// Links to be made on it.
    pub vlans: Vec<VlanId>,
}

#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("it has {size} bytes; {FILE_MAX} are allowed")]
    Size { size: usize },
    #[error("it does not have the form of settings")]
    Form(#[from] serde_json::Error),
    #[error("it has format {0}; this release reads formats 1 and 2")]
    Format(u32),
    #[error("it has {count} {what}; {max} are allowed")]
    TooMany { what: &'static str, count: usize, max: usize },
    #[error("its address")]
    Address(#[from] AddressError),
    #[error("of links, entry {number}: {problem}")]
    Entry { number: usize, problem: EntryError },
    #[error("{0} is no address of a time server")]
    TimeServer(IpAddr),
}

#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    #[error("it needs one of \"link\" and \"hardware\"")]
    Which,
    #[error("{0:?} is no name of a link")]
    Name(String),
    #[error("{0:?} is no hardware address")]
    Hardware(String),
    #[error("{0}")]
    Vlan(VlanError),
    #[error("{0:?} is not an address and the length of its prefix")]
    Notation(String),
    #[error("{0}")]
    Address(AddressError),
    #[error("the gateway {0} is in none of its networks")]
    Gateway(IpAddr),
    #[error("there are two gateways, {0} and {1}, and one network for them")]
    Gateways(IpAddr, IpAddr),
    #[error("it has {count} {what}; {max} are allowed")]
    TooMany { what: &'static str, count: usize, max: usize },
    #[error("an entry before it is of the same link")]
    Twice,
}

impl Settings {
    /// `first`: it is the first of the links that are cards.
    pub fn plan(&self, link: &Link, first: bool) -> Plan {
        let (name, vlan) = match &link.vlan {
            Some(vlan) => (&vlan.parent, Some(vlan.id)),
            None => (&link.name, None),
        };
        // A VLAN has the hardware address of the link that it is on.
        let means = |which: &Which| match which {
            Which::Named(named) => name == named.as_str(),
            Which::Hardware(hardware) => link.hardware == *hardware,
            Which::First => first,
        };
        let of_link = || self.entries.iter().filter(|entry| means(&entry.which));
        let entry = of_link().find(|entry| entry.vlan == vlan);
        let mut plan = entry.map_or_else(Plan::dhcp, |entry| entry.plan.clone());
        if vlan.is_none() {
            plan.vlans = of_link().filter_map(|entry| entry.vlan).collect();
            plan.vlans.sort();
            plan.vlans.dedup();
            plan.dhcp &= entry.is_some() || plan.vlans.is_empty();
        }
        plan
    }

    pub fn time_servers(&self) -> &[IpAddr] {
        &self.time_servers
    }
}

impl Plan {
    fn dhcp() -> Plan {
        Plan { dhcp: true, addresses: Vec::new(), vlans: Vec::new() }
    }
}
