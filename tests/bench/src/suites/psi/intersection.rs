//! All of an intersection, both parties in one thread: what travels is not sent anywhere, and piles stay in memory.

use std::time::Instant;

use curve_lanes::Unit;
use joint_simulator::{Schedule, Setup, Simulation};
use party::{Batch, Column, Role, Scalar, Suite};
use psi::{Duplicates, Ecdh, KeyColumn, Normalization, Recipient, Reveal, Terms};
use secrets::Secret;

use super::{Bench, SUITE};
use crate::{BenchError, Case, check};

const JOB: [u8; 32] = [7; 32];

pub(super) fn run(bench: &mut Bench) -> Result<(), BenchError> {
    let items = if bench.quick { 5_000 } else { 200_000 };
    for (suite, name) in [(Suite::Ristretto255, "ristretto255"), (Suite::Curve25519Direct, "curve25519-direct")] {
        let terms = Terms {
            suite,
            key: vec![KeyColumn { name: "id".into(), normalization: Normalization::Exact }],
            duplicates: Duplicates::Refuse,
            recipient: Recipient::One(Role::Left),
            reveal: Reveal::Rows,
            min_intersection: 100,
            max_thousandths: 1000,
            pad: false,
            max_items: 1 << 40,
            batch: Terms::BATCH,
            pile: Terms::PILE,
        };
        let mut simulation =
            Simulation::new(side(Role::Left, &terms, 0, items)?, side(Role::Right, &terms, items / 2, items)?, JOB);
        let start = Instant::now();
        let end =
            simulation.run(&Schedule::quiet(1)).map_err(|_| BenchError::Wrong { what: "an intersection".into() })?;
        let seconds = start.elapsed().as_secs_f64();
        check(end.left.summary.common == Some((items - items / 2) as u64), "the size of the intersection")?;
        let what = format!("ECDH, {name}, {items} x {items} items, both parties in one thread");
        let products = 4.0 * items as f64 / seconds;
        let note = format!("{products:.0} products a second; {:.1} MB travelled", simulation.bytes() as f64 / 1e6);
        bench.add(Case::value(SUITE, what, 255, seconds, "s").note(note));
    }
    Ok(())
}

fn side(role: Role, terms: &Terms, first: usize, items: usize) -> Result<Setup<Ecdh>, BenchError> {
    let wrong = || BenchError::Wrong { what: "an intersection's preparation".into() };
    let scalar = Scalar::new(Secret::new(vec![role as u8 + 1; Scalar::BYTES])).ok_or_else(wrong)?;
    let (terms, unit) = (terms.clone(), Unit::fastest());
    Ok(Setup {
        core: Box::new(move || Ecdh::new(terms.clone(), role, JOB, scalar.clone(), items as u64)),
        rows: Box::new(move |from, at_most| {
            let to = items.min(from + at_most);
            let column: Column = (from..to).map(|row| (first + row).to_string()).collect();
            (Batch::new(vec![column]).unwrap_or_default(), to == items)
        }),
        work: Box::new(move |work| executor::execute(unit, work)),
    })
}
