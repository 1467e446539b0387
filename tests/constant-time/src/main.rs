//! Shows that neither time nor addresses depend on secrets.
//!
//! - `judge constant-time trace` runs every operation that takes a secret with the secret marked
//!   "undefined", and all that the kernel draws for it: memcheck then reports each branch and each address that depends on it
//!   (A. Langley's ctgrind). What may is said in the sources, line by line (`judge`). It knows
//!   no AVX-512, so that the unit with eight lanes is left out; it shares every line above the kernels with the others,
//!   and its kernels are loops over public counts.
//! - `constant-time statistics` compares the times of two classes of secrets by Welch's t-test (O. Reparaz, J. Balasch,
//!   I. Verbauwhede, "Dude, is my code constant time?", DATE 2017), on every unit of this machine. It fails where classes are told
//!   apart three times in a row, and where what leaks on purpose is not found. The long suite runs it.

#![allow(unsafe_code, reason = "valgrind's client requests are instructions of their own")]

use std::process::ExitCode;

mod keys;
mod operations;
mod random;
mod statistics;
mod valgrind;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("trace") => trace(),
        Some("leak") => leak(),
        Some("statistics") => statistics::check(),
        Some("keys") => {
            keys::print();
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("constant-time trace | leak (both under valgrind) | statistics");
            ExitCode::FAILURE
        }
    }
}

/// Every operation once on each unit that valgrind can run, on secrets that it watches.
fn trace() -> ExitCode {
    if !valgrind::is_running() {
        eprintln!("constant-time: this is of use under valgrind alone");
        return ExitCode::FAILURE;
    }
    // It would say so itself: where all is defined, there is nothing to find.
    assert!(random::is_in_front(), "what the kernel draws is not watched");
    let keys = keys::Keys::make();
    for unit in engine::Unit::all().into_iter().filter(|unit| unit.lanes() < 8) {
        for operation in operations::all(engine::Cpu::with(1, unit), &keys) {
            traced(&operation, unit.name());
        }
    }
    for unit in curve_lanes::Unit::all().into_iter().filter(|unit| unit.lanes() < 8) {
        operations::curves::operations(unit).iter().for_each(|operation| traced(operation, unit.name()));
    }
    operations::without_units().iter().for_each(|operation| traced(operation, "no unit"));
    ExitCode::SUCCESS
}

fn traced(operation: &operations::Operation, unit: &str) {
    let mut secrets = (operation.fresh)();
    secrets.iter_mut().for_each(|words| valgrind::mark_secret(words));
    let mut result = random::secretly(|| (operation.run)(&secrets));
    valgrind::mark_public(&mut result);
    println!("{} on {unit}: {:016x}", operation.name, result.iter().fold(0, |all, w| all ^ w));
}

/// Branches on a secret, so that the check can be seen to fail.
fn leak() -> ExitCode {
    let mut secret = vec![std::process::id().into()];
    valgrind::mark_secret(&mut secret);
    println!("{}", if secret[0] % 3 == 0 { "a" } else { "b" });
    ExitCode::SUCCESS
}
