//! The sockets that a service may not open itself, each with a filter that it can't take off.

use std::io;
use std::net::{Ipv6Addr, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::ifaddrs::getifaddrs;
use nix::sys::socket::{AddressFamily, LinkAddr, SockFlag, SockProtocol, SockType, bind, socket};
use socket2::{Domain, Protocol, SockFilter, SockRef, Socket, Type};

use crate::error::{SupervisorError, network};

/// BPF: UDP to port 68, in one piece, over IPv4; and ARP's replies, without which no renewal finds its server.
const DHCP_AND_ARP: [(u16, u8, u8, u32); 14] = [
    (0x28, 0, 0, 12),     // 0  ldh [12]: the frame's type
    (0x15, 0, 7, 0x0800), // 1  IPv4, or to 9
    (0x30, 0, 0, 23),     // 2  ldb [23]: the protocol
    (0x15, 0, 9, 17),     // 3  UDP, or to 13
    (0x28, 0, 0, 20),     // 4  ldh [20]: the fragment's place
    (0x45, 7, 0, 0x1fff), // 5  not at the start: to 13
    (0xb1, 0, 0, 14),     // 6  ldxb 4*([14]&0xf): the header's length
    (0x48, 0, 0, 16),     // 7  ldh [x + 16]: the port
    (0x15, 3, 4, 68),     // 8  68: to 12, or to 13
    (0x15, 0, 3, 0x0806), // 9  ARP, or to 13
    (0x28, 0, 0, 20),     // 10 ldh [20]: the operation
    (0x15, 0, 1, 2),      // 11 a reply, or to 13
    (0x06, 0, 0, 0xffff), // 12 take it
    (0x06, 0, 0, 0),      // 13 drop it
];

/// BPF over a UDP datagram, which begins with the port that it is from: a time server's.
const TIME_SERVERS: [(u16, u8, u8, u32); 4] = [
    (0x28, 0, 0, 0),      // 0  ldh [0]: the port that it is from
    (0x15, 0, 1, 123),    // 1  123, or to 3
    (0x06, 0, 0, 0xffff), // 2  take it
    (0x06, 0, 0, 0),      // 3  drop it
];

/// For DHCP: frames of one link, and of those it hears only the answers to its own questions. It never waits.
pub(super) fn packets(index: u32) -> Result<OwnedFd, SupervisorError> {
    let failed = |e: io::Error| network("opening the packet socket")(Box::new(e));
    let mut addresses = getifaddrs().map_err(|e| failed(e.into()))?;
    let of_link = |address: &&LinkAddr| address.ifindex() == index as usize;
    let address = addresses.find_map(|a| a.address?.as_link_addr().filter(of_link).copied());
    let address = address.ok_or_else(|| SupervisorError::Refused("a network link vanished".into()))?;
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let opened = socket(AddressFamily::Packet, SockType::Raw, flags, SockProtocol::EthAll);
    let opened = opened.map_err(|e| failed(e.into()))?;
    // Before it is bound: until then it hears every link.
    restrict(&opened, &DHCP_AND_ARP).map_err(failed)?;
    bind(opened.as_raw_fd(), &address).map_err(|e| failed(e.into()))?;
    Ok(opened)
}

/// For questions to time servers, over both kinds of IP. It never waits.
pub(super) fn time() -> Result<OwnedFd, SupervisorError> {
    let failed = |e: io::Error| network("opening the time's socket")(Box::new(e));
    let opened = Socket::new(Domain::IPV6, Type::DGRAM.nonblocking(), Some(Protocol::UDP)).map_err(failed)?;
    opened.set_only_v6(false).map_err(failed)?;
    let opened = OwnedFd::from(opened);
    restrict(&opened, &TIME_SERVERS).map_err(failed)?;
    // A port of its own, which nobody can guess.
    let any = SocketAddrV6::new(Ipv6Addr::UNSPECIFIED, 0, 0, 0);
    SockRef::from(&opened).bind(&any.into()).map_err(failed)?;
    Ok(opened)
}

/// For good.
fn restrict(socket: &OwnedFd, filter: &[(u16, u8, u8, u32)]) -> io::Result<()> {
    let instruction = |(code, jump_true, jump_false, value)| SockFilter::new(code, jump_true, jump_false, value);
    let filter: Vec<SockFilter> = filter.iter().copied().map(instruction).collect();
    SockRef::from(socket).attach_filter(&filter)?;
    sandbox::lock_socket_filter(socket.as_fd())
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use super::*;

    /// A frame with these bytes at these places.
    fn frame(parts: &[(usize, &[u8])]) -> Vec<u8> {
        let mut frame = vec![0; 400];
        for (at, bytes) in parts {
            frame[*at..at + bytes.len()].copy_from_slice(bytes);
        }
        frame
    }

    const IPV4: (usize, &[u8]) = (12, &[8, 0]);
    const PLAIN: (usize, &[u8]) = (14, &[0x45]);
    const UDP: (usize, &[u8]) = (23, &[17]);
    const TO_68: (usize, &[u8]) = (36, &[0, 68]);

    /// The kernel filters what comes at any socket: a pair stands for a link.
    #[test]
    fn only_dhcp_and_arp_replies_pass() {
        let (link, socket) = UnixDatagram::pair().unwrap();
        let socket = OwnedFd::from(socket);
        restrict(&socket, &DHCP_AND_ARP).unwrap();
        let socket = UnixDatagram::from(socket);
        socket.set_nonblocking(true).unwrap();
        let arrives = |frame: &[u8]| {
            link.send(frame).unwrap();
            socket.recv(&mut [0; 500]).is_ok()
        };
        let passes = |parts: &[(usize, &[u8])]| arrives(&frame(parts));
        assert!(passes(&[IPV4, PLAIN, UDP, TO_68]));
        assert!(passes(&[IPV4, (14, &[0x4f]), UDP, (76, &[0, 68])]), "with the longest header");
        assert!(!passes(&[IPV4, PLAIN, UDP, (36, &[0, 67])]), "another port");
        assert!(!passes(&[IPV4, PLAIN, (23, &[6]), TO_68]), "TCP");
        assert!(!passes(&[IPV4, PLAIN, UDP, TO_68, (20, &[0x1f, 0xff])]), "a later fragment");
        assert!(!passes(&[(12, &[0x86, 0xdd]), PLAIN, UDP, TO_68]), "IPv6");
        assert!(passes(&[(12, &[8, 6]), (20, &[0, 2])]), "an ARP reply");
        assert!(!passes(&[(12, &[8, 6]), (20, &[0, 1])]), "an ARP request");
        assert!(!arrives(&[8; 13]), "no whole header");
        // Whoever is given the socket can't take the filter off.
        assert!(SockRef::from(&socket).detach_filter().is_err());
    }
}
