//! Numbers as FATE 2.2's Paillier `Coder` has them (rust/fate_utils/crates/fixedpoint_paillier), to the bit.
//!
//! A number is significand * 16^exponent; a significand m, of magnitude at most n / 2, is the residue m or n - |m|, so that no
//! residue is left to show an overflow. FATE stores the negative significand of an f64 as a negative integer, not as a residue;
//! modulo n it is the same. A float gets the largest exponent that loses none of its 53 bits, an integer 0. What makes FATE panic
//! or wrap around is an error here.

use limbs::negate_if;
use zeroize::{Zeroize, Zeroizing};

use super::Encoded;
use super::residues::Range;
use super::scale::{DIGIT_BITS, Rounding, bit_length, decomposed, digit_exponent, scaled, signed, to_f64};
use crate::HeError;
use crate::plaintext::choose;

/// Encodes for one key.
pub struct Coder(Range);

/// How packed plaintexts are laid out: slots of `slot_bits`, `slots` a plaintext, the first number in the highest slot that is used
/// and the last in the lowest. FATE calls them offset_bit or shift_bit, and pack_num.
#[derive(Clone, Copy, Debug)]
pub struct Slots {
    pub slot_bits: usize,
    pub slots: usize,
}

impl Coder {
    /// `n` big-endian.
    pub fn new(n: &[u8]) -> Result<Coder, HeError> {
        Ok(Coder(Range::new(n, 2, 0)?))
    }

    /// `encode_f64_vec`: each finite.
    pub fn encode_f64(&self, numbers: &[f64]) -> Result<Encoded, HeError> {
        self.encode(numbers.len(), |index| {
            let number = decomposed(numbers[index]).ok_or(HeError::NotFinite { index })?;
            let exponent = digit_exponent(&number);
            let shift = number.exponent - DIGIT_BITS * i64::from(exponent);
            Ok((number.negative, number.mantissa, shift, exponent))
        })
    }

    /// `encode_f32_vec`.
    pub fn encode_f32(&self, numbers: &[f32]) -> Result<Encoded, HeError> {
        let wide = Zeroizing::new(numbers.iter().map(|x| f64::from(*x)).collect::<Vec<_>>());
        self.encode_f64(&wide)
    }

    /// `encode_i64_vec`.
    pub fn encode_i64(&self, numbers: &[i64]) -> Result<Encoded, HeError> {
        self.encode(numbers.len(), |index| {
            let number = numbers[index];
            Ok((number as u64 >> 63, number.unsigned_abs(), 0, 0))
        })
    }

    /// `encode_i32_vec`.
    pub fn encode_i32(&self, numbers: &[i32]) -> Result<Encoded, HeError> {
        let wide = Zeroizing::new(numbers.iter().map(|x| i64::from(*x)).collect::<Vec<_>>());
        self.encode_i64(&wide)
    }

    /// `decode_f64_vec`: to the nearest where the exponent is negative, towards zero where it is not.
    pub fn decode_f64(&self, encoded: &Encoded) -> Result<Zeroizing<Vec<f64>>, HeError> {
        self.0.each(encoded, |index| self.float(encoded, index))
    }

    /// `decode_f32_vec`: the f64 to the nearest f32. One that is too large is an error.
    pub fn decode_f32(&self, encoded: &Encoded) -> Result<Zeroizing<Vec<f32>>, HeError> {
        self.0.each(encoded, |index| {
            let narrow = self.float(encoded, index)? as f32;
            if narrow.is_finite() { Ok(narrow) } else { Err(HeError::DecodingRange { index }) }
        })
    }

    /// `decode_i64_vec`: fractions are cut down to the integer below.
    pub fn decode_i64(&self, encoded: &Encoded) -> Result<Zeroizing<Vec<i64>>, HeError> {
        self.0.each(encoded, |index| {
            let (negative, magnitude) = self.0.read(encoded, index)?;
            let shift = DIGIT_BITS * i64::from(encoded.exponents[index]);
            // Both ways of rounding, and then a choice: no branch on the sign.
            let rounded = |rounding| scaled(&magnitude, shift, rounding, self.0.limbs());
            let (below, above) = (rounded(Rounding::TowardsZero), rounded(Rounding::AwayFromZero));
            let out_of_range = HeError::DecodingRange { index };
            let (Some(mut value), Some(above)) = (below, above) else { return Err(out_of_range) };
            choose(&mut value, &above, negative);
            let over = value[1..].iter().fold(0, |any, limb| any | limb);
            // One more negative number fits than positive ones.
            let over = over | value[0].wrapping_sub(negative) >> 63;
            negate_if(&mut value, negative);
            // secret: whether a number fits 64 bits: an error that names it.
            if over == 0 { Ok(value[0].cast_signed()) } else { Err(out_of_range) }
        })
    }

