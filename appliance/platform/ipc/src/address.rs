//! How a link is addressed. Nothing that a network or a file says is an address before it was checked, at both ends of a channel.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

/// An address that a host can have, its network, and a gateway in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Address {
    address: IpAddr,
    prefix: u8,
    gateway: Option<IpAddr>,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("a prefix of {prefix} bits; 1 to {max} are possible")]
    Prefix { prefix: u8, max: u8 },
    #[error("{0} is no host's address")]
    NoHost(IpAddr),
    #[error("{0} is the address of the network itself, or of all in it")]
    Network(IpAddr),
    #[error("the gateway {0} is not in the network")]
    Outside(IpAddr),
    #[error("{0} is its own gateway")]
    Itself(IpAddr),
}

#[derive(Deserialize)]
struct Unchecked {
    address: IpAddr,
    prefix: u8,
    gateway: Option<IpAddr>,
}

impl Address {
    pub fn new(address: IpAddr, prefix: u8, gateway: Option<IpAddr>) -> Result<Address, AddressError> {
        check_host(address, prefix)?;
        if let Some(gateway) = gateway {
            check_gateway(gateway, address, prefix)?;
        }
        Ok(Address { address, prefix, gateway })
    }

    pub fn address(&self) -> IpAddr {
        self.address
    }

    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    pub fn gateway(&self) -> Option<IpAddr> {
        self.gateway
    }
}

fn check_host(address: IpAddr, prefix: u8) -> Result<(), AddressError> {
    let max = width(address);
    if !(1..=max).contains(&prefix) {
        return Err(AddressError::Prefix { prefix, max });
    }
    let is_host = match address {
        IpAddr::V4(v4) => is_host_v4(v4),
        IpAddr::V6(v6) => is_host_v6(v6),
    };
    if !is_host {
        return Err(AddressError::NoHost(address));
    }
    let hosts = host_mask(max, prefix);
    let host = bits(address) & hosts;
    // RFC 3021 and 6164: networks of two have no address of their own. IPv6 has none for all in a network.
    let is_network = hosts > 1 && (host == 0 || (address.is_ipv4() && host == hosts));
    if is_network { Err(AddressError::Network(address)) } else { Ok(()) }
}

fn check_gateway(gateway: IpAddr, address: IpAddr, prefix: u8) -> Result<(), AddressError> {
    if gateway == address {
        return Err(AddressError::Itself(address));
    }
    if gateway.is_ipv4() != address.is_ipv4() {
        return Err(AddressError::Outside(gateway));
    }
    // A router of IPv6 is best known by the address that it has on the link alone.
    if matches!(gateway, IpAddr::V6(v6) if v6.is_unicast_link_local()) {
        return Ok(());
    }
    check_host(gateway, prefix)?;
    let outside = (bits(gateway) ^ bits(address)) & !host_mask(width(address), prefix) != 0;
    if outside { Err(AddressError::Outside(gateway)) } else { Ok(()) }
}

/// RFC 1122, 3.2.1.3: what may stand for one host.
fn is_host_v4(address: Ipv4Addr) -> bool {
    !matches!(address.octets()[0], 0 | 127 | 224..)
}

/// What the kernel gives itself (on the link alone) is nobody's to give, and IPv4 in IPv6's clothes is no address on a link.
fn is_host_v6(address: Ipv6Addr) -> bool {
    let is_special = address.is_unspecified() || address.is_loopback() || address.is_multicast();
    !is_special && !address.is_unicast_link_local() && address.to_ipv4().is_none()
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_bits().into(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// Ones where the host's bits are; the prefix is 1 at least.
fn host_mask(width: u8, prefix: u8) -> u128 {
    (1u128 << (width - prefix)) - 1
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
        let parse = |text: &str| text.parse::<IpAddr>().unwrap();
        Address::new(parse(address), prefix, gateway.map(parse))
    }

    #[test]
    fn an_address_is_one_that_a_host_can_have() {
        let good = [
            ("10.0.2.15", 24),
            ("10.0.2.14", 31),
            ("10.0.2.15", 32),
            ("192.0.2.255", 16),
            ("2001:db8::1", 64),
            ("2001:db8::", 127),
            ("2001:db8::", 128),
            ("fd00::ffff:ffff:ffff:ffff", 64),
        ];
        for (address, prefix) in good {
            assert!(new(address, prefix, None).is_ok(), "{address}/{prefix}");
        }
        assert_eq!(new("10.0.2.15", 0, None), Err(AddressError::Prefix { prefix: 0, max: 32 }));
        assert_eq!(new("10.0.2.15", 33, None), Err(AddressError::Prefix { prefix: 33, max: 32 }));
        assert_eq!(new("2001:db8::1", 129, None), Err(AddressError::Prefix { prefix: 129, max: 128 }));
        let nobody = ["0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"];
        for address in nobody.into_iter().chain(["::", "::1", "ff02::1", "fe80::1", "::ffff:10.0.2.15"]) {
            assert!(matches!(new(address, 24, None), Err(AddressError::NoHost(_))), "{address}");
        }
        for (address, prefix) in [("10.0.2.0", 24), ("10.0.2.255", 24), ("2001:db8::", 64)] {
            assert!(matches!(new(address, prefix, None), Err(AddressError::Network(_))), "{address}");
        }
    }

    #[test]
    fn a_gateway_is_another_host_of_the_network() {
        assert!(new("10.0.2.15", 24, Some("10.0.2.2")).is_ok());
        assert!(new("2001:db8::7", 64, Some("2001:db8::1")).is_ok());
        assert!(new("2001:db8::7", 64, Some("fe80::1")).is_ok(), "on the link");
        for (address, prefix, gateway) in [
            ("10.0.2.15", 24, "10.0.3.2"),
            ("10.0.2.15", 32, "10.0.2.2"),
            ("10.0.2.15", 24, "fe80::1"),
            ("2001:db8::7", 64, "10.0.2.2"),
            ("2001:db8::7", 64, "2001:db8:1::1"),
        ] {
            assert!(matches!(new(address, prefix, Some(gateway)), Err(AddressError::Outside(_))), "{gateway}");
        }
        assert!(matches!(new("10.0.2.15", 24, Some("10.0.2.15")), Err(AddressError::Itself(_))));
        assert!(matches!(new("10.0.2.15", 24, Some("224.0.0.1")), Err(AddressError::NoHost(_))));
        assert!(matches!(new("10.0.2.15", 24, Some("10.0.2.255")), Err(AddressError::Network(_))));
    }

    #[test]
    fn what_arrives_is_checked_too() {
        let sent = |prefix: u8| {
            let address = IpAddr::from([10, 0, 2, 15]);
            postcard::to_stdvec(&(address, prefix, None::<IpAddr>)).unwrap()
        };
        assert!(postcard::from_bytes::<Address>(&sent(24)).is_ok());
        assert!(postcard::from_bytes::<Address>(&sent(0)).is_err());
    }
}
