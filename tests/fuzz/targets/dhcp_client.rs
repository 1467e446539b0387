//! A DHCP client that hears anything, in any state: no frame may end it, and what it takes for an address is one that a host can have
//! (the type says so). The server's answers are mended where only a guess of 32 bits or a sum would find the way in.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use networkd::{Change, Client};

const HARDWARE: [u8; 6] = [0x52, 0x54, 0, 0x12, 0x34, 0x56];
/// Ethernet's and IPv4's headers, without options, and UDP's.
const IPV4: usize = 14;
const UDP: usize = IPV4 + 20;
const DHCP: usize = UDP + 8;

fuzz_target!(|frames: Vec<(u16, bool, Vec<u8>)>| {
    let mut client = Client::new(HARDWARE, 1, Duration::ZERO);
    let (mut now, mut transaction, mut bound) = (Duration::ZERO, [0; 4], false);
    for (seconds, mended, bytes) in frames {
        now += Duration::from_secs(seconds.into());
        client.receive(&if mended { answer(&bytes, transaction) } else { bytes });
        let (sent, change) = client.poll(now);
        if let Some(asked) = sent.last().and_then(|frame| frame.get(DHCP + 4..DHCP + 8)) {
            transaction.copy_from_slice(asked);
        }
        match change {
            Some(Change::Bound(_)) => bound = true,
            Some(Change::Lost) => assert!(std::mem::take(&mut bound), "nothing is lost that was not there"),
            Some(Change::Refused(why)) => {
                assert!(!why.is_empty());
                bound = false;
            }
            None => {}
        }
        assert!(client.idle(now) <= Duration::from_secs(60));
    }
});

/// A frame to the client whose DHCP message is `bytes`, with its transaction and hardware address.
fn answer(bytes: &[u8], transaction: [u8; 4]) -> Vec<u8> {
    let mut message = bytes.to_vec();
    message.resize(bytes.len().clamp(240, 1400), 0);
    message[..4].copy_from_slice(&[2, 1, 6, 0]);
    message[4..8].copy_from_slice(&transaction);
    message[28..34].copy_from_slice(&HARDWARE);
    message[236..240].copy_from_slice(&[0x63, 0x82, 0x53, 0x63]);
    let mut frame = vec![0; DHCP];
    frame[..6].copy_from_slice(&HARDWARE);
    frame[6..14].copy_from_slice(&[0x52, 0x55, 10, 0, 2, 2, 8, 0]);
    let length = |from: usize| ((DHCP - from + message.len()) as u16).to_be_bytes();
    frame[IPV4..IPV4 + 2].copy_from_slice(&[0x45, 0]);
    frame[IPV4 + 2..IPV4 + 4].copy_from_slice(&length(IPV4));
    frame[IPV4 + 8..IPV4 + 10].copy_from_slice(&[64, 17]);
    frame[IPV4 + 12..IPV4 + 20].copy_from_slice(&[10, 0, 2, 2, 255, 255, 255, 255]);
    let sum = checksum(&frame[IPV4..UDP]);
    frame[IPV4 + 10..IPV4 + 12].copy_from_slice(&sum);
    // A sum of 0 is none: UDP over IPv4 may go without.
    frame[UDP..UDP + 4].copy_from_slice(&[0, 67, 0, 68]);
    frame[UDP + 4..UDP + 6].copy_from_slice(&length(UDP));
    frame.extend(message);
    frame
}

fn checksum(header: &[u8]) -> [u8; 2] {
    let words = header.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])));
    let sum: u32 = words.sum();
    (!((sum & 0xffff) + (sum >> 16)) as u16).to_be_bytes()
}
