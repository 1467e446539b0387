//! Numbers as python-phe's `EncodedNumber` (data61/python-paillier 1.5) has them, to the bit.
//!
//! A number is significand * 16^exponent; the significand m, of magnitude at most n // 3 - 1, is the residue m or n - |m|.
//! A float gets the largest exponent that loses none of its 53 bits, an integer 0. Where python-phe lets a number wrap
//! around n without a word (`decrease_exponent_to`), this is an error.

use zeroize::Zeroizing;

use super::Encoded;
use super::residues::Range;
use super::scale::{DIGIT_BITS, Rounding, decomposed, digit_exponent, scaled, signed, to_f64};
use crate::HeError;
use limbs::negate_if;

/// The widest integer that decoding gives, in bits: an exponent is a stranger's, and 16^exponent has to be stored.
const MAX_INTEGER_BITS: i64 = 1 << 16;

/// The exponent that an encoding gets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Precision {
    /// A positive number that must not become 0: the exponent is floor(log16 of it). None: all bits of a float, 0 for an
    /// integer.
    pub smallest: Option<f64>,
    /// The exponent is no larger than this.
    pub max_exponent: Option<i32>,
}

/// Encodes for one key.
pub struct Encoder(Range);

/// A decoded number: an integer where its exponent is not negative, as in Python.
#[derive(Debug, PartialEq)]
pub enum Number {
    /// Two's complement, big-endian.
    Integer(Zeroizing<Vec<u8>>),
    Float(f64),
}

impl Encoder {
    /// `n` big-endian.
    pub fn new(n: &[u8]) -> Result<Encoder, HeError> {
        Ok(Encoder(Range::new(n, 3, 1)?))
    }

    /// Each finite.
    pub fn encode_floats(&self, numbers: &[f64], precision: &Precision) -> Result<Encoded, HeError> {
        let number = |index: usize| {
            let number = decomposed(numbers[index]).ok_or(HeError::NotFinite { index })?;
            let natural = digit_exponent(&number);
            Ok((number.negative, Zeroizing::new(vec![number.mantissa]), number.exponent, natural))
        };
        self.encode(numbers.len(), precision, number)
    }

    /// Two's complement big-endian integers of `width` bytes each.
    pub fn encode_integers(&self, numbers: &[u8], width: usize, precision: &Precision) -> Result<Encoded, HeError> {
        if width == 0 || !numbers.len().is_multiple_of(width) {
            return Err(HeError::PlaintextWidth { bytes: width });
        }
        let number = |index: usize| {
            let bytes = &numbers[index * width..][..width];
            let negative = u64::from(bytes[0] >> 7);
            let mut limbs = Zeroizing::new(vec![0; width.div_ceil(8)]);
            // Not by `vec!`, which looks whether it is all zeros.
            limbs.fill(0u64.wrapping_sub(negative));
            for (i, byte) in bytes.iter().rev().enumerate() {
                let at = i % 8 * 8;
                limbs[i / 8] = limbs[i / 8] & !(0xff << at) | u64::from(*byte) << at;
            }
            negate_if(&mut limbs, negative);
            Ok((negative, limbs, 0, 0))
        };
        self.encode(numbers.len() / width, precision, number)
    }

    /// Each of `count` numbers is given as sign, magnitude, the power of two that the magnitude counts, and the exponent of 16 that
    /// it gets where none is asked for.
    #[allow(clippy::type_complexity, reason = "one caller each for two kinds of numbers")]
    fn encode(
        &self,
        count: usize,
        precision: &Precision,
        number: impl Fn(usize) -> Result<(u64, Zeroizing<Vec<u64>>, i64, i32), HeError>,
    ) -> Result<Encoded, HeError> {
        let asked = precision.smallest.map(exponent_of).transpose()?;
        let mut residues = Zeroizing::new(vec![0; self.0.bytes() * count]);
        let mut exponents = Vec::with_capacity(count);
        for (index, residue) in residues.chunks_exact_mut(self.0.bytes()).enumerate() {
            let (negative, magnitude, binary, natural) = number(index)?;
            let exponent = asked.unwrap_or(natural).min(precision.max_exponent.unwrap_or(i32::MAX));
            let shift = binary - DIGIT_BITS * i64::from(exponent);
            let scaled = scaled(&magnitude, shift, Rounding::HalfToEven, self.0.limbs());
            // secret: whether a number fits: true in every call that goes on, and otherwise an error that names it.
            let mut significand = scaled.filter(|m| self.0.holds(m)).ok_or(HeError::EncodingRange { index })?;
            self.0.write(negative, &mut significand, residue);
            exponents.push(exponent);
        }
        Ok(Encoded { residues, exponents })
    }

