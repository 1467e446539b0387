//! What leaks on purpose: an instrument that does not find these finds nothing.

use std::sync::Arc;

use engine::{Cpu, Numbers, unattended};

use super::{ITEMS, Operation, operation, powers};

/// A comparison as long as it takes a while.
const COMPARED: usize = 4096;

pub(crate) fn operations(cpu: Cpu) -> Vec<Operation> {
    let early = operation("a comparison that stops at the first difference", 1, COMPARED, |secret| {
        let equal = secret.words().iter().take_while(|word| **word == 0).count();
        Numbers::from_words(1, vec![equal as u64]).unwrap()
    });
    let modulus = Arc::new(powers::modulus());
    let bases = Arc::new(powers::below(&modulus, ITEMS));
    let branches = operation("a power that branches on its exponent", 1, powers::LIMBS, move |e| {
        cpu.pow_public(&modulus, &bases, e.words(), &unattended).unwrap()
    });
    vec![early, branches]
}
