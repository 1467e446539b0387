//! Arithmetic modulo the square of a modulus n, as Paillier's scheme needs it modulo n^2, and its owner modulo p^2.
//!
//! A number is a pair (a, b) that stands for a + b n. Of a product (a0 + b0 n)(a1 + b1 n) modulo n^2 there is
//! a0 a1 + (a0 b1 + b0 a1) n. Montgomery's reduction of the first term gives c and q with a0 a1 + q n = c R, so that
//! a0 a1 = c R - q n, and the product divided by R is
//!
//! c + ((a0 b1 + b0 a1 - q) / R modulo n) n.
//!
//! That is three products of n's width and two reductions, where numbers of twice the width take four and four; a square
//! takes a square, one product and two reductions. (That an algorithm modulo n gives one modulo n^2 by way of the quotient
//! is known from implementations of Paillier's scheme and of Hensel lifting; Karatsuba's trick does not apply, since b0 b1 is
//! never needed.)
//!
//! Instead of q there is a multiple of n less q, which is not negative. With R at least 2^6 n and halves below 4n, c is
//! below (16 n^2 + R n) / R < 2n, and so is the other half: (32 n^2 + 2R + R n) / R < 2n.

use limbs::mul_wide;
use zeroize::Zeroizing;

use crate::digits::{mask, subtract_if_over, to_digits, to_limbs};
use crate::functions::{PairFunctions, RawPair};
use crate::group::Group;
use crate::plain::PlainModulus;
use crate::rows::{gather_rows, scatter_rows};
use crate::scratch::Scratch;

/// The square of a modulus, with what its products need. The caller of its methods has checked that groups and scratch are
/// this modulus's.
pub(crate) struct SquareModulus {
    root: PlainModulus,
    pub(crate) functions: &'static PairFunctions,
    /// See [`RawPair::multiple`].
    multiple: Zeroizing<Vec<u64>>,
    /// 2^(root's bits) * R as a pair, in all lanes: what moves a number up by a root's width.
    shift: Group,
    /// n^2 in limbs of 64 bits.
    limbs: Zeroizing<Vec<u64>>,
    r_squared: Zeroizing<Vec<u64>>,
}

impl SquareModulus {
    /// `None` if the root's unit does not work on pairs.
    pub(crate) fn new(root: PlainModulus) -> Option<SquareModulus> {
        let functions = root.unit.functions.pairs.as_ref()?;
        let mut limbs = Zeroizing::new(vec![0; 2 * root.limbs().len()]);
        mul_wide(root.limbs(), root.limbs(), &mut limbs);
        // A root whose top limb is small leaves its square's top limb empty.
        let length = limbs.iter().rposition(|limb| *limb != 0)? + 1;
        limbs.truncate(length);
        let mut square = SquareModulus {
            multiple: multiple_above_r(&root),
            shift: Group::zero(0),
            functions,
            root,
            limbs,
            r_squared: Zeroizing::default(),
        };
        square.shift = square.find_shift();
        square.r_squared = square.find_r_squared();
        Some(square)
    }

    pub(crate) fn root(&self) -> &PlainModulus {
        &self.root
    }

    pub(crate) fn bits(&self) -> usize {
        self.limbs.len() * 64 - self.limbs.last().map_or(0, |top| top.leading_zeros() as usize)
    }

    /// Of both halves of a pair.
    pub(crate) fn digits(&self) -> usize {
        2 * self.root.digits()
    }

    /// n^2.
    pub(crate) fn limbs(&self) -> &[u64] {
        &self.limbs
    }

    /// R^2 modulo n^2, in limbs.
    pub(crate) fn r_squared(&self) -> &[u64] {
        &self.r_squared
    }

    pub(crate) fn multiply(&self, a: &mut Group, b: &Group, scratch: &mut Scratch) {
        // SAFETY: the unit is this processor's; the caller checked that groups and scratch are the square's.
        unsafe { (self.functions.multiply)(&self.raw(), a.pointer_mut(), b.pointer(), scratch.pointer()) }
    }

    pub(crate) fn square(&self, a: &mut Group, scratch: &mut Scratch) {
        // SAFETY: as in `multiply`.
        unsafe { (self.functions.square)(&self.raw(), a.pointer_mut(), scratch.pointer()) }
    }