    /// As Python decodes them: integers exactly, floats to the nearest.
    pub fn decode(&self, encoded: &Encoded) -> Result<Vec<Number>, HeError> {
        (0..self.0.count(encoded)?)
            .map(|index| match encoded.exponents[index] {
                0.. => self.decode_integer(encoded, index),
                ..0 => Ok(Number::Float(self.decode_float(encoded, index)?)),
            })
            .collect()
    }

    /// All as floats, those with exponents that are not negative too.
    pub fn decode_floats(&self, encoded: &Encoded) -> Result<Zeroizing<Vec<f64>>, HeError> {
        self.0.each(encoded, |index| self.decode_float(encoded, index))
    }

    /// The same numbers with lower exponents. One that is lower already, or leaves the range, is an error.
    pub fn decrease_exponents_to(&self, encoded: &Encoded, exponent: i32) -> Result<Encoded, HeError> {
        let count = self.0.count(encoded)?;
        let mut residues = Zeroizing::new(vec![0; self.0.bytes() * count]);
        for (index, residue) in residues.chunks_exact_mut(self.0.bytes()).enumerate() {
            let digits = i64::from(encoded.exponents[index]) - i64::from(exponent);
            if digits < 0 {
                return Err(HeError::ElementRange { what: "exponent", index });
            }
            let (negative, magnitude) = self.0.read(encoded, index)?;
            let scaled = scaled(&magnitude, DIGIT_BITS * digits, Rounding::TowardsZero, self.0.limbs());
            // secret: whether a number fits: true in every call that goes on, and otherwise an error that names it.
            let mut significand = scaled.filter(|m| self.0.holds(m)).ok_or(HeError::EncodingRange { index })?;
            self.0.write(negative, &mut significand, residue);
        }
        Ok(Encoded { residues, exponents: vec![exponent; count] })
    }

    fn decode_float(&self, encoded: &Encoded, index: usize) -> Result<f64, HeError> {
        let (negative, magnitude) = self.0.read(encoded, index)?;
        let value = float(&magnitude, encoded.exponents[index]);
        // secret: whether a number fits a float.
        let value = value.ok_or(HeError::DecodingRange { index })?;
        Ok(signed(negative, value))
    }

    fn decode_integer(&self, encoded: &Encoded, index: usize) -> Result<Number, HeError> {
        let (negative, magnitude) = self.0.read(encoded, index)?;
        let shift = DIGIT_BITS * i64::from(encoded.exponents[index]);
        if shift > MAX_INTEGER_BITS {
            return Err(HeError::DecodingRange { index });
        }
        let width = self.0.limbs() + (shift as usize).div_ceil(64) + 1;
        let mut integer =
            scaled(&magnitude, shift, Rounding::TowardsZero, width).ok_or(HeError::DecodingRange { index })?;
        negate_if(&mut integer, negative);
        let mut bytes = Zeroizing::new(vec![0; width * 8]);
        engine::write_be(&integer, &mut bytes);
        Ok(Number::Integer(bytes))
    }
}

/// magnitude * 16^exponent to the nearest float, halves to even; None if it is too large.
pub(super) fn float(magnitude: &[u64], exponent: i32) -> Option<f64> {
    to_f64(magnitude, DIGIT_BITS * i64::from(exponent), Rounding::HalfToEven)
}

/// floor(log16(precision)), by the same two logarithms and division as Python's `math.log(precision, 16)`.
fn exponent_of(precision: f64) -> Result<i32, HeError> {
    if !(precision > 0.0 && precision.is_finite()) {
        return Err(HeError::Shape { what: "a precision is no positive number" });
    }
    // Between -269 and 256.
    Ok((precision.ln() / 16f64.ln()).floor() as i32)
}
