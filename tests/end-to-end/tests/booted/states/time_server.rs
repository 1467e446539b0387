//! A time server on this machine, which a box in the emulator's network reaches as 10.0.2.2. RFC 5905, 7.3: 48 bytes.

use std::net::UdpSocket;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

const PORT: u16 = 123;
/// From 1900 to 1970.
const EPOCH: u64 = 2_208_988_800;

/// Answers until this process ends.
pub(super) fn start() {
    let socket = UdpSocket::bind(("127.0.0.1", PORT)).unwrap();
    thread::spawn(move || {
        let mut question = [0; 48];
        while let Ok((48, from)) = socket.recv_from(&mut question) {
            let _ = socket.send_to(&answer(&question), from);
        }
    });
}

fn answer(question: &[u8; 48]) -> [u8; 48] {
    let mut answer = [0; 48];
    // No warning, version 4, a server; of the second stratum, precise to a microsecond.
    (answer[0], answer[1], answer[3]) = (4 << 3 | 4, 2, 0xec);
    answer[12..16].copy_from_slice(&[127, 0, 0, 1]);
    let now = now();
    // When it was last set, the question's own time, when that came, when this goes.
    answer[16..24].copy_from_slice(&now);
    answer[24..32].copy_from_slice(&question[40..48]);
    answer[32..40].copy_from_slice(&now);
    answer[40..48].copy_from_slice(&now);
    answer
}

fn now() -> [u8; 8] {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let fraction = (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000;
    (((since.as_secs() + EPOCH) << 32) | fraction).to_be_bytes()
}
