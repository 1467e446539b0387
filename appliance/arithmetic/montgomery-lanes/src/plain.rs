//! A modulus whose groups hold numbers as they are, each in the digits of one lane.

use limbs::inverse_of_limb;
use zeroize::{Zeroize, Zeroizing};

use crate::digits::{from_digits, mask, subtract_if_over, to_digits};
use crate::functions::Raw;
use crate::group::Group;
use crate::rows::{gather_rows, scatter_rows};
use crate::scratch::Scratch;
use crate::unit::Unit;

/// An odd modulus n with what its products need. Wiped on drop. The caller of its methods has checked that groups and
/// scratch are this modulus's.
pub(crate) struct PlainModulus {
    pub(crate) unit: Unit,
    bits: usize,
    digits: usize,
    n: Zeroizing<Vec<u64>>,
    n0: u64,
    /// n in limbs of 64 bits.
    limbs: Zeroizing<Vec<u64>>,
    r_squared: Zeroizing<Vec<u64>>,
}

impl PlainModulus {
    /// See [`crate::Modulus::new`].
    pub(crate) fn new(unit: Unit, n: &[u64]) -> Option<PlainModulus> {
        let top = n.last().filter(|limb| **limb != 0)?;
        let bits = n.len() * 64 - top.leading_zeros() as usize;
        if n[0] & 1 == 0 || !(64..=8192).contains(&bits) {
            return None;
        }
        let f = unit.functions;
        // Two bits above n, so that numbers below 2n need no subtraction (Walter 1999); pairs need six.
        let digits = (bits + 6).div_ceil(f.radix as usize).next_multiple_of(f.strip);
        let mut modulus = PlainModulus {
            unit,
            bits,
            digits,
            n: Zeroizing::new(vec![0; digits]),
            n0: inverse_of_limb(n[0]).wrapping_neg() & mask(f.radix),
            limbs: Zeroizing::new(n.to_vec()),
            r_squared: Zeroizing::new(vec![0; n.len()]),
        };
        to_digits(n, f.radix, &mut modulus.n);
        modulus.find_r_squared();
        Some(modulus)
    }

    pub(crate) fn bits(&self) -> usize {
        self.bits
    }

    /// Of one number in a group.
    pub(crate) fn digits(&self) -> usize {
        self.digits
    }

    /// n.
    pub(crate) fn limbs(&self) -> &[u64] {
        &self.limbs
    }

    pub(crate) fn r_squared(&self) -> &[u64] {
        &self.r_squared
    }

    pub(crate) fn raw(&self) -> Raw {
        Raw { digits: self.digits, n: self.n.as_ptr(), n0: self.n0 }
    }

    pub(crate) fn multiply(&self, a: &mut Group, b: &Group, scratch: &mut Scratch) {
        // SAFETY: the unit is this processor's; the caller checked that groups and scratch are the modulus's.
        unsafe { (self.unit.functions.multiply)(&self.raw(), a.pointer_mut(), b.pointer(), scratch.pointer()) }
    }

    pub(crate) fn square(&self, a: &mut Group, scratch: &mut Scratch) {
        // SAFETY: as in `multiply`.
        unsafe { (self.unit.functions.square)(&self.raw(), a.pointer_mut(), scratch.pointer()) }
    }

    /// Numbers in limbs and below 2n.
    pub(crate) fn load<'a>(
        &self,
        group: &mut Group,
        numbers: impl IntoIterator<Item = &'a [u64]>,
        scratch: &mut Scratch,
    ) {
        let fill = |row: &mut [u64], number: &[u64]| to_digits(number, self.unit.radix(), &mut row[..self.digits]);
        gather_rows(self.unit, self.registers(), group, numbers, scratch, fill);
    }

    /// The numbers in the first lanes, in limbs, below n; as many as `out` holds.
    pub(crate) fn store(&self, group: &Group, out: &mut [u64], scratch: &mut Scratch) {
        let rows = scatter_rows(self.unit, self.registers(), group, scratch);
        for (out, row) in out.chunks_exact_mut(self.limbs.len()).zip(rows.chunks_exact(self.registers())) {
            from_digits(&row[..self.digits], self.unit.radix(), &self.limbs, out);
        }
    }

    /// Doubled from 2^(bits - 1) to R * 2^(R's bits / 4), which two Montgomery squarings make R^2.
    fn find_r_squared(&mut self) {
        let r_bits = self.digits * self.unit.radix() as usize;
        let quarter = r_bits.div_ceil(4);
        let mut x = Zeroizing::new(vec![0; self.limbs.len()]);
        // 2^(bits - 1) is below n.
        x[(self.bits - 1) / 64] = 1 << ((self.bits - 1) % 64);
        // Two squarings give R * 2^(4 quarter), which may be up to three doublings too many: leave them out before.
        let excess = 4 * quarter - r_bits;
        for _ in self.bits - 1..r_bits + quarter {
            double(&mut x, &self.limbs);
        }
        let (mut group, mut scratch) = (Group::zero(self.words()), Scratch::of(self.words()));
        self.load(&mut group, std::iter::repeat_n(x.as_slice(), self.unit.lanes()), &mut scratch);
        self.square(&mut group, &mut scratch);
        self.square(&mut group, &mut scratch);
        // R * 2^(4 quarter) = R^2 * 2^excess; halve modulo n.
        self.store(&group, &mut x, &mut scratch);
        for _ in 0..excess {
            halve(&mut x, &self.limbs);
        }
        self.r_squared = x;
    }

    /// Panics where a group is another modulus's: memory safety hangs on it.
    pub(crate) fn check(&self, group: &Group) {
        assert!(group.lines.len() == self.words().div_ceil(8), "a group of another width");
    }

    fn registers(&self) -> usize {
        self.digits.next_multiple_of(self.unit.lanes())
    }

    /// Words of a group.
    fn words(&self) -> usize {
        self.registers() * self.unit.lanes()
    }
}

impl Drop for PlainModulus {
    fn drop(&mut self) {
        self.n0.zeroize();
    }
}

/// x = 2x modulo n.
fn double(x: &mut [u64], n: &[u64]) {
    let mut carry = 0;
    for limb in x.iter_mut() {
        (*limb, carry) = (*limb << 1 | carry, *limb >> 63);
    }
    subtract_if_over(x, carry, n);
}

/// x = x / 2 modulo n: half of x or of x + n, whichever is even.
fn halve(x: &mut [u64], n: &[u64]) {
    let mask = 0u64.wrapping_sub(x[0] & 1);
    let mut carry = 0;
    for (x, n) in x.iter_mut().zip(n) {
        let sum = u128::from(*x) + u128::from(*n & mask) + carry;
        (*x, carry) = (sum as u64, sum >> 64);
    }
    let mut top = carry as u64;
    for limb in x.iter_mut().rev() {
        (*limb, top) = (*limb >> 1 | top << 63, *limb & 1);
    }
}
