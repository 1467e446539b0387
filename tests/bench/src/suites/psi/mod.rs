//! Private set intersection: its points, and all of it.

use super::Bench;
use crate::BenchError;

mod intersection;
mod points;

const SUITE: &str = "psi";

pub(super) fn run(bench: &mut Bench) -> Result<(), BenchError> {
    points::run(bench)?;
    intersection::run(bench)
}
