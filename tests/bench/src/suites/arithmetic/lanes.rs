//! One vector unit at work: as many multiplications at once as it has lanes.

use montgomery_lanes::{Group, Modulus, Scratch, Unit};
use rug::Integer;

use crate::peers::gmp;
use crate::{BenchError, check};

/// Products in one call, times the lanes.
const ROUNDS: usize = 256;

pub(super) struct Lanes {
    unit: Unit,
    modulus: Modulus,
    a: Group,
    b: Group,
    scratch: Scratch,
}

impl Lanes {
    /// Checks a product and a square of `x` against GMP before anything is timed.
    pub(super) fn new(unit: Unit, n: &Integer, x: &Integer) -> Result<Lanes, BenchError> {
        let limbs = n.significant_digits::<u64>();
        let odd = BenchError::Peer { what: "no odd modulus of this width" };
        let modulus = Modulus::new(unit, &gmp::to_limbs(n, limbs)).ok_or(odd)?;
        let (a, b, scratch) = (modulus.group(), modulus.group(), modulus.scratch());
        let mut lanes = Lanes { unit, modulus, a, b, scratch };
        lanes.set(x);
        let mut out = vec![0; limbs * unit.lanes()];
        for square in [false, true] {
            lanes.set(x);
            if square {
                lanes.square_once()
            } else {
                lanes.multiply_once()
            }
            lanes.modulus.store(&lanes.a, &mut out, &mut lanes.scratch);
            for product in out.chunks_exact(limbs) {
                // product = x x / R
                let times_r = gmp::from_limbs(product) << (unit.radix() * lanes.modulus.digits() as u32);
                let expected = x.clone().square() % n;
                check(times_r % n == expected, format!("{} of {} bits", unit.name(), n.significant_bits()))?;
            }
        }
        Ok(lanes)
    }

    pub(super) fn multiply(&mut self) -> usize {
        (0..ROUNDS).for_each(|_| self.multiply_once());
        ROUNDS * self.unit.lanes()
    }

    pub(super) fn square(&mut self) -> usize {
        (0..ROUNDS).for_each(|_| self.square_once());
        ROUNDS * self.unit.lanes()
    }

    fn set(&mut self, x: &Integer) {
        let limbs = gmp::to_limbs(x, self.modulus.limbs());
        self.modulus.set_all(&mut self.a, &limbs, &mut self.scratch);
        self.modulus.set_all(&mut self.b, &limbs, &mut self.scratch);
    }

    fn multiply_once(&mut self) {
        self.modulus.multiply(&mut self.a, &self.b, &mut self.scratch);
    }

    fn square_once(&mut self) {
        self.modulus.square(&mut self.a, &mut self.scratch);
    }
}
