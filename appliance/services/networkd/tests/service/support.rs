//! A DHCP server for the tests: frames of the client's in, frames for it out.

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    ArpOperation, ArpPacket, ArpRepr, DhcpMessageType, DhcpOption, DhcpPacket, DhcpRepr, EthernetAddress,
    EthernetFrame, EthernetProtocol, EthernetRepr, IpProtocol, Ipv4Address, Ipv4Packet, Ipv4Repr, UdpPacket, UdpRepr,
};

pub(crate) const HARDWARE: [u8; 6] = [0x52, 0x54, 0, 0x12, 0x34, 0x56];
pub(crate) const SERVER_HARDWARE: EthernetAddress = EthernetAddress([0x52, 0x55, 10, 0, 2, 2]);
pub(crate) const SERVER: Ipv4Address = Ipv4Address::new(10, 0, 2, 2);
const ETHERNET: usize = 14;

/// What a server answers with.
#[derive(Clone, Copy)]
pub(crate) struct Lease {
    pub(crate) address: Ipv4Address,
    pub(crate) mask: Ipv4Address,
    pub(crate) router: Option<Ipv4Address>,
    pub(crate) seconds: u32,
    pub(crate) time_servers: &'static [Ipv4Address],
}

pub(crate) const LEASE: Lease = Lease {
    address: Ipv4Address::new(10, 0, 2, 15),
    mask: Ipv4Address::new(255, 255, 255, 0),
    router: Some(SERVER),
    seconds: 1000,
    time_servers: &[],
};

/// A message of the client's, as far as the tests look at it.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) kind: DhcpMessageType,
    pub(crate) transaction: u32,
    pub(crate) to: Ipv4Address,
    pub(crate) from: Ipv4Address,
}

/// The DHCP message in a frame, with all checksums right; `None`: it holds another thing.
pub(crate) fn message(frame: &[u8]) -> Option<Message> {
    let ethernet = EthernetFrame::new_checked(frame).unwrap();
    if ethernet.ethertype() != EthernetProtocol::Ipv4 {
        return None;
    }
    let packet = Ipv4Packet::new_checked(ethernet.payload()).unwrap();
    let checks = ChecksumCapabilities::default();
    let ip = Ipv4Repr::parse(&packet, &checks).unwrap();
    let udp = UdpPacket::new_checked(packet.payload()).unwrap();
    UdpRepr::parse(&udp, &ip.src_addr.into(), &ip.dst_addr.into(), &checks).unwrap();
    assert_eq!((udp.src_port(), udp.dst_port()), (68, 67));
    let dhcp = DhcpPacket::new_checked(udp.payload()).unwrap();
    let dhcp = DhcpRepr::parse(&dhcp).unwrap();
    assert_eq!(dhcp.client_hardware_address, EthernetAddress(HARDWARE));
    let (to, from) = (ip.dst_addr, ip.src_addr);
    Some(Message { kind: dhcp.message_type, transaction: dhcp.transaction_id, to, from })
}

