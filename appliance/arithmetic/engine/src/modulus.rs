//! An odd modulus and its arithmetic.

use std::sync::OnceLock;

use limbs::{inverse_of_limb, mul_wide};
use montgomery_lanes::{Modulus as Lanes, Unit};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::error::EngineError;
use crate::montgomery::{add, multiply, select, sub_borrow, subtract_if_over};
use crate::numbers::{Numbers, window};
use crate::widths::{MAX_BITS, MIN_BITS};

/// Bits of exponent for each multiplication by a table's entry.
const WINDOW: usize = 5;

/// An odd modulus, which may be secret, with what Montgomery multiplication needs of it. Wiped on drop.
///
/// Methods that speak of Montgomery form take and give x * R modulo n for a number x, with R = 2^(64 * limbs).
pub struct Modulus {
    n: Zeroizing<Vec<u64>>,
    /// -1/n modulo 2^64.
    n0: Zeroizing<u64>,
    r: Zeroizing<Vec<u64>>,
    r_squared: Zeroizing<Vec<u64>>,
    /// For a square, what it is the square of.
    root: Option<Zeroizing<Vec<u64>>>,
    /// The same for a unit's lanes, by [`Unit::number`]: as any modulus, and as a square where the unit can.
    lanes: [OnceLock<Lanes>; Unit::COUNT],
    squares: [OnceLock<Option<Lanes>>; Unit::COUNT],
}

impl Modulus {
    /// `n` with leading zero limbs cut off, odd, of 256 to 8192 bits.
    pub fn new(n: &[u64]) -> Result<Modulus, EngineError> {
        // secret: a modulus's length is public, whatever else of it is not.
        let limbs = n.iter().rposition(|limb| *limb != 0).map_or(0, |i| i + 1);
        // secret: the same.
        let bits = limbs * 64 - limbs.checked_sub(1).map_or(0, |i| n[i].leading_zeros() as usize);
        // secret: the same.
        if !(MIN_BITS..=MAX_BITS).contains(&bits) {
            return Err(EngineError::Width { bits });
        }
        if n[0] & 1 == 0 {
            return Err(EngineError::EvenModulus);
        }
        let n = Zeroizing::new(n[..limbs].to_vec());
        let mut modulus = Modulus {
            n0: Zeroizing::new(inverse_of_limb(n[0]).wrapping_neg()),
            r: Zeroizing::new(vec![0; limbs]),
            r_squared: Zeroizing::default(),
            root: None,
            lanes: Default::default(),
            squares: Default::default(),
            n,
        };
        modulus.r[0] = 1;
        (0..limbs * 64).for_each(|_| modulus.double_r());
        let one = modulus.r.clone();
        // 2^limbs * R, squared six times: the exponent doubles, so 2^(64 * limbs) * R is reached.
        (0..limbs).for_each(|_| modulus.double_r());
        let mut power = modulus.r.clone();
        for _ in 0..6 {
            let factor = power.clone();
            modulus.mont_mul(&factor, &factor, &mut power);
        }
        modulus.r_squared = power;
        modulus.r = one;
        Ok(modulus)
    }

    /// The square of `root`, an odd number of 256 to 4096 bits without leading zero limbs: the same arithmetic as of
    /// [`Modulus::new`], and powers for less.
    pub fn square_of(root: &[u64]) -> Result<Modulus, EngineError> {
        let mut square = Zeroizing::new(vec![0; 2 * root.len()]);
        mul_wide(root, root, &mut square);
        let modulus = Modulus::new(&square)?;
        Ok(Modulus { root: Some(Zeroizing::new(root.to_vec())), ..modulus })
    }

    pub fn limbs(&self) -> usize {
        self.n.len()
    }

    /// For a [`Modulus::square_of`], its root.
    pub fn root(&self) -> Option<&[u64]> {
        self.root.as_ref().map(|root| root.as_slice())
    }

    pub fn bits(&self) -> usize {
        self.n.len() * 64 - self.n[self.n.len() - 1].leading_zeros() as usize
    }

    pub fn n(&self) -> &[u64] {
        &self.n
    }

    /// 1 in Montgomery form.
    pub fn one(&self) -> &[u64] {
        &self.r
    }

    /// R^2 modulo n: multiplying by it brings a number into Montgomery form.
    pub fn r_squared(&self) -> &[u64] {
        &self.r_squared
    }

    /// Whether a number as wide as the modulus is below it.
    pub fn contains(&self, a: &[u64]) -> bool {
        let borrow = a.iter().zip(self.n.iter()).fold(0, |borrow, (a, n)| sub_borrow(*a, *n, borrow).1);
        a.len() == self.limbs() && borrow == 1
    }

