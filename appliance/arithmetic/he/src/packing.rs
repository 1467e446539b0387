//! Many bounded signed numbers in one plaintext, so that one ciphertext, and one addition, serves all of them.
//!
//! C. Zhang et al., "BatchCrypt: Efficient Homomorphic Encryption for Cross-Silo Federated Learning" (USENIX ATC 2020), packs
//! with sign and guard bits; here the plaintext is simply the sum of x_i * 2^(i * slot), with signed x_i: sums of plaintexts are
//! sums in every slot while each stays within half a slot, and no offset has to be kept count of. The first number has the
//! lowest slot.
//!
//! A slot has the number's bits, a sign, bits for the stated number of summands, and one guard bit more: a sum that is up to
//! twice too large is seen when it is unpacked, and its element named. One larger still wraps into the next slot, and is not seen;
//! what is added up never gets there when every summand was packed here and their count is true. A product with a public
//! integer w counts as |w| summands.

use engine::{Control, Engine, write_be};
use zeroize::Zeroizing;

use crate::encoding::scale::{Rounding, decomposed, scaled};
use crate::{Additive, HeError};
use limbs::{add, negate_if};

/// How numbers are laid out in a plaintext.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packing {
    value_bits: u32,
    summands: u64,
    slot_bits: usize,
    slots: usize,
    limbs: usize,
}

impl Packing {
    /// For a key whose plaintexts are signed integers up to a third of a modulus of `modulus_bits`; numbers of magnitude below
    /// 2^`value_bits` (1 to 63); sums of up to `summands` (1 to 2^32).
    pub fn new(modulus_bits: usize, value_bits: u32, summands: u64) -> Result<Packing, HeError> {
        if !(1..=63).contains(&value_bits) || !(1..=1 << 32).contains(&summands) {
            return Err(HeError::Shape { what: "numbers have 1 to 63 bits, and sums 1 to 2^32 of them" });
        }
        // A sign, and a guard bit.
        let slot_bits = (value_bits + summands.next_power_of_two().ilog2() + 2) as usize;
        // All slots together are below 2^(slots * slot_bits - 1), and a third of the modulus is above 2^(modulus_bits - 3).
        let slots = modulus_bits.saturating_sub(2) / slot_bits;
        if slots == 0 {
            return Err(HeError::Shape { what: "the modulus has no room for one number" });
        }
        Ok(Packing { value_bits, summands, slot_bits, slots, limbs: modulus_bits.div_ceil(64) })
    }

    /// Numbers in a plaintext.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// Bits from one number to the next: a plaintext times 2^slot_bits has each number a slot higher.
    pub fn slot_bits(&self) -> usize {
        self.slot_bits
    }

    /// Bytes of a plaintext: as wide as the key's.
    pub fn plaintext_bytes(&self) -> usize {
        self.limbs * 8
    }

    /// Plaintexts that `count` numbers need.
    pub fn plaintexts(&self, count: usize) -> usize {
        count.div_ceil(self.slots)
    }

    /// Integers to two's complement big-endian plaintexts. One that is not below the bound is an error.
    pub fn pack(&self, numbers: &[i64]) -> Result<Zeroizing<Vec<u8>>, HeError> {
        let fits = |x: &i64| x.unsigned_abs() >> self.value_bits == 0;
        // Every number is looked at, whatever those before it were.
        let bad = numbers.iter().enumerate().fold(None, |bad, (i, x)| if fits(x) { bad } else { bad.or(Some(i)) });
        // secret: whether all numbers fit, after all were looked at.
        if let Some(index) = bad {
            return Err(HeError::EncodingRange { index });
        }
        let mut out = Zeroizing::new(vec![0; self.plaintexts(numbers.len()) * self.plaintext_bytes()]);
        let mut sum = Zeroizing::new(vec![0; self.limbs]);
        let mut shifted = Zeroizing::new(vec![0; self.limbs]);
        for (numbers, out) in numbers.chunks(self.slots).zip(out.chunks_exact_mut(self.plaintext_bytes())) {
            sum.fill(0);
            for (i, x) in numbers.iter().enumerate() {
                shift(*x, i * self.slot_bits, &mut shifted);
                add(&mut sum, &shifted);
            }
            write_be(&sum, out);
        }
        Ok(out)
    }

