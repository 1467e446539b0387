//! Powers with one exponent, constant-time, against GMP's, which are not.

use engine::{Cpu, Engine, Modulus, Numbers, unattended};
use montgomery_lanes::Unit;
use rug::Integer;

use super::{Bench, SUITE};
use crate::measure::compare;
use crate::peers::gmp;
use crate::suites::on_threads;
use crate::{BenchError, Case, check};

const GMP: &str = "GMP powm";
/// Powers of one of our calls: several groups of lanes.
const BATCH: usize = 32;

pub(super) fn run(bench: &mut Bench) -> Result<(), BenchError> {
    let fastest = Cpu::new().unit().name();
    for (bits, exponent_bits) in [(1024, 1024), (2048, 2048), (4096, 4096), (4096, 2048)] {
        let powers = Powers::new(bits, exponent_bits)?;
        for unit in Unit::all() {
            let engine = Engine::on_cpu(Cpu::with(1, unit));
            powers.check(&engine)?;
            let found = compare(&bench.plan, || powers.ours(&engine), powers.gmp())?;
            let name = format!("power, exponent of {exponent_bits} bits, {}", unit.name());
            let case = Case::rates(SUITE, name, bits as usize, "1/s", GMP, &found);
            let asked = (bits, exponent_bits) == (4096, 2048) && unit.name() == fastest;
            bench.add(if asked { case.target(5.0) } else { case });
        }
    }
    two_cores(bench)
}

/// The same batch on two threads on all cores, and on one thread on one core.
fn two_cores(bench: &mut Bench) -> Result<(), BenchError> {
    if bench.cores.count() < 2 {
        return Ok(());
    }
    let powers = Powers::new(4096, 2048)?;
    let (one, two) = (on_threads(1), on_threads(2));
    let cores = &bench.cores;
    let found = compare(
        &bench.plan,
        || {
            cores.unpin()?;
            let done = powers.ours(&two);
            cores.pin()?;
            done
        },
        || powers.ours(&one),
    )?;
    let case = Case::rates(SUITE, "power, exponent of 2048 bits, two cores", 4096, "1/s", "ours on one core", &found);
    bench.add(case.threads(2).target(1.9));
    Ok(())
}

struct Powers {
    n: Integer,
    bases: Vec<Integer>,
    exponent: Integer,
    modulus: Modulus,
    numbers: Numbers,
    exponent_limbs: Vec<u64>,
}

impl Powers {
    fn new(bits: u32, exponent_bits: u32) -> Result<Powers, BenchError> {
        let mut random = gmp::random()?;
        let n = gmp::odd(bits, &mut random);
        let bases: Vec<Integer> = (0..BATCH).map(|_| n.clone().random_below(&mut random)).collect();
        let exponent = gmp::odd(exponent_bits, &mut random);
        let limbs = bits as usize / 64;
        let words = bases.iter().flat_map(|base| gmp::to_limbs(base, limbs)).collect();
        Ok(Powers {
            modulus: Modulus::new(&gmp::to_limbs(&n, limbs))?,
            numbers: Numbers::from_words(limbs, words)?,
            exponent_limbs: gmp::to_limbs(&exponent, exponent_bits as usize / 64),
            n,
            bases,
            exponent,
        })
    }

    fn check(&self, engine: &Engine) -> Result<(), BenchError> {
        let found = engine.pow_common(&self.modulus, &self.numbers, &self.exponent_limbs, &unattended)?;
        let same = found.iter().zip(&self.bases).all(|(found, base)| gmp::from_limbs(found) == self.power(base));
        check(same, "a power")
    }

    fn ours(&self, engine: &Engine) -> Result<usize, BenchError> {
        Ok(engine.pow_common(&self.modulus, &self.numbers, &self.exponent_limbs, &unattended)?.count())
    }

    fn gmp(&self) -> impl FnMut() -> Result<usize, BenchError> + '_ {
        let mut bases = self.bases.iter().cycle();
        move || {
            if let Some(base) = bases.next() {
                std::hint::black_box(self.power(base));
            }
            Ok(1)
        }
    }

    fn power(&self, base: &Integer) -> Integer {
        base.clone().pow_mod(&self.exponent, &self.n).unwrap_or_default()
    }
}
