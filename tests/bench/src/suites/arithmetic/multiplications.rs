//! Multiplications and squarings a second of each backend, against GMP and against the schoolbook bound.

use montgomery_lanes::Unit;
use rug::{Assign, Integer};

use super::lanes::Lanes;
use super::{Bench, SUITE};
use crate::measure::compare;
use crate::peers::gmp;
use crate::{BenchError, Case};

const GMP: &str = "GMP mul + mod";
const BOUND: &str = "schoolbook at the measured peak";
/// Products in one call of a contender that does one at a time.
const ROUNDS: usize = 256;
/// Rounds of multiply-adds at the peak.
const PEAK_ROUNDS: usize = 4096;

pub(super) fn run(bench: &mut Bench, bits: u32) -> Result<(), BenchError> {
    let mut random = gmp::random()?;
    let n = gmp::odd(bits, &mut random);
    let x = n.clone().random_below(&mut random);
    for name in ["multiply", "square"] {
        let square = name == "square";
        let mut gmp = Gmp::new(&n, &x, square);
        for unit in Unit::all() {
            let mut lanes = Lanes::new(unit, &n, &x)?;
            let mut ours = || Ok(if square { lanes.square() } else { lanes.multiply() });
            let found = compare(&bench.plan, &mut ours, || Ok(gmp.run()))?;
            bench.add(Case::rates(SUITE, format!("{name}, {}", unit.name()), bits as usize, "1/s", GMP, &found));
            if unit.radix() == 52 {
                bound(bench, unit, bits, name, &mut ours)?;
            }
        }
    }
    Ok(())
}

/// Against 4 d^2 multiply-adds of 52 bits, which is what two schoolbook products (a b, and the quotient times n) take, low
/// and high halves counted, with d digits; they run in turn with ours, so that both see the same clock speed.
fn bound(
    bench: &mut Bench,
    unit: Unit,
    bits: u32,
    name: &str,
    ours: &mut dyn FnMut() -> Result<usize, BenchError>,
) -> Result<(), BenchError> {
    let digits = bits.div_ceil(52) as usize;
    let each = 4 * digits * digits;
    // The peer's operation is a fraction of a round: whole ones are counted and the rest is carried to the next call.
    let mut rest = 0;
    let peak = || {
        let done = unit.multiply_adds(PEAK_ROUNDS).ok_or(BenchError::NothingMeasured)? + rest;
        rest = done % each;
        Ok(done / each)
    };
    let found = compare(&bench.plan, ours, peak)?;
    let target = if name == "square" { 1.25 } else { 1.0 };
    let per_second = each as f64 / found.peer.median;
    let note = format!("d = {digits}; peak {:.1} G multiply-adds of 52 bits/s", per_second / 1e9);
    let case = Case::rates(SUITE, format!("{name}, {}", unit.name()), bits as usize, "1/s", BOUND, &found);
    bench.add(case.target(target).note(note));
    Ok(())
}

/// One product and one division with remainder after another, without an allocation.
struct Gmp<'a> {
    n: &'a Integer,
    x: &'a Integer,
    square: bool,
    product: Integer,
    a: Integer,
}

impl<'a> Gmp<'a> {
    fn new(n: &'a Integer, x: &'a Integer, square: bool) -> Gmp<'a> {
        Gmp { n, x, square, product: Integer::new(), a: x.clone() }
    }

    fn run(&mut self) -> usize {
        for _ in 0..ROUNDS {
            match self.square {
                true => self.product.assign(self.a.square_ref()),
                false => self.product.assign(&self.a * self.x),
            }
            self.product %= self.n;
            std::mem::swap(&mut self.product, &mut self.a);
        }
        ROUNDS
    }
}