    /// Finite numbers times 2^`fraction_bits`, rounded half to even.
    pub fn pack_fixed(&self, numbers: &[f64], fraction_bits: u32) -> Result<Zeroizing<Vec<u8>>, HeError> {
        let mut integers = Zeroizing::new(vec![0; numbers.len()]);
        for (index, (x, integer)) in numbers.iter().zip(integers.iter_mut()).enumerate() {
            let number = decomposed(*x).ok_or(HeError::NotFinite { index })?;
            let shift = number.exponent + i64::from(fraction_bits);
            let magnitude = scaled(&[number.mantissa], shift, Rounding::HalfToEven, 1);
            let mut magnitude =
                magnitude.filter(|m| m[0] >> self.value_bits == 0).ok_or(HeError::EncodingRange { index })?;
            negate_if(&mut magnitude, number.negative);
            *integer = magnitude[0] as i64;
        }
        self.pack(&integers)
    }

    /// Packs numbers that are encrypted already, each a sum of `added` numbers below the bound, by shifting and adding up: what
    /// [`Packing::unpack`] takes apart again. As FATE's `pack_squeeze`, but for the order: the first number has the lowest slot.
    ///
    /// What cannot stay in its slot is refused: more summands than the packing has room for, a key without room for the slots. That
    /// a number is the sum that its owner says is found where it is unpacked, as for every packed sum.
    pub fn gather<K: Additive>(
        &self,
        engine: &Engine,
        key: &K,
        numbers: &K::Ciphertexts,
        added: u64,
        control: Control<'_>,
    ) -> Result<K::Ciphertexts, HeError> {
        if added > self.summands {
            return Err(HeError::Shape { what: "there are more summands than the packing has room for" });
        }
        // All slots together are below 2^(slots * slot_bits - 1).
        if self.slots * self.slot_bits > key.plaintext_bits() + 1 {
            return Err(HeError::Shape { what: "the packing is for a longer key" });
        }
        key.shift_and_add(engine, numbers, self.slots, self.slot_bits, control)
    }

    /// `count` sums of up to `summands` packed integers, from two's complement big-endian plaintexts.
    pub fn unpack(&self, plaintexts: &[u8], count: usize, summands: u64) -> Result<Zeroizing<Vec<i128>>, HeError> {
        if summands > self.summands {
            return Err(HeError::Shape { what: "there are more summands than the packing has room for" });
        }
        if plaintexts.len() != self.plaintexts(count) * self.plaintext_bytes() {
            return Err(HeError::Shape { what: "there are not as many plaintexts as the numbers need" });
        }
        let most = i128::from(summands) * ((1 << self.value_bits) - 1);
        let mut out = Zeroizing::new(vec![0; count]);
        let mut limbs = Zeroizing::new(vec![0; self.limbs]);
        let mut bad = None;
        for (k, plaintext) in plaintexts.chunks_exact(self.plaintext_bytes()).enumerate() {
            engine::read_be(plaintext, &mut limbs);
            let first = k * self.slots;
            let last = count.min(first + self.slots);
            let mut carry = 0;
            for (i, x) in out[first..last].iter_mut().enumerate() {
                (*x, carry) = digit(&limbs, i * self.slot_bits, self.slot_bits, carry);
                bad = bad.or((x.unsigned_abs() > most as u128).then_some(first + i));
            }
            // Above the last slot there is its sign and nothing else.
            let above = (last - first) * self.slot_bits;
            let sign = 0u64.wrapping_sub(carry as u64);
            let rest = (above..self.limbs * 64).step_by(64).fold(0, |any, at| any | window(&limbs, at) as u64 ^ sign);
            bad = bad.or((rest != 0).then_some(last - 1));
        }
        // secret: whether all sums are in range, after all were looked at.
        match bad {
            Some(index) => Err(HeError::Overflow { index }),
            None => Ok(out),
        }
    }