    /// out = a * b / R, for `a` of any value as wide as the modulus and `b` below it.
    pub fn mont_mul(&self, a: &[u64], b: &[u64], out: &mut [u64]) {
        multiply(a, b, &self.n, *self.n0, out);
    }

    /// out = a * b, plain numbers.
    pub fn mul(&self, a: &[u64], b: &[u64], out: &mut [u64]) {
        let mut product = Zeroizing::new(vec![0; self.limbs()]);
        self.mont_mul(a, b, &mut product);
        self.mont_mul(&product, &self.r_squared, out);
    }

    /// a = a + b.
    pub fn add(&self, a: &mut [u64], b: &[u64]) {
        add(a, b, &self.n);
    }

    /// a = a - b.
    pub fn sub(&self, a: &mut [u64], b: &[u64]) {
        let mut borrow = 0;
        for (a, b) in a.iter_mut().zip(b) {
            (*a, borrow) = sub_borrow(*a, *b, borrow);
        }
        let (mask, mut carry) = (0u64.wrapping_sub(borrow), 0);
        for (a, n) in a.iter_mut().zip(self.n.iter()) {
            let sum = u128::from(*a) + u128::from(*n & mask) + u128::from(carry);
            (*a, carry) = (sum as u64, (sum >> 64) as u64);
        }
    }

    pub fn enter(&self, a: &[u64], out: &mut [u64]) {
        self.mont_mul(a, &self.r_squared, out);
    }

    pub fn leave(&self, a: &[u64], out: &mut [u64]) {
        let mut one = vec![0; self.limbs()];
        one[0] = 1;
        // `a` may be any number, so it is the first factor; 1 is below n.
        self.mont_mul(a, &one, out);
    }

    /// A number of up to twice the modulus's width modulo n, in Montgomery form.
    pub fn enter_wide(&self, a: &[u64], out: &mut [u64]) {
        let limbs = self.limbs();
        let mut high = Zeroizing::new(vec![0; limbs]);
        let mut low = Zeroizing::new(vec![0; limbs]);
        let split = a.len().min(limbs);
        low[..split].copy_from_slice(&a[..split]);
        high[..a.len() - split].copy_from_slice(&a[split..]);
        self.mont_mul(&high, &self.r_squared, out);
        high.copy_from_slice(out);
        self.mont_mul(&high, &self.r_squared, out);
        high.copy_from_slice(out);
        self.mont_mul(&low, &self.r_squared, out);
        self.add(out, &high);
    }

    /// out = base ^ exponent, plain numbers; the time depends on the widths alone.
    pub fn pow(&self, base: &[u64], exponent: &[u64], out: &mut [u64]) {
        let mut entered = Zeroizing::new(vec![0; self.limbs()]);
        self.enter(base, &mut entered);
        let mut power = Zeroizing::new(vec![0; self.limbs()]);
        self.mont_pow(&entered, exponent, &mut power);
        self.leave(&power, out);
    }

    /// out = base ^ exponent, both in Montgomery form, by fixed windows over the exponent's whole width.
    pub fn mont_pow(&self, base: &[u64], exponent: &[u64], out: &mut [u64]) {
        let limbs = self.limbs();
        let width = if exponent.len() > 2 { WINDOW } else { 3 };
        let mut table = Zeroizing::new(vec![0; limbs << width]);
        table[..limbs].copy_from_slice(&self.r);
        for k in 1..1 << width {
            let (done, rest) = table.split_at_mut(k * limbs);
            self.mont_mul(&done[(k - 1) * limbs..], base, &mut rest[..limbs]);
        }
        let mut scratch = Zeroizing::new(vec![0; limbs]);
        let mut entry = Zeroizing::new(vec![0; limbs]);
        let windows = (exponent.len() * 64).div_ceil(width);
        select(&table, window(exponent, (windows.saturating_sub(1)) * width, width), out);
        for w in (0..windows.saturating_sub(1)).rev() {
            for _ in 0..width {
                self.mont_mul(out, out, &mut scratch);
                out.copy_from_slice(&scratch);
            }
            select(&table, window(exponent, w * width, width), &mut entry);
            self.mont_mul(out, &entry, &mut scratch);
            out.copy_from_slice(&scratch);
        }
    }

    /// For a unit's lanes, where many multiplications follow each other: by way of the root, if there is one.
    pub(crate) fn powers(&self, unit: Unit) -> &Lanes {
        let square = |root: &[u64]| self.squares[unit.number()].get_or_init(|| Lanes::square_of(unit, root)).as_ref();
        self.root().and_then(square).unwrap_or_else(|| self.lanes(unit))
    }

