//! Floats as significands and exponents to the base 16, and back, for programs that keep them as signed integers: python-phe's and FATE's
//! coding. Encoding is exact, and the same for both.

use zeroize::Zeroizing;

use super::ratio::read;
use super::scale::{DIGIT_BITS, decomposed, digit_exponent, signed};
use super::{fate, phe};
use crate::HeError;

/// How a number that has more bits than a float is rounded.
#[derive(Clone, Copy, Debug)]
pub enum Like {
    Phe,
    Fate,
}

/// Significands and their exponents, with all of the mantissas. Each finite.
pub fn encode(numbers: &[f64]) -> Result<(Zeroizing<Vec<i64>>, Vec<i32>), HeError> {
    let mut significands = Zeroizing::new(Vec::with_capacity(numbers.len()));
    let mut exponents = Vec::with_capacity(numbers.len());
    for (index, number) in numbers.iter().enumerate() {
        let number = decomposed(*number).ok_or(HeError::NotFinite { index })?;
        let exponent = digit_exponent(&number);
        // secret: how many bits a float has, as its exponent shows: a subnormal mantissa moves up by more than a digit. 0 stays.
        let shift = (number.exponent - DIGIT_BITS * i64::from(exponent)).max(0);
        let magnitude = number.mantissa << shift;
        significands.push((magnitude ^ 0u64.wrapping_sub(number.negative)).wrapping_add(number.negative).cast_signed());
        exponents.push(exponent);
    }
    Ok((significands, exponents))
}

/// Two's complement big-endian significands of `width` bytes with their exponents, as floats. One that is too large is an error.
pub fn decode(
    significands: &[u8],
    width: usize,
    exponents: &[i32],
    like: Like,
) -> Result<Zeroizing<Vec<f64>>, HeError> {
    let significands = read(significands, width)?;
    if significands.count() != exponents.len() {
        return Err(HeError::Shape { what: "there are not as many significands as exponents" });
    }
    let mut out = Zeroizing::new(Vec::with_capacity(exponents.len()));
    for (index, exponent) in exponents.iter().enumerate() {
        let magnitude = significands.magnitudes.item(index);
        let value = match like {
            Like::Phe => phe::float(magnitude, *exponent),
            Like::Fate => fate::float(magnitude, *exponent),
        };
        // secret: whether a number fits a float.
        let value = value.ok_or(HeError::DecodingRange { index })?;
        out.push(signed(significands.sign(index), value));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(significands: &[i64]) -> Vec<u8> {
        significands.iter().flat_map(|s| s.to_be_bytes()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]

        #[test]
        fn floats_come_back(bits: u64) {
            let x = f64::from_bits(bits);
            let Ok((significands, exponents)) = encode(&[x]) else {
                prop_assert!(!x.is_finite());
                return Ok(());
            };
            prop_assert!(significands[0].unsigned_abs() >> 56 == 0);
            for like in [Like::Phe, Like::Fate] {
                prop_assert_eq!(decode(&bytes(&significands), 8, &exponents, like).unwrap()[0], x);
            }
        }
    }

    #[test]
    fn where_they_round_otherwise() {
        let wide = bytes(&[(1 << 54) + 3]);
        // Above 2^53: python-phe to the nearest, FATE towards zero.
        assert_eq!(decode(&wide, 8, &[0], Like::Phe).unwrap()[0], ((1u64 << 54) + 4) as f64);
        assert_eq!(decode(&wide, 8, &[0], Like::Fate).unwrap()[0], (1u64 << 54) as f64);
        assert_eq!(decode(&wide, 8, &[-1], Like::Fate).unwrap(), decode(&wide, 8, &[-1], Like::Phe).unwrap());
        assert!(matches!(decode(&wide, 8, &[300], Like::Phe), Err(HeError::DecodingRange { index: 0 })));
        assert!(decode(&wide, 8, &[], Like::Phe).is_err() && decode(&wide, 3, &[0], Like::Phe).is_err());
    }
}