    /// Numbers of any width, cut into pieces of the root's bits: each in turn is added to what is moved up (Horner).
    pub(crate) fn load(&self, group: &mut Group, numbers: &[&[u64]], scratch: &mut Scratch) {
        let bits = self.root.bits();
        let widest = numbers.iter().map(|number| number.len() * 64).max().unwrap_or(0);
        let pieces = widest.div_ceil(bits).max(1);
        let mut piece = Group::zero(self.words());
        for at in (0..pieces).rev() {
            let cut: Vec<Zeroizing<Vec<u64>>> = numbers.iter().map(|number| bits_of(number, at * bits, bits)).collect();
            let cut = cut.iter().map(|piece| piece.as_slice());
            if at + 1 == pieces {
                self.load_first_halves(group, cut, scratch);
                continue;
            }
            self.multiply(group, &self.shift, scratch);
            self.load_first_halves(&mut piece, cut, scratch);
            // SAFETY: both hold the root's digits, and more.
            unsafe { (self.functions.add)(group.pointer_mut(), piece.pointer(), self.root.digits()) }
        }
    }

    /// 1 + m n for numbers m below n, in limbs.
    pub(crate) fn load_one_plus<'a>(
        &self,
        group: &mut Group,
        multiples: impl IntoIterator<Item = &'a [u64]>,
        scratch: &mut Scratch,
    ) {
        let (unit, d) = (self.root.unit, self.root.digits());
        let fill = |row: &mut [u64], multiple: &[u64]| {
            row[0] = 1;
            to_digits(multiple, unit.radix(), &mut row[d..2 * d]);
        };
        gather_rows(unit, self.registers(), group, multiples, scratch, fill);
    }

    /// The numbers in the first lanes, in limbs, below n^2; as many as `out` holds. They must come out of a multiplication.
    pub(crate) fn store(&self, group: &Group, out: &mut [u64], scratch: &mut Scratch) {
        let rows = scatter_rows(self.root.unit, self.registers(), group, scratch);
        for (out, row) in out.chunks_exact_mut(self.limbs.len()).zip(rows.chunks_exact(self.registers())) {
            self.join(&row[..self.digits()], out);
        }
    }

    /// a + b n, below n^2, from the digits of a product's pair: with a and b below 3/2 n the sum is below 2 n^2.
    fn join(&self, digits: &[u64], out: &mut [u64]) {
        let (d, n) = (self.root.digits(), self.root.limbs());
        let limbs = n.len() + 1;
        let mut halves = [Zeroizing::new(vec![0; limbs]), Zeroizing::new(vec![0; limbs])];
        for (half, digits) in halves.iter_mut().zip(digits.chunks_exact(d)) {
            // Below 2n: nothing is above the spare limb.
            to_limbs(digits, self.root.unit.radix(), half);
        }
        let mut wide = Zeroizing::new(vec![0; n.len() + limbs]);
        mul_wide(&halves[1], n, &mut wide);
        let mut carry = 0;
        for (i, word) in wide.iter_mut().enumerate() {
            let sum = u128::from(*word) + u128::from(halves[0].get(i).copied().unwrap_or(0)) + carry;
            (*word, carry) = (sum as u64, sum >> 64);
        }
        let (low, high) = wide.split_at(self.limbs.len());
        out.copy_from_slice(low);
        subtract_if_over(out, high[0], &self.limbs);
    }

    fn find_r_squared(&self) -> Zeroizing<Vec<u64>> {
        let r_bits = self.root.digits() * self.root.unit.radix() as usize;
        // R^2 itself, as a number of more than n^2's width.
        let mut number = vec![0; 2 * r_bits / 64 + 1];
        number[2 * r_bits / 64] = 1 << (2 * r_bits % 64);
        let mut scratch = Scratch::of(self.words());
        let mut group = Group::zero(self.words());
        self.load(&mut group, &[&number], &mut scratch);
        // Times R and divided by it again: a product's halves are small enough to be joined.
        let mut one = Group::zero(self.words());
        self.load(&mut one, &[&number], &mut scratch);
        let mut plain_one = Group::zero(self.words());
        self.load_first_halves(&mut plain_one, [[1].as_slice()], &mut scratch);
        self.multiply(&mut one, &plain_one, &mut scratch);
        // `one` is R now.
        self.multiply(&mut group, &one, &mut scratch);
        let mut rows = vec![0; 2 * self.root.digits()];
        let lanes = self.root.unit.lanes();
        rows.iter_mut().enumerate().for_each(|(j, digit)| *digit = group.word(j * lanes));
        let mut out = Zeroizing::new(vec![0; self.limbs.len()]);
        self.join(&rows, &mut out);
        out
    }

    /// 2^bits R = 2^bits R modulo n, and what is above n as the pair's second half: found by doubling the pair (1, 0).
    fn find_shift(&self) -> Group {
        let n = self.root.limbs();
        let r_bits = self.root.digits() * self.root.unit.radix() as usize;
        let limbs = n.len();
        let (mut a, mut b) = (Zeroizing::new(vec![0; limbs]), Zeroizing::new(vec![0; limbs]));
        a[0] = 1;
        for _ in 0..r_bits + self.root.bits() {
            // 2a = a' + carry n; the carry goes to 2b.
            let over = double_modulo(&mut a, n, 0);
            double_modulo(&mut b, n, over);
        }
        let mut scratch = Scratch::of(self.words());
        let (lanes, d) = (self.root.unit.lanes(), self.root.digits());
        let mut group = Group::zero(self.words());
        let mut digits = Zeroizing::new(vec![0; 2 * d]);
        to_digits(&a, self.root.unit.radix(), &mut digits[..d]);
        to_digits(&b, self.root.unit.radix(), &mut digits[d..]);
        let all = std::iter::repeat_n(digits.as_slice(), lanes);
        let copy = |row: &mut [u64], digits: &[u64]| row[..2 * d].copy_from_slice(digits);
        gather_rows(self.root.unit, self.registers(), &mut group, all, &mut scratch, copy);
        group
    }

    pub(crate) fn load_first_halves<'a>(
        &self,
        group: &mut Group,
        numbers: impl IntoIterator<Item = &'a [u64]>,
        scratch: &mut Scratch,
    ) {
        let (unit, d) = (self.root.unit, self.root.digits());
        let fill = |row: &mut [u64], number: &[u64]| to_digits(number, unit.radix(), &mut row[..d]);
        gather_rows(unit, self.registers(), group, numbers, scratch, fill);
    }

    fn registers(&self) -> usize {
        self.digits().next_multiple_of(self.root.unit.lanes())
    }

    /// Words of a group of pairs.
    pub(crate) fn words(&self) -> usize {
        self.registers() * self.root.unit.lanes()
    }

    pub(crate) fn raw(&self) -> RawPair {
        RawPair { root: self.root.raw(), multiple: self.multiple.as_ptr() }
    }
}