    /// For a unit's lanes, where numbers come, are multiplied once or twice, and go.
    pub(crate) fn lanes(&self, unit: Unit) -> &Lanes {
        self.lanes[unit.number()].get_or_init(|| {
            // `new` refused what a unit would.
            Lanes::new(unit, &self.n).expect("an odd modulus of a width that units take")
        })
    }

    /// Whether two moduli are the same, in time that depends on the widths alone.
    pub fn same(&self, other: &Modulus) -> bool {
        self.n.as_slice().ct_eq(other.n.as_slice()).into()
    }

    /// r = 2r.
    fn double_r(&mut self) {
        let mut carry = 0;
        for limb in self.r.iter_mut() {
            (*limb, carry) = (*limb << 1 | carry, *limb >> 63);
        }
        subtract_if_over(&mut self.r, carry, &self.n);
    }
}

/// The first item that is not below the modulus.
pub(crate) fn check_reduced(modulus: &Modulus, numbers: &Numbers) -> Result<(), EngineError> {
    if numbers.limbs() != modulus.limbs() {
        return Err(EngineError::Shape { what: "numbers and modulus differ in width" });
    }
    // secret: whether a number is below its modulus: true in every call that goes on, and otherwise an error that names it.
    match numbers.iter().position(|item| !modulus.contains(item)) {
        Some(index) => Err(EngineError::NotReduced { index }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigUint;

    fn big(limbs: &[u64]) -> BigUint {
        limbs.iter().rev().fold(BigUint::ZERO, |n, limb| (n << 64u32) + limb)
    }

    fn limbs(n: &BigUint, count: usize) -> Vec<u64> {
        let mut v: Vec<u64> = n.iter_u64_digits().collect();
        v.resize(count, 0);
        v
    }

    /// Not random, but without structure.
    fn words(seed: u64, count: usize) -> Vec<u64> {
        let mut x = seed;
        (0..count)
            .map(|_| {
                x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                x ^ x.rotate_left(23)
            })
            .collect()
    }

    #[test]
    fn agrees_with_num_bigint() {
        for count in [4, 5, 16, 17, 32, 64, 128] {
            for seed in 1..4 {
                let mut n = words(seed, count);
                n[0] |= 1;
                if seed == 2 {
                    n.fill(u64::MAX);
                }
                if seed == 3 && count > 4 {
                    n[count - 1] = 1;
                }
                let m = Modulus::new(&n).unwrap();
                let n = big(&n);
                let (a, b) = (big(&words(seed + 7, count)) % &n, big(&words(seed + 9, count)) % &n);
                let (al, bl) = (limbs(&a, count), limbs(&b, count));
                let mut out = vec![0; count];
                m.mul(&al, &bl, &mut out);
                assert_eq!(big(&out), &a * &b % &n);
                let e = words(seed + 11, 3);
                m.pow(&al, &e, &mut out);
                assert_eq!(big(&out), a.modpow(&big(&e), &n));
                out.copy_from_slice(&al);
                m.sub(&mut out, &bl);
                m.add(&mut out, &bl);
                assert_eq!(out, al);
                let wide = words(seed + 13, 2 * count);
                let mut entered = vec![0; count];
                m.enter_wide(&wide, &mut entered);
                m.leave(&entered, &mut out);
                assert_eq!(big(&out), big(&wide) % &n);
            }
        }
    }

    #[test]
    fn edges_of_exponents() {
        let mut n = words(3, 8);
        n[0] |= 1;
        let m = Modulus::new(&n).unwrap();
        let base = limbs(&(big(&words(4, 8)) % big(&n)), 8);
        let mut out = vec![0; 8];
        m.pow(&base, &[0], &mut out);
        assert_eq!(big(&out), BigUint::from(1u8));
        m.pow(&base, &[1, 0, 0, 0], &mut out);
        assert_eq!(out, base);
        m.pow(&[0; 8], &[5], &mut out);
        assert_eq!(out, [0; 8]);
    }

    #[test]
    fn refuses_what_it_cannot_do() {
        assert!(matches!(Modulus::new(&[2, 0, 0, 1 << 63]), Err(EngineError::EvenModulus)));
        assert!(matches!(Modulus::new(&[1, 0, 0, 1]), Err(EngineError::Width { bits: 193 })));
        assert!(matches!(Modulus::new(&[]), Err(EngineError::Width { bits: 0 })));
        assert!(matches!(Modulus::new(&[1; 129]), Err(EngineError::Width { .. })));
    }
}