    /// The same for numbers of [`Packing::pack_fixed`], each to the nearest float.
    pub fn unpack_fixed(
        &self,
        plaintexts: &[u8],
        count: usize,
        summands: u64,
        fraction_bits: u32,
    ) -> Result<Zeroizing<Vec<f64>>, HeError> {
        let integers = self.unpack(plaintexts, count, summands)?;
        // A conversion from i128 rounds to the nearest, and a power of two changes no digit: fraction_bits are too few for a
        // subnormal number.
        if fraction_bits > 1000 {
            return Err(HeError::Shape { what: "more than 1000 bits of fraction" });
        }
        let unit = f64::from_bits(u64::from(1023 - fraction_bits) << 52);
        Ok(Zeroizing::new(integers.iter().map(|x| *x as f64 * unit).collect()))
    }
}

/// out = x * 2^offset, two's complement; the offset is public.
fn shift(x: i64, offset: usize, out: &mut [u64]) {
    let x = i128::from(x);
    for (limb, at) in out.iter_mut().zip((0i64..).step_by(64)) {
        *limb = match at - offset as i64 {
            ..=-64 => 0,
            below @ ..0 => (x << -below) as u64,
            above => (x >> above.min(127)) as u64,
        };
    }
}

/// The signed digit of `bits` bits at `offset`, and what it takes from the digit above.
fn digit(number: &[u64], offset: usize, bits: usize, carry: i128) -> (i128, i128) {
    // Nothing here overflows; a check that it does not would be a branch.
    let value = ((window(number, offset) & ((1 << bits) - 1)) as i128).wrapping_add(carry);
    let borrow = value >> (bits - 1) & 1 | value >> bits & 1;
    (value.wrapping_sub(borrow << bits), borrow)
}

