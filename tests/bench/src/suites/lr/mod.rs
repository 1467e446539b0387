//! One epoch of what vertical logistic regression does on ciphertexts, with an arbiter who holds the private key.
//!
//! Guest and host encrypt their halves of the residual (N each), the guest adds them, each multiplies the transpose of its
//! features with the encrypted sum, and the arbiter decrypts the gradients: Hetero-LR as FATE describes it, without the loss.
//! Rows are streamed in blocks, so that memory does not grow with N. Keys and tables are made within the epoch.

use super::Bench;
use super::inputs;
use crate::machine;
use crate::{BenchError, Case};

use ours::{Epoch, Phase};

mod ours;
mod sample;

const SUITE: &str = "lr";
const FATE: &str = "FATE-style on GMP";
const BITS: u32 = 2048;
pub(super) const GUEST_FEATURES: usize = 10;
pub(super) const HOST_FEATURES: usize = 30;
pub(super) const FEATURES: usize = GUEST_FEATURES + HOST_FEATURES;
/// Rows that are in memory at once, at most.
const BLOCK: usize = 50_000;

pub(super) fn run(bench: &mut Bench) -> Result<(), BenchError> {
    let rows = bench.rows;
    // Half as many rows first: the peak of memory must not be half as high because of it.
    for (rows, compared) in [(rows.div_ceil(2), false), (rows, true)] {
        machine::forget_peak_memory()?;
        let before = machine::memory()?;
        let epoch = Epoch::run(bench.engine(), BITS, rows, BLOCK, if compared { samples(bench) } else { 0 })?;
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        let memory = Case::value(SUITE, format!("peak memory, N = {rows}"), BITS as usize, mib(epoch.peak), "MiB");
        bench.add(memory.note(format!("of the whole process, which had {:.0} MiB before", mib(before))));
        if compared {
            report(bench, rows, &epoch);
        }
    }
    Ok(())
}

/// Rows that the peer computes: at some 30 ms each.
fn samples(bench: &Bench) -> usize {
    if bench.quick { 64 } else { 2048 }.min(bench.rows)
}

fn report(bench: &mut Bench, rows: usize, epoch: &Epoch) {
    let extrapolated = format!("peer extrapolated from {} rows", epoch.sample.rows());
    let (mut ours, mut theirs) = (0.0, 0.0);
    for phase in Phase::ALL {
        let (here, there) = (epoch.seconds(phase), epoch.sample.seconds(phase, rows));
        (ours, theirs) = (ours + here, theirs + there);
        let case = Case::seconds(SUITE, format!("{}, N = {rows}", phase.name()), BITS as usize, here, FATE, there);
        bench.add(if phase.is_extrapolated() { case.note(extrapolated.clone()) } else { case });
    }
    let name = format!("epoch, N = {rows}, {GUEST_FEATURES} + {HOST_FEATURES} features");
    let epoch = Case::seconds(SUITE, name, BITS as usize, ours, FATE, theirs).target(60.0);
    bench.add(epoch.note(format!("{extrapolated}; the gradients equal the plain computation")));
}
