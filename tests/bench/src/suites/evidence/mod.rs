//! What an auditor waits for: an evidence taken from a box in the emulator, one judged, and an audit log of 100,000 lines.

mod judged;
mod log;
mod programs;
mod taken;

use evidence_box::{Machine, Vendor};

use super::Bench;
use crate::BenchError;

const SUITE: &str = "evidence";
const NONCE: [u8; 32] = [0xa5; 32];
/// The curve's, whose signatures all of these rest on.
const BITS: usize = 256;

pub(super) fn run(bench: &mut Bench) -> Result<(), BenchError> {
    let vendor = Vendor::new();
    let mut machine = Machine::new(&vendor);
    judged::run(bench, &vendor, &mut machine)?;
    programs::run(bench, &vendor, &mut machine)?;
    log::run(bench, &mut machine)?;
    taken::run(bench)
}