    /// `decode_i32_vec`: the f64, cut towards zero.
    pub fn decode_i32(&self, encoded: &Encoded) -> Result<Zeroizing<Vec<i32>>, HeError> {
        self.0.each(encoded, |index| {
            let value = self.float(encoded, index)?.trunc();
            let fits = (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&value);
            if fits { Ok(value as i32) } else { Err(HeError::DecodingRange { index }) }
        })
    }

    /// `pack_floats`: each number times 2^precision, rounded half away from zero, in a slot. FATE lets a negative number, or one
    /// that is wider than its slot, run into the slot above; here it is an error. Exponents are 0.
    pub fn pack_floats(&self, numbers: &[f64], slots: Slots, precision: u32) -> Result<Encoded, HeError> {
        self.pack(numbers.len(), slots, |index, width| {
            let number = decomposed(numbers[index]).ok_or(HeError::NotFinite { index })?;
            let shift = number.exponent + i64::from(precision);
            let magnitude = scaled(&[number.mantissa], shift, Rounding::HalfAway, width);
            let zero_or_positive = |m: &Zeroizing<Vec<u64>>| number.negative == 0 || bit_length(m) == 0;
            magnitude.filter(zero_or_positive).ok_or(HeError::EncodingRange { index })
        })
    }

    /// `unpack_floats`: `total` numbers, each towards zero.
    pub fn unpack_floats(
        &self,
        encoded: &Encoded,
        slots: Slots,
        precision: u32,
        total: usize,
    ) -> Result<Zeroizing<Vec<f64>>, HeError> {
        self.unpack(encoded, slots, total, |slot, index| {
            to_f64(slot, -i64::from(precision), Rounding::TowardsZero).ok_or(HeError::DecodingRange { index })
        })
    }

    /// `pack_u64_vec`.
    pub fn pack_u64(&self, numbers: &[u64], slots: Slots) -> Result<Encoded, HeError> {
        self.pack(numbers.len(), slots, |index, width| {
            let mut limbs = Zeroizing::new(vec![0; width]);
            limbs[0] = numbers[index];
            Ok(limbs)
        })
    }

    /// `unpack_u64_vec`: `total` numbers.
    pub fn unpack_u64(&self, encoded: &Encoded, slots: Slots, total: usize) -> Result<Zeroizing<Vec<u64>>, HeError> {
        self.unpack(encoded, slots, total, |slot, index| match bit_length(slot) {
            // secret: whether a number fits 64 bits.
            ..=64 => Ok(slot[0]),
            _ => Err(HeError::DecodingRange { index }),
        })
    }

    /// Each of `count` numbers is given as sign, mantissa, the power of two that it counts once scaled, and the exponent of 16.
    fn encode(
        &self,
        count: usize,
        number: impl Fn(usize) -> Result<(u64, u64, i64, i32), HeError>,
    ) -> Result<Encoded, HeError> {
        let mut residues = Zeroizing::new(vec![0; self.0.bytes() * count]);
        let mut exponents = Vec::with_capacity(count);
        for (index, residue) in residues.chunks_exact_mut(self.0.bytes()).enumerate() {
            let (negative, mantissa, shift, exponent) = number(index)?;
            let scaled = scaled(&[mantissa], shift, Rounding::HalfAway, self.0.limbs());
            // secret: whether a number fits: true in every call that goes on, and otherwise an error that names it.
            let mut significand = scaled.filter(|m| self.0.holds(m)).ok_or(HeError::EncodingRange { index })?;
            self.0.write(negative, &mut significand, residue);
            exponents.push(exponent);
        }
        Ok(Encoded { residues, exponents })
    }

    fn float(&self, encoded: &Encoded, index: usize) -> Result<f64, HeError> {
        let (negative, magnitude) = self.0.read(encoded, index)?;
        let value = float(&magnitude, encoded.exponents[index]);
        // secret: whether a number fits a float.
        let value = value.ok_or(HeError::DecodingRange { index })?;
        Ok(signed(negative, value))
    }