/// The server's frame of this kind, in answer to the transaction, for this client.
pub(crate) fn reply(kind: DhcpMessageType, transaction: u32, client: [u8; 6], lease: &Lease) -> Vec<u8> {
    let time_servers: Vec<u8> = lease.time_servers.iter().flat_map(|server| server.octets()).collect();
    let options = [DhcpOption { kind: 42, data: &time_servers }];
    let dhcp = DhcpRepr {
        message_type: kind,
        transaction_id: transaction,
        secs: 0,
        client_hardware_address: EthernetAddress(client),
        client_ip: Ipv4Address::UNSPECIFIED,
        your_ip: lease.address,
        server_ip: SERVER,
        router: lease.router,
        subnet_mask: Some(lease.mask),
        relay_agent_ip: Ipv4Address::UNSPECIFIED,
        broadcast: false,
        requested_ip: None,
        client_identifier: None,
        server_identifier: Some(SERVER),
        parameter_request_list: None,
        dns_servers: None,
        max_size: None,
        lease_duration: Some(lease.seconds),
        renew_duration: None,
        rebind_duration: None,
        additional_options: if time_servers.is_empty() { &[] } else { &options },
    };
    let udp = UdpRepr { src_port: 67, dst_port: 68 };
    let payload_len = udp.header_len() + dhcp.buffer_len();
    let to = Ipv4Address::BROADCAST;
    let ip = Ipv4Repr { src_addr: SERVER, dst_addr: to, next_header: IpProtocol::Udp, payload_len, hop_limit: 64 };
    let checks = ChecksumCapabilities::default();
    let mut frame = ethernet(ip.buffer_len() + payload_len, EthernetAddress::BROADCAST, EthernetProtocol::Ipv4);
    let mut packet = Ipv4Packet::new_unchecked(&mut frame[ETHERNET..]);
    ip.emit(&mut packet, &checks);
    let mut datagram = UdpPacket::new_unchecked(packet.payload_mut());
    let emit = |payload: &mut [u8]| dhcp.emit(&mut DhcpPacket::new_unchecked(payload)).unwrap();
    udp.emit(&mut datagram, &SERVER.into(), &to.into(), dhcp.buffer_len(), emit, &checks);
    frame
}

/// The answer to a request for the server's hardware address, if the frame is one.
pub(crate) fn arp_reply(frame: &[u8]) -> Option<Vec<u8>> {
    let ArpRepr::EthernetIpv4 { source_hardware_addr, source_protocol_addr, target_protocol_addr, .. } = arp(frame)?
    else {
        return None;
    };
    if source_protocol_addr.is_unspecified() {
        return None;
    }
    assert_eq!(target_protocol_addr, SERVER);
    Some(arp_answer(SERVER, SERVER_HARDWARE, source_hardware_addr, source_protocol_addr))
}

/// The address that the frame asks for as a host that has none does.
pub(crate) fn probed(frame: &[u8]) -> Option<Ipv4Address> {
    let ArpRepr::EthernetIpv4 { source_protocol_addr, target_protocol_addr, .. } = arp(frame)? else { return None };
    source_protocol_addr.is_unspecified().then_some(target_protocol_addr)
}

/// Another host says that it has the address.
pub(crate) fn claim(address: Ipv4Address) -> Vec<u8> {
    arp_answer(address, EthernetAddress([2; 6]), EthernetAddress(HARDWARE), Ipv4Address::UNSPECIFIED)
}

fn arp(frame: &[u8]) -> Option<ArpRepr> {
    let ethernet_frame = EthernetFrame::new_checked(frame).unwrap();
    let is_arp = ethernet_frame.ethertype() == EthernetProtocol::Arp;
    is_arp.then(|| ArpRepr::parse(&ArpPacket::new_checked(ethernet_frame.payload()).unwrap()).unwrap())
}

fn arp_answer(
    address: Ipv4Address,
    hardware: EthernetAddress,
    to_hardware: EthernetAddress,
    to: Ipv4Address,
) -> Vec<u8> {
    let answer = ArpRepr::EthernetIpv4 {
        operation: ArpOperation::Reply,
        source_hardware_addr: hardware,
        source_protocol_addr: address,
        target_hardware_addr: to_hardware,
        target_protocol_addr: to,
    };
    let mut frame = ethernet(answer.buffer_len(), to_hardware, EthernetProtocol::Arp);
    answer.emit(&mut ArpPacket::new_unchecked(&mut frame[ETHERNET..]));
    frame
}

fn ethernet(payload: usize, to: EthernetAddress, kind: EthernetProtocol) -> Vec<u8> {
    let mut frame = vec![0; ETHERNET + payload];
    let header = EthernetRepr { src_addr: SERVER_HARDWARE, dst_addr: to, ethertype: kind };
    header.emit(&mut EthernetFrame::new_unchecked(&mut frame[..]));
    frame
}
