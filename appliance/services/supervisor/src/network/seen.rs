//! What the kernel says that there is.

use std::net::IpAddr;

/// An Ethernet link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) index: u32,
    pub(super) name: String,
    pub(super) hardware: [u8; 6],
    /// It was brought up.
    pub(super) up: bool,
    /// Something answers at the other end of the cable.
    pub(super) carrier: bool,
    pub(super) addresses: Vec<Held>,
    /// Of default routes that were set, not learnt.
    pub(super) gateways: Vec<IpAddr>,
}

/// An address that a link has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Held {
    pub(super) address: IpAddr,
    pub(super) prefix: u8,
    pub(super) standing: Standing,
    /// It was set, not learnt.
    pub(super) permanent: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    InUse,
    /// Whether another host has it is being asked.
    Asked,
    /// Another host has it.
    Taken,
}

impl Held {
    /// It is heard of beyond its own link.
    pub(super) fn is_global(&self) -> bool {
        match self.address {
            IpAddr::V4(v4) => !v4.is_link_local(),
            IpAddr::V6(v6) => !v6.is_unicast_link_local(),
        }
    }

    /// It is there because it was set, not because the kernel made it up or a router said so.
    pub(super) fn was_set(&self) -> bool {
        self.address.is_ipv4() || (self.permanent && self.is_global())
    }
}