    fn pack(
        &self,
        count: usize,
        slots: Slots,
        number: impl Fn(usize, usize) -> Result<Zeroizing<Vec<u64>>, HeError>,
    ) -> Result<Encoded, HeError> {
        let plaintexts = self.plaintexts(count, slots)?;
        let mut residues = Zeroizing::new(vec![0; self.0.bytes() * plaintexts]);
        for (k, residue) in residues.chunks_exact_mut(self.0.bytes()).enumerate() {
            let mut packed = Zeroizing::new(vec![0; self.0.limbs()]);
            for index in k * slots.slots..count.min((k + 1) * slots.slots) {
                let shifted = scaled(&packed, slots.slot_bits as i64, Rounding::TowardsZero, self.0.limbs());
                packed = shifted.ok_or(HeError::EncodingRange { index })?;
                let slot = number(index, self.0.limbs())?;
                // secret: whether a number fits its slot.
                if bit_length(&slot) > slots.slot_bits as i64 {
                    return Err(HeError::EncodingRange { index });
                }
                limbs::add(&mut packed, &slot);
            }
            engine::write_be(&packed, residue);
        }
        Ok(Encoded { residues, exponents: vec![0; plaintexts] })
    }

    fn unpack<T: Zeroize>(
        &self,
        encoded: &Encoded,
        slots: Slots,
        total: usize,
        number: impl Fn(&[u64], usize) -> Result<T, HeError>,
    ) -> Result<Zeroizing<Vec<T>>, HeError> {
        if self.0.count(encoded)? != self.plaintexts(total, slots)? {
            return Err(HeError::Shape { what: "there are not as many plaintexts as the numbers need" });
        }
        let limbs = self.0.limbs();
        let mut out = Zeroizing::new(Vec::with_capacity(total));
        for k in 0..encoded.exponents.len() {
            let packed = self.0.residue(encoded, k)?;
            let first = k * slots.slots;
            let used = slots.slots.min(total - first);
            // What stands above the first number's slot came out of it.
            // secret: whether the slots hold what they may.
            if bit_length(&packed) > (used * slots.slot_bits) as i64 {
                return Err(HeError::Overflow { index: first });
            }
            for index in first..first + used {
                let below = ((first + used - 1 - index) * slots.slot_bits) as i64;
                let shifted = scaled(&packed, -below, Rounding::TowardsZero, limbs);
                let mut slot = shifted.ok_or(HeError::DecodingRange { index })?;
                keep_bits(&mut slot, slots.slot_bits);
                out.push(number(&slot, index)?);
            }
        }
        Ok(out)
    }

    /// How many plaintexts so many numbers need, if a plaintext holds its slots.
    fn plaintexts(&self, count: usize, slots: Slots) -> Result<usize, HeError> {
        let bits = slots.slot_bits.checked_mul(slots.slots).filter(|bits| (1..self.0.bits()).contains(bits));
        match bits {
            Some(_) => Ok(count.div_ceil(slots.slots)),
            None => Err(HeError::Shape { what: "the slots of a plaintext do not fit into n, or there are none" }),
        }
    }
}

/// magnitude * 16^exponent as a float: towards zero where the exponent is not negative, else to the nearest; None if it is too large.
pub(super) fn float(magnitude: &[u64], exponent: i32) -> Option<f64> {
    let shift = DIGIT_BITS * i64::from(exponent);
    if shift >= 0 {
        return to_f64(magnitude, shift, Rounding::TowardsZero);
    }
    // FATE multiplies in MPFR with 53 bits, then converts: a subnormal result is rounded twice.
    // secret: the same.
    let dropped = (bit_length(magnitude) - 53).max(0);
    // secret, with what it calls: how long a float's significand is: see the encodings' text.
    let mantissa = scaled(magnitude, -dropped, Rounding::HalfToEven, magnitude.len())?;
    to_f64(&mantissa, shift + dropped, Rounding::HalfToEven)
}

fn keep_bits(number: &mut [u64], bits: usize) {
    for (j, limb) in number.iter_mut().enumerate() {
        let own = bits.saturating_sub(j * 64).min(64);
        *limb &= if own == 64 { u64::MAX } else { (1 << own) - 1 };
    }
}
