//! Welch's t-test on the times of two classes of secrets.

use std::process::ExitCode;
use std::time::Instant;

use crate::keys::Keys;
use crate::operations::{Operation, all, curves, leaks};

const PAIRS: usize = 4000;
/// Above it the two classes are told apart with next to no doubt.
const SUSPECT: f64 = 4.5;
/// What leaks on purpose is told apart by at least so much: an instrument that sees less would not see a leak either.
const FOUND: f64 = 10.0;
/// A busy machine makes one comparison in some thousands suspect. What is so three times in a row is no accident.
const TRIES: usize = 3;

/// Fails if something leaks, or if what leaks on purpose is not found.
pub(crate) fn check() -> ExitCode {
    println!("{:<50} {:>12} {:>10} {:>8}", "operation", "unit", "us", "t");
    let keys = Keys::make();
    let mut bad = Vec::new();
    for unit in engine::Unit::all() {
        let cpu = engine::Cpu::with(1, unit);
        for operation in leaks::operations(cpu) {
            if shown(&operation, unit.name()).abs() < FOUND {
                bad.push(format!("{} on {} leaks, and is not found", operation.name, unit.name()));
            }
        }
        for operation in all(cpu, &keys) {
            bad.extend(told_apart(&operation, unit.name()));
        }
    }
    for unit in curve_lanes::Unit::all() {
        for operation in curves::operations(unit) {
            bad.extend(told_apart(&operation, unit.name()));
        }
    }
    bad.iter().for_each(|what| println!("BAD: {what}"));
    if bad.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn told_apart(operation: &Operation, unit: &str) -> Option<String> {
    let always = (0..TRIES).all(|_| shown(operation, unit).abs() > SUSPECT);
    always.then(|| format!("{} on {unit} is told apart by its time", operation.name))
}

fn shown(operation: &Operation, unit: &str) -> f64 {
    let (mean, t) = compare(operation);
    let word = if t.abs() > SUSPECT { "  suspect" } else { "" };
    println!("{:<50} {unit:>12} {:>10.1} {t:>8.2}{word}", operation.name, mean * 1e6);
    t
}

/// The mean time, and t.
fn compare(operation: &Operation) -> (f64, f64) {
    let mut times = [Vec::with_capacity(PAIRS), Vec::with_capacity(PAIRS)];
    for i in 0..2 * PAIRS {
        // Classes alternate in an order that no period of the machine's follows.
        let class = ((i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 63) as usize;
        // Both are made each time, and copied: the caches look the same to either.
        let secrets = [(operation.fresh)(), (operation.fixed)()][class].clone();
        let start = Instant::now();
        std::hint::black_box((operation.run)(std::hint::black_box(&secrets)));
        times[class].push(start.elapsed().as_secs_f64());
    }
    // The slowest tenth is the machine's, not the code's (section 3 of the paper crops likewise).
    let mut every: Vec<f64> = times.concat();
    every.sort_by(f64::total_cmp);
    let limit = every[every.len() * 9 / 10];
    let kept = times.map(|class| class.into_iter().filter(|t| *t <= limit).collect::<Vec<f64>>());
    let [a, b] = kept.each_ref().map(|class| moments(class));
    (a.0, (a.0 - b.0) / (a.1 / kept[0].len() as f64 + b.1 / kept[1].len() as f64).sqrt())
}

/// Mean and variance.
fn moments(values: &[f64]) -> (f64, f64) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64;
    (mean, variance)
}
