//! The engine's powers and products.

use std::sync::Arc;

use engine::{Backend, Cpu, FixedBase, Modulus, Numbers, unattended};

use super::{ITEMS, Operation, operation, random};

pub(super) const LIMBS: usize = 8;

pub(super) fn operations(cpu: Cpu) -> Vec<Operation> {
    let modulus = Arc::new(modulus());
    let bases = Arc::new(below(&modulus, ITEMS));
    let fixed_base = Arc::new(FixedBase::new(modulus.clone(), bases.item(0), 64 * LIMBS).unwrap());
    fixed_base.prepare(cpu.unit());
    let one_exponent = operation("power with a common exponent", 1, LIMBS, {
        let (modulus, bases) = (modulus.clone(), bases.clone());
        move |e| cpu.pow_common(&modulus, &bases, e.words(), &unattended).unwrap()
    });
    let each = operation("power with an exponent each", ITEMS, LIMBS, {
        let (modulus, bases) = (modulus.clone(), bases.clone());
        move |e| cpu.pow_each(&modulus, &bases, &e, &unattended).unwrap()
    });
    let fixed = operation("power of a fixed base", ITEMS, LIMBS, {
        move |e| cpu.pow_fixed_base(&fixed_base, &e, &unattended).unwrap()
    });
    let factors = Operation {
        fixed: Box::new(|| vec![vec![0; LIMBS * ITEMS]]),
        ..operation("product", ITEMS, LIMBS, move |mut a| {
            // Below the modulus, whose top bit is set.
            a.iter_mut().for_each(|item| item[LIMBS - 1] >>= 1);
            cpu.mul(&modulus, &a, &a, &unattended).unwrap()
        })
    };
    vec![one_exponent, each, fixed, factors]
}

pub(super) fn modulus() -> Modulus {
    let mut n = random(LIMBS);
    n[0] |= 1;
    n[LIMBS - 1] |= 1 << 63;
    Modulus::new(&n).unwrap()
}

pub(super) fn below(modulus: &Modulus, count: usize) -> Numbers {
    let mut numbers = Numbers::from_words(modulus.limbs(), random(modulus.limbs() * count)).unwrap();
    numbers.iter_mut().for_each(|item| item[modulus.limbs() - 1] >>= 1);
    numbers
}