/// The smallest power of two times n that is at least twice R, its digits but the top one raised to 2^radix - 1 at least by
/// borrowing from the next.
fn multiple_above_r(root: &PlainModulus) -> Zeroizing<Vec<u64>> {
    let (d, radix) = (root.digits(), root.unit.radix());
    let up = d * radix as usize + 2 - root.bits();
    let n = root.limbs();
    let mut shifted = Zeroizing::new(vec![0; n.len() + up / 64 + 2]);
    for (i, limb) in n.iter().enumerate() {
        let wide = u128::from(*limb) << (up % 64);
        shifted[i + up / 64] |= wide as u64;
        shifted[i + up / 64 + 1] |= (wide >> 64) as u64;
    }
    let mut digits = Zeroizing::new(vec![0; d + 1]);
    to_digits(&shifted, radix, &mut digits);
    for k in 0..d {
        digits[k] = digits[k].wrapping_add(mask(radix) + u64::from(k == 0));
    }
    // Wrapping in name: a check for overflow would be a branch on the root.
    digits[d] = digits[d].wrapping_sub(1);
    digits
}

/// `bits` bits of a number from bit `from` on.
fn bits_of(number: &[u64], from: usize, bits: usize) -> Zeroizing<Vec<u64>> {
    let word = |i: usize| u128::from(number.get(i).copied().unwrap_or(0));
    let mut out: Vec<u64> = (0..bits.div_ceil(64))
        .map(|i| ((word(from / 64 + i + 1) << 64 | word(from / 64 + i)) >> (from % 64)) as u64)
        .collect();
    if !bits.is_multiple_of(64)
        && let Some(top) = out.last_mut()
    {
        *top &= u64::MAX >> (64 - bits % 64);
    }
    Zeroizing::new(out)
}

/// x = 2x + carry modulo n; 1 if n was taken off. (2x + carry is below 2n.)
fn double_modulo(x: &mut [u64], n: &[u64], mut carry: u64) -> u64 {
    let before = Zeroizing::new(x.to_vec());
    let low = carry;
    for limb in x.iter_mut() {
        (*limb, carry) = (*limb << 1 | carry, *limb >> 63);
    }
    subtract_if_over(x, carry, n);
    // n is odd, so taking it off changes the lowest bit.
    (x[0] ^ (before[0] << 1 | low)) & 1
}