/// 128 bits of a two's complement number from `offset` on, its sign above its end.
fn window(number: &[u64], offset: usize) -> u128 {
    let sign = 0u64.wrapping_sub(number.last().map_or(0, |limb| limb >> 63));
    let limb = |i: usize| u128::from(number.get(offset / 64 + i).copied().unwrap_or(sign));
    let low = limb(1) << 64 | limb(0);
    match offset % 64 {
        0 => low,
        bits => low >> bits | limb(2) << (128 - bits),
    }
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;
    use proptest::prelude::*;

    use super::*;

    fn big(plaintext: &[u8]) -> BigInt {
        BigInt::from_signed_bytes_be(plaintext)
    }

    /// What adding ciphertexts does to plaintexts: `times` of each.
    fn times(packing: &Packing, plaintexts: &[u8], factor: &BigInt) -> Vec<u8> {
        let width = packing.plaintext_bytes();
        let product = |p: &[u8]| {
            let bytes = (big(p) * factor).to_signed_bytes_be();
            let sign = if bytes[0] >> 7 == 1 { 255 } else { 0 };
            [vec![sign; width - bytes.len()], bytes].concat()
        };
        plaintexts.chunks_exact(width).flat_map(product).collect()
    }

    #[test]
    fn sums_at_the_bounds_come_back_and_more_are_refused() {
        for (value_bits, summands) in [(1, 1), (20, 1), (24, 1000), (63, 1 << 32), (40, 4096), (62, 3)] {
            let packing = Packing::new(2048, value_bits, summands).unwrap();
            let most = ((1u64 << value_bits) - 1) as i64;
            for pattern in [[most, most], [-most, -most], [most, -most], [-most, most], [0, -most], [-1, 0]] {
                let numbers: Vec<i64> = pattern.into_iter().cycle().take(2 * packing.slots() + 1).collect();
                let plaintexts = packing.pack(&numbers).unwrap();
                let sum = times(&packing, &plaintexts, &summands.into());
                let found = packing.unpack(&sum, numbers.len(), summands).unwrap();
                assert!(found.iter().zip(&numbers).all(|(f, x)| *f == i128::from(*x) * i128::from(summands)));
                // One more: refused by its count, and found by its size if the count lies.
                let more = times(&packing, &plaintexts, &(summands + 1).into());
                assert!(packing.unpack(&more, numbers.len(), summands + 1).is_err());
                let first = pattern.iter().position(|x| x.abs() == most);
                match (first, packing.unpack(&more, numbers.len(), summands)) {
                    (Some(first), Err(HeError::Overflow { index })) => assert_eq!(index, first),
                    (None, Ok(_)) => assert!(pattern == [-1, 0]),
                    _ => panic!("{pattern:?} of {value_bits} bits, {summands} times"),
                }
            }
        }
    }

    #[test]
    fn plaintexts_fit_a_third_of_the_modulus() {
        for modulus_bits in [512, 2047, 2048, 3072] {
            let packing = Packing::new(modulus_bits, 9, 100).unwrap();
            let plaintexts = packing.pack(&vec![-511; packing.slots()]).unwrap();
            let sum = big(&times(&packing, &plaintexts, &100.into()));
            assert!(sum.magnitude().bits() as usize <= modulus_bits - 2);
        }
    }

    #[test]
    fn errors_name_the_element() {
        let packing = Packing::new(2048, 8, 4).unwrap();
        assert_eq!((packing.slot_bits(), packing.slots(), packing.plaintext_bytes()), (12, 170, 256));
        assert!(matches!(packing.pack(&[255, -255, 256]), Err(HeError::EncodingRange { index: 2 })));
        assert!(matches!(packing.pack(&[i64::MIN, 0]), Err(HeError::EncodingRange { index: 0 })));
        assert!(matches!(packing.pack_fixed(&[1.0, 16.0], 4), Err(HeError::EncodingRange { index: 1 })));
        assert!(matches!(packing.pack_fixed(&[1.0, f64::NAN], 4), Err(HeError::NotFinite { index: 1 })));
        let plaintexts = packing.pack(&[1; 171]).unwrap();
        assert!(packing.unpack(&plaintexts, 172, 5).is_err() && packing.unpack(&plaintexts, 170, 4).is_err());
        let mut strange = plaintexts.to_vec();
        strange[256] = 1;
        assert!(matches!(packing.unpack(&strange, 171, 4), Err(HeError::Overflow { index: 170 })));
        assert!(packing.unpack(&packing.pack(&[]).unwrap(), 0, 1).unwrap().is_empty());
        for (modulus_bits, value_bits, summands) in
            [(2048, 0, 1), (2048, 64, 1), (2048, 8, 0), (2048, 8, 1 << 33), (60, 60, 1)]
        {
            assert!(Packing::new(modulus_bits, value_bits, summands).is_err());
        }
    }

    #[test]
    fn fixed_point() {
        let packing = Packing::new(3072, 30, 10).unwrap();
        let numbers = [0.5, -0.25, 1000.0, -1023.999, 0.0, -0.0, 1e-9];
        let plaintexts = packing.pack_fixed(&numbers, 20).unwrap();
        let found = packing.unpack_fixed(&times(&packing, &plaintexts, &10.into()), 7, 10, 20).unwrap();
        for (x, found) in numbers.iter().zip(found.iter()) {
            assert!((found - 10.0 * x).abs() <= 10.0 * 2f64.powi(-21), "{x} {found}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn what_is_packed_comes_back(value_bits in 1u32..=63, summands in 1u64..=1 << 32, raw in prop::collection::vec(any::<i64>(), 0..50)) {
            let packing = Packing::new(700, value_bits, summands).unwrap();
            let numbers: Vec<i64> = raw.iter().map(|x| x % (1i128 << value_bits) as i64).collect();
            let plaintexts = packing.pack(&numbers).unwrap();
            let expected: Vec<i128> = numbers.iter().map(|x| i128::from(*x)).collect();
            prop_assert_eq!(&*packing.unpack(&plaintexts, numbers.len(), 1).unwrap(), &expected);
        }

        /// Bytes from anywhere unpack or do not; those that do, and are small, are what packing gives.
        #[test]
        fn arbitrary_bytes(value_bits in 1u32..=63, summands in 1u64..=1 << 32, bytes in prop::collection::vec(any::<u8>(), 88), ends: bool) {
            let packing = Packing::new(700, value_bits, summands).unwrap();
            let mut bytes = bytes;
            // Random high bits are never right.
            bytes[..12].fill(if ends { 255 } else { 0 });
            if let Ok(numbers) = packing.unpack(&bytes, packing.slots(), 1) {
                let numbers: Vec<i64> = numbers.iter().map(|x| *x as i64).collect();
                let packed = packing.pack(&numbers).unwrap();
                prop_assert_eq!(&*packed, &bytes);
            }
        }
    }
}
