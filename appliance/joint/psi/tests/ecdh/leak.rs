//! What `curve25519-direct` gives away of each item, and `ristretto255` does not.

use curve_lanes::Unit;
use curve25519_dalek::MontgomeryPoint;
use party::{Scalar, Suite, Work, WorkResult};
use psi::item;
use secrets::Secret;

use super::support::JOB;

fn masked(suite: Suite, items: Vec<[u8; 32]>) -> Vec<[u8; 32]> {
    let scalar = Scalar::new(Secret::new(vec![0xc3; 32])).unwrap();
    match executor::execute(Unit::fastest(), &Work::HashAndMultiply { suite, items, scalar }) {
        WorkResult::Points(points) => points,
        other @ WorkResult::NotAPoint { .. } => panic!("{other:?}"),
    }
}

fn on_curve(u: &[u8; 32]) -> bool {
    MontgomeryPoint(*u).to_edwards(0).is_some()
}

/// Whether u lies on the curve or on its twist is kept by every product: half of all guesses at an item are told to be wrong by what
/// travels. The warning that the console shows is true.
#[test]
fn a_masked_value_tells_curve_from_twist() {
    let items: Vec<_> = (0..400u32).map(|number| item(&JOB, &number.to_le_bytes())).collect();
    let sent = masked(Suite::Curve25519Direct, items.clone());
    let before: Vec<bool> = items.iter().map(on_curve).collect();
    let after: Vec<bool> = sent.iter().map(on_curve).collect();
    assert_eq!(before, after);
    let ones = before.iter().filter(|bit| **bit).count();
    assert!((150..250).contains(&ones), "{ones} of 400 are on the curve: a bit that carries nothing would be no leak");
}

/// The same bit of what is sent says nothing about the item with a group of prime order: of those on the curve and those not, as many are.
#[test]
fn a_group_of_prime_order_does_not() {
    let items: Vec<_> = (0..400u32).map(|number| item(&JOB, &number.to_le_bytes())).collect();
    let sent = masked(Suite::Ristretto255, items.clone());
    let alike = items.iter().zip(&sent).filter(|(item, sent)| on_curve(item) == on_curve(sent)).count();
    assert!((150..250).contains(&alike), "{alike} of 400 are alike");
}
