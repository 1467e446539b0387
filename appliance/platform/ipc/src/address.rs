//! How the box is addressed. Nothing that a network or a file says is one before it was checked, at both ends of a channel.

use std::fmt;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

/// An address that a host can have, its network, and a gateway in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Address {
    address: Ipv4Addr,
    prefix: u8,
    gateway: Option<Ipv4Addr>,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("a prefix of {0} bits; 1 to 32 are possible")]
    Prefix(u8),
    #[error("{0} is no host's address")]
    NoHost(Ipv4Addr),
    #[error("{0} is the address of the network itself, or of all in it")]
    Network(Ipv4Addr),
    #[error("the gateway {0} is not in the network")]
    Outside(Ipv4Addr),
    #[error("{0} is its own gateway")]
    Itself(Ipv4Addr),
}

#[derive(Deserialize)]
struct Unchecked {
    address: Ipv4Addr,
    prefix: u8,
    gateway: Option<Ipv4Addr>,
}

impl Address {
    pub fn new(address: Ipv4Addr, prefix: u8, gateway: Option<Ipv4Addr>) -> Result<Address, AddressError> {
        if !(1..=32).contains(&prefix) {
            return Err(AddressError::Prefix(prefix));
        }
        let mask = u32::MAX << (32 - prefix);
        check_host(address, mask)?;
        if let Some(gateway) = gateway {
            check_host(gateway, mask)?;
            if gateway == address {
                return Err(AddressError::Itself(address));
            }
            if (gateway.to_bits() ^ address.to_bits()) & mask != 0 {
                return Err(AddressError::Outside(gateway));
            }
        }
        Ok(Address { address, prefix, gateway })
    }

    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    pub fn gateway(&self) -> Option<Ipv4Addr> {
        self.gateway
    }
}

/// RFC 1122, 3.2.1.3: what may stand for one host. RFC 3021: networks of two have no address of their own.
fn check_host(address: Ipv4Addr, mask: u32) -> Result<(), AddressError> {
    let first = address.octets()[0];
    if first == 0 || first == 127 || first >= 224 {
        return Err(AddressError::NoHost(address));
    }
    let host = address.to_bits() & !mask;
    if !mask > 1 && (host == 0 || host == !mask) { Err(AddressError::Network(address)) } else { Ok(()) }
}

impl TryFrom<Unchecked> for Address {
    type Error = AddressError;

    fn try_from(unchecked: Unchecked) -> Result<Address, AddressError> {
        Address::new(unchecked.address, unchecked.prefix, unchecked.gateway)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(address: &str, prefix: u8, gateway: Option<&str>) -> Result<Address, AddressError> {
        Address::new(address.parse().unwrap(), prefix, gateway.map(|g| g.parse().unwrap()))
    }

    #[test]
    fn an_address_is_one_that_a_host_can_have() {
        for (address, prefix) in [("10.0.2.15", 24), ("10.0.2.14", 31), ("10.0.2.15", 32), ("192.0.2.255", 16)] {
            assert!(new(address, prefix, None).is_ok(), "{address}/{prefix}");
        }
        assert_eq!(new("10.0.2.15", 0, None), Err(AddressError::Prefix(0)));
        assert_eq!(new("10.0.2.15", 33, None), Err(AddressError::Prefix(33)));
        for address in ["0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"] {
            assert!(matches!(new(address, 24, None), Err(AddressError::NoHost(_))), "{address}");
        }
        for address in ["10.0.2.0", "10.0.2.255"] {
            assert!(matches!(new(address, 24, None), Err(AddressError::Network(_))), "{address}");
        }
    }

    #[test]
    fn a_gateway_is_another_host_of_the_network() {
        assert!(new("10.0.2.15", 24, Some("10.0.2.2")).is_ok());
        assert!(matches!(new("10.0.2.15", 24, Some("10.0.3.2")), Err(AddressError::Outside(_))));
        assert!(matches!(new("10.0.2.15", 32, Some("10.0.2.2")), Err(AddressError::Outside(_))));
        assert!(matches!(new("10.0.2.15", 24, Some("10.0.2.15")), Err(AddressError::Itself(_))));
        assert!(matches!(new("10.0.2.15", 24, Some("224.0.0.1")), Err(AddressError::NoHost(_))));
        assert!(matches!(new("10.0.2.15", 24, Some("10.0.2.255")), Err(AddressError::Network(_))));
    }

    #[test]
    fn what_arrives_is_checked_too() {
        let sent = |prefix: u8| postcard::to_stdvec(&(Ipv4Addr::new(10, 0, 2, 15), prefix, None::<Ipv4Addr>)).unwrap();
        assert!(postcard::from_bytes::<Address>(&sent(24)).is_ok());
        assert!(postcard::from_bytes::<Address>(&sent(0)).is_err());
    }
}
