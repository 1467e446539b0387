//! Modular multiplications and powers.

use super::Bench;
use crate::BenchError;

mod lanes;
mod multiplications;
mod powers;

const SUITE: &str = "engine";
const BITS: [u32; 4] = [1024, 2048, 3072, 4096];

pub(super) fn run(bench: &mut Bench) -> Result<(), BenchError> {
    for bits in BITS {
        multiplications::run(bench, bits)?;
    }
    powers::run(bench)
}
