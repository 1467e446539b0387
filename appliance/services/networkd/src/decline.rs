//! A lease whose address another host has is given back (DHCPDECLINE; RFC 2131, 4.4.1): the server then offers another one.

use std::net::Ipv4Addr;

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    DhcpMessageType, DhcpPacket, DhcpRepr, EthernetAddress, EthernetFrame, EthernetProtocol, EthernetRepr, IpProtocol,
    Ipv4Address, Ipv4Packet, Ipv4Repr, UdpPacket, UdpRepr,
};

/// The frame that does so.
pub(crate) fn frame(hardware: [u8; 6], transaction: u32, address: Ipv4Addr, server: Ipv4Addr) -> Vec<u8> {
    let hardware = EthernetAddress(hardware);
    let dhcp = DhcpRepr {
        message_type: DhcpMessageType::Decline,
        transaction_id: transaction,
        secs: 0,
        client_hardware_address: hardware,
        client_ip: Ipv4Address::UNSPECIFIED,
        your_ip: Ipv4Address::UNSPECIFIED,
        server_ip: Ipv4Address::UNSPECIFIED,
        router: None,
        subnet_mask: None,
        relay_agent_ip: Ipv4Address::UNSPECIFIED,
        broadcast: false,
        requested_ip: Some(address),
        client_identifier: Some(hardware),
        server_identifier: Some(server),
        parameter_request_list: None,
        dns_servers: None,
        max_size: None,
        lease_duration: None,
        renew_duration: None,
        rebind_duration: None,
        additional_options: &[],
    };
    let udp = UdpRepr { src_port: 68, dst_port: 67 };
    let payload_len = udp.header_len() + dhcp.buffer_len();
    let (from, to) = (Ipv4Address::UNSPECIFIED, Ipv4Address::BROADCAST);
    let ip = Ipv4Repr { src_addr: from, dst_addr: to, next_header: IpProtocol::Udp, payload_len, hop_limit: 64 };
    let header =
        EthernetRepr { src_addr: hardware, dst_addr: EthernetAddress::BROADCAST, ethertype: EthernetProtocol::Ipv4 };
    let mut bytes = vec![0; EthernetFrame::<&[u8]>::header_len() + ip.buffer_len() + payload_len];
    let checks = ChecksumCapabilities::default();
    let mut frame = EthernetFrame::new_unchecked(&mut bytes[..]);
    header.emit(&mut frame);
    let mut packet = Ipv4Packet::new_unchecked(frame.payload_mut());
    ip.emit(&mut packet, &checks);
    let mut datagram = UdpPacket::new_unchecked(packet.payload_mut());
    let emit = |payload: &mut [u8]| {
        // The buffer was made for it.
        let _ = dhcp.emit(&mut DhcpPacket::new_unchecked(payload));
    };
    udp.emit(&mut datagram, &from.into(), &to.into(), dhcp.buffer_len(), emit, &checks);
    bytes
}
