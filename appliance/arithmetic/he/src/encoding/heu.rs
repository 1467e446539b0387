//! Numbers as HEU 0.5's encoders have them: integers times a scale. Decoding is [`super::ratio`]'s: integers towards zero, floats to the
//! nearest.

use zeroize::Zeroizing;

use super::scale::{Rounding, decomposed, scaled};
use crate::HeError;
use limbs::negate_if;

/// Limbs of the largest float, and a sign.
const LIMBS: usize = 17;
/// Bytes of an encoded float: two's complement, big-endian.
pub const FLOAT_BYTES: usize = LIMBS * 8;

/// `FloatEncoder`: the float nearest to each number times the scale, cut towards zero. One that is not finite is an error.
pub fn encode_floats(numbers: &[f64], scale: f64) -> Result<Zeroizing<Vec<u8>>, HeError> {
    let mut out = Zeroizing::new(vec![0; numbers.len() * FLOAT_BYTES]);
    for (index, (number, out)) in numbers.iter().zip(out.chunks_exact_mut(FLOAT_BYTES)).enumerate() {
        let product = decomposed(number * scale).ok_or(HeError::NotFinite { index })?;
        let magnitude = scaled(&[product.mantissa], product.exponent, Rounding::TowardsZero, LIMBS);
        let mut magnitude = magnitude.ok_or(HeError::EncodingRange { index })?;
        negate_if(&mut magnitude, product.negative);
        engine::write_be(&magnitude, out);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;

    use super::*;

    #[test]
    fn products_are_cut_towards_zero() {
        let numbers = [0.29, -0.29, 1.999_999_999, 0.0, -1e-9, f64::MAX, 1e300];
        let found = encode_floats(&numbers, 100.0);
        assert!(matches!(found, Err(HeError::NotFinite { index: 5 })));
        let found = encode_floats(&[0.29, -0.29, 1.999_999_999, 0.0, -1e-9, 1e300], 100.0).unwrap();
        let integers: Vec<BigInt> = found.chunks_exact(FLOAT_BYTES).map(BigInt::from_signed_bytes_be).collect();
        // 0.29 * 100 is the float below 29.
        assert_eq!(integers[..5], [28, -28, 199, 0, 0].map(BigInt::from));
        assert_eq!(integers[5].to_string().len(), 303);
        let largest = encode_floats(&[-f64::MAX], 1.0).unwrap();
        assert_eq!(BigInt::from_signed_bytes_be(&largest), -(BigInt::from((1u64 << 53) - 1) << 971u32));
    }
}
