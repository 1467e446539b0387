//! What a DHCP server's acknowledgement says besides the address: time servers (option 42), which smoltcp's socket does not know.

use std::net::Ipv4Addr;

use smoltcp::wire::{DhcpPacket, EthernetFrame, EthernetProtocol, IpProtocol, Ipv4Packet, UdpPacket};

const MESSAGE_TYPE: u8 = 53;
const ACK: u8 = 5;
pub(crate) const TIME_SERVERS: u8 = 42;
/// More are not asked.
const SERVERS_MAX: usize = 4;

/// The time servers in a frame, if it is an acknowledgement to this transaction.
pub(crate) fn time_servers(frame: &[u8], transaction: u32) -> Option<Vec<Ipv4Addr>> {
    let ethernet = EthernetFrame::new_checked(frame).ok()?;
    if ethernet.ethertype() != EthernetProtocol::Ipv4 {
        return None;
    }
    let ip = Ipv4Packet::new_checked(ethernet.payload()).ok()?;
    if ip.next_header() != IpProtocol::Udp {
        return None;
    }
    let udp = UdpPacket::new_checked(ip.payload()).ok()?;
    let dhcp = DhcpPacket::new_checked(udp.payload()).ok()?;
    let is_ack = dhcp.options().any(|option| option.kind == MESSAGE_TYPE && option.data == [ACK]);
    if !is_ack || dhcp.transaction_id() != transaction {
        return None;
    }
    let data = dhcp.options().find(|option| option.kind == TIME_SERVERS).map_or(&[][..], |option| option.data);
    let servers = data.chunks_exact(4).filter_map(|four| <[u8; 4]>::try_from(four).ok()).map(Ipv4Addr::from);
    Some(servers.filter(|server| is_server(*server)).take(SERVERS_MAX).collect())
}

/// The transaction of a message of ours, in a frame.
pub(crate) fn transaction(frame: &[u8]) -> Option<u32> {
    let ethernet = EthernetFrame::new_checked(frame).ok()?;
    let ip = Ipv4Packet::new_checked(ethernet.payload()).ok()?;
    let udp = UdpPacket::new_checked(ip.payload()).ok()?;
    let is_dhcp = ethernet.ethertype() == EthernetProtocol::Ipv4 && udp.dst_port() == 67;
    is_dhcp.then(|| DhcpPacket::new_checked(udp.payload()).ok().map(|dhcp| dhcp.transaction_id()))?
}

/// Not a group, and not this box itself.
fn is_server(address: Ipv4Addr) -> bool {
    !matches!(address.octets()[0], 0 | 127 | 224..)
}
