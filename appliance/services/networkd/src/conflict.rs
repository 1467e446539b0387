//! Whether another host has one of our addresses (RFC 5227): it is asked for as by a host that has none, and only another one answers. Asked
//! when an address is new, and again from time to time; an address is used meanwhile.

use std::net::Ipv4Addr;
use std::time::Duration;

use smoltcp::wire::{
    ArpOperation, ArpPacket, ArpRepr, EthernetAddress, EthernetFrame, EthernetProtocol, EthernetRepr, Ipv4Address,
};

/// At first so often, one a second.
const AT_FIRST: u32 = 3;
const FIRST_EVERY: Duration = Duration::from_secs(1);
/// Then so often. What nobody answered for two of these is free again.
const EVERY: Duration = Duration::from_secs(300);

/// Of one link.
pub(crate) struct Prober {
    hardware: EthernetAddress,
    probes: Vec<Probe>,
}

struct Probe {
    address: Ipv4Addr,
    sent: u32,
    next: Duration,
    /// When another host last said that it has it.
    taken: Option<Duration>,
}

impl Prober {
    pub(crate) fn new(hardware: [u8; 6]) -> Prober {
        Prober { hardware: EthernetAddress(hardware), probes: Vec::new() }
    }

    /// The link has these addresses now; new ones are asked for.
    pub(crate) fn watch(&mut self, addresses: &[Ipv4Addr], now: Duration) {
        self.probes.retain(|probe| addresses.contains(&probe.address));
        for address in addresses {
            if !self.probes.iter().any(|probe| probe.address == *address) {
                self.probes.push(Probe { address: *address, sent: 0, next: now, taken: None });
            }
        }
    }

    /// Another network, perhaps.
    pub(crate) fn begin_again(&mut self, now: Duration) {
        self.probes.iter_mut().for_each(|probe| (probe.sent, probe.next) = (0, now));
    }

    /// The address of ours that another host has just said to have, if that is new.
    pub(crate) fn hear(&mut self, frame: &[u8], now: Duration) -> Option<Ipv4Addr> {
        let frame = EthernetFrame::new_checked(frame).ok()?;
        if frame.ethertype() != EthernetProtocol::Arp {
            return None;
        }
        let ArpRepr::EthernetIpv4 { source_hardware_addr, source_protocol_addr, .. } =
            ArpRepr::parse(&ArpPacket::new_checked(frame.payload()).ok()?).ok()?
        else {
            return None;
        };
        let probe = self.probes.iter_mut().find(|probe| probe.address == source_protocol_addr)?;
        let is_new = source_hardware_addr != self.hardware && probe.taken.replace(now).is_none();
        is_new.then_some(probe.address)
    }

    /// The questions that are due; and whether an address is free again.
    pub(crate) fn poll(&mut self, now: Duration) -> (Vec<Vec<u8>>, bool) {
        let (mut frames, mut freed) = (Vec::new(), false);
        for probe in &mut self.probes {
            freed |= probe.taken.take_if(|at| now.saturating_sub(*at) > 2 * EVERY).is_some();
            if now >= probe.next {
                frames.push(question(self.hardware, probe.address));
                probe.sent = probe.sent.saturating_add(1);
                probe.next = now + if probe.sent < AT_FIRST { FIRST_EVERY } else { EVERY };
            }
        }
        (frames, freed)
    }

    pub(crate) fn idle(&self, now: Duration) -> Duration {
        self.probes.iter().map(|probe| probe.next.saturating_sub(now)).min().unwrap_or(Duration::MAX)
    }

    /// Those that another host has.
    pub(crate) fn taken(&self) -> impl Iterator<Item = Ipv4Addr> {
        self.probes.iter().filter(|probe| probe.taken.is_some()).map(|probe| probe.address)
    }
}

fn question(hardware: EthernetAddress, address: Ipv4Addr) -> Vec<u8> {
    let arp = ArpRepr::EthernetIpv4 {
        operation: ArpOperation::Request,
        source_hardware_addr: hardware,
        source_protocol_addr: Ipv4Address::UNSPECIFIED,
        target_hardware_addr: EthernetAddress([0; 6]),
        target_protocol_addr: address,
    };
    let header =
        EthernetRepr { src_addr: hardware, dst_addr: EthernetAddress::BROADCAST, ethertype: EthernetProtocol::Arp };
    let mut bytes = vec![0; EthernetFrame::<&[u8]>::header_len() + arp.buffer_len()];
    let mut frame = EthernetFrame::new_unchecked(&mut bytes[..]);
    header.emit(&mut frame);
    arp.emit(&mut ArpPacket::new_unchecked(frame.payload_mut()));
    bytes
}
