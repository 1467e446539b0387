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

fuzz_target!(|frames: Vec<(u16, u8, Vec<u8>)>| {
    let mut client = Client::new(HARDWARE, 1, Duration::ZERO);
    let (mut now, mut transaction, mut bound) = (Duration::ZERO, [0; 4], false);
    for (seconds, kind, bytes) in frames {
        now += Duration::from_secs(seconds.into());
        client.receive(&if kind < 16 { bytes } else { answer(kind, &bytes, transaction) });
        // What is due after a frame, such as the request after an offer, is done at the next look.
        for _ in 0..2 {
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
        }
        assert!(client.idle(now) <= Duration::from_secs(60));
    }
});

/// A server's frame of this kind (offer, acknowledgement, refusal) to the client, with its transaction and hardware address. The
/// address, mask and time are the first of `bytes`; the rest are further options.
fn answer(kind: u8, bytes: &[u8], transaction: [u8; 4]) -> Vec<u8> {
    let part = |at: usize| <[u8; 4]>::try_from(bytes.get(at..at + 4).unwrap_or(&[10, 0, 2, 15])).unwrap_or_default();
    let mut message = vec![0; 240];
    message[..4].copy_from_slice(&[2, 1, 6, 0]);
    message[4..8].copy_from_slice(&transaction);
    message[16..20].copy_from_slice(&part(0));
    message[28..34].copy_from_slice(&HARDWARE);
    message[236..240].copy_from_slice(&[0x63, 0x82, 0x53, 0x63]);
    message.extend([53, 1, [2, 5, 6][usize::from(kind) % 3], 54, 4, 10, 0, 2, 2, 1, 4]);
    // A mask of ones and then zeros, from one byte.
    message.extend(&(u64::MAX << (32 - u32::from(part(4)[0]) % 33)).to_be_bytes()[4..]);
    message.extend([51, 4]);
    message.extend(part(8));
    message.extend(bytes.iter().skip(12).take(1000));
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
