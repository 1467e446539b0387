//! Two sides with their rows.

use std::collections::BTreeMap;

use curve_lanes::Unit;
use joint_simulator::{End, Finished, Schedule, Setup, Simulation, Trouble};
use party::{Answer, Batch, Column, Role, Scalar, Suite};
use psi::{Duplicates, Ecdh, KeyColumn, Normalization, Recipient, Reveal, Terms};
use secrets::Secret;

pub(crate) const JOB: [u8; 32] = [0x5a; 32];

/// So small that a few items make several batches and piles.
pub(crate) fn terms() -> Terms {
    Terms {
        suite: Suite::Ristretto255,
        key: vec![KeyColumn { name: "id".into(), normalization: Normalization::Trim }],
        duplicates: Duplicates::Refuse,
        recipient: Recipient::Both,
        reveal: Reveal::Rows,
        min_intersection: 0,
        max_thousandths: 1000,
        pad: false,
        max_items: 1 << 40,
        batch: 4,
        pile: 4,
    }
}

pub(crate) fn core(role: Role, terms: &Terms, rows: usize) -> Ecdh {
    let scalar = Scalar::new(Secret::new(vec![role as u8 + 3; 32])).unwrap();
    Ecdh::new(terms.clone(), role, JOB, scalar, rows as u64)
}

pub(crate) fn setup(role: Role, terms: &Terms, values: &[String]) -> Setup<Ecdh> {
    let (terms, values, count) = (terms.clone(), values.to_vec(), values.len());
    let unit = Unit::fastest();
    Setup {
        core: Box::new(move || core(role, &terms, count)),
        rows: Box::new(move |from, at_most| rows(&values, from, at_most)),
        work: Box::new(move |work| executor::execute(unit, work)),
    }
}

pub(crate) fn rows(values: &[String], from: usize, at_most: usize) -> (Batch, bool) {
    let column: Column = values[from..].iter().take(at_most).collect();
    (Batch::new(vec![column]).unwrap(), from + at_most >= values.len())
}

pub(crate) fn simulation(terms: &Terms, left: &[String], right: &[String]) -> Simulation<Ecdh> {
    Simulation::new(setup(Role::Left, terms, left), setup(Role::Right, terms, right), JOB)
}

pub(crate) fn run(terms: &Terms, left: &[String], right: &[String]) -> Result<End, Trouble> {
    simulation(terms, left, right).run(&Schedule::quiet(7))
}

/// Numbers as text.
pub(crate) fn numbers(of: impl Iterator<Item = usize>) -> Vec<String> {
    of.map(|number| format!("id {number}")).collect()
}

/// All rows of an answer.
pub(crate) fn found(finished: &Finished) -> Vec<u64> {
    let rows = finished.answers.iter().filter_map(|answer| match answer {
        Answer::Rows(rows) => Some(rows.clone()),
        Answer::Count(_) => None,
    });
    rows.flatten().collect()
}

pub(crate) fn counts(finished: &Finished) -> Vec<u64> {
    let counts = finished.answers.iter().filter_map(|answer| match answer {
        Answer::Count(count) => Some(*count),
        Answer::Rows(_) => None,
    });
    counts.collect()
}

/// The own rows whose keys the other side has.
pub(crate) fn expected(own: &[String], other: &[String]) -> Vec<u64> {
    let others: BTreeMap<&str, ()> = other.iter().map(|value| (value.trim(), ())).collect();
    (0..).zip(own).filter(|(_, value)| others.contains_key(value.trim())).map(|(row, _)| row).collect()
}

pub(crate) fn sorted(mut rows: Vec<u64>) -> Vec<u64> {
    rows.sort_unstable();
    rows
}

/// Both found what they should, in the same order.
pub(crate) fn is_right(end: &End, left: &[String], right: &[String]) -> bool {
    let (of_left, of_right) = (found(&end.left), found(&end.right));
    let aligned = of_left.iter().zip(&of_right).all(|(l, r)| left[*l as usize].trim() == right[*r as usize].trim());
    aligned
        && end.left.digest == end.right.digest
        && sorted(of_left) == expected(left, right)
        && sorted(of_right) == expected(right, left)
}
