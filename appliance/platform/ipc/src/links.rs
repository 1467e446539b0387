//! What the supervisor and the network service tell each other of links. The supervisor does what takes a privilege, and reads nothing
//! that a network sent; the service reads that, and says how each link is to be addressed.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::control::Line;
use crate::{List, Text};

/// As the kernel names it; its own bound.
pub type LinkName = Text<15>;

/// Links that are looked after; a machine with more has the others left alone, and that is said.
pub const LINKS_MAX: usize = 32;
/// Addresses that a link may be given.
pub const ADDRESSES_MAX: usize = 8;
/// VLANs on one link, and on all of them together.
pub const VLANS_MAX: usize = 16;

/// An Ethernet link, as the supervisor hands it to the network service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub name: LinkName,
    pub hardware: [u8; 6],
    /// Whether something answers at the other end of the cable.
    pub carrier: bool,
    /// It is a VLAN on another link.
    pub vlan: Option<Vlan>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vlan {
    pub parent: LinkName,
    pub id: VlanId,
}

/// IEEE 802.1Q: 0 is none, 4095 is reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct VlanId(u16);

/// How a link is to be addressed from now on, and how its search for an address stands. The service's last word on a link holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkReport {
    pub link: LinkName,
    pub addresses: List<Given, ADDRESSES_MAX>,
    /// Those of them that another host has too.
    pub taken: List<IpAddr, ADDRESSES_MAX>,
    /// Links to be made on it.
    pub vlans: List<VlanId, VLANS_MAX>,
    pub dhcp: Dhcp,
}

/// An address, and who gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    pub address: Address,
    pub by: By,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum By {
    Dhcp,
    File,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Dhcp {
    /// The link's addresses are fixed.
    Off,
    Bound,
    /// For so long no server has answered. `lost`: there was a lease before, which ran out or was taken back.
    Searching {
        seconds: u32,
        lost: bool,
    },
    /// What a server offered is no address for a host; it goes on searching.
    Refused {
        why: Line,
    },
}

/// What a time server says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeReport {
    /// Milliseconds since 1970, when the kernel's clock since its start (CLOCK_BOOTTIME) was at `at_ms`.
    pub unix_ms: u64,
    pub at_ms: u64,
    /// It may be wrong by so much, as far as the way to the server says.
    pub error_ms: u32,
    /// The one whose answer it is, and how many agreed.
    pub server: IpAddr,
    pub agreed: u8,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no VLAN; 1 to 4094 are")]
pub struct VlanError(u16);

impl TryFrom<u16> for VlanId {
    type Error = VlanError;

    fn try_from(id: u16) -> Result<VlanId, VlanError> {
        if (1..=4094).contains(&id) { Ok(VlanId(id)) } else { Err(VlanError(id)) }
    }
}

impl From<VlanId> for u16 {
    fn from(id: VlanId) -> u16 {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vlan_is_one_of_those_that_there_are() {
        assert!(VlanId::try_from(1).is_ok() && VlanId::try_from(4094).is_ok());
        for id in [0, 4095, u16::MAX] {
            assert_eq!(VlanId::try_from(id), Err(VlanError(id)));
            assert!(postcard::from_bytes::<VlanId>(&postcard::to_stdvec(&id).unwrap()).is_err());
        }
    }
}
