//! Quotients of integers, rounded once: what fractions, scales that are no powers of two, and floats are made of.
//!
//! Numerators are secret, and denominators public; two's complement big-endian integers of a width. Quotients that are floats tell how
//! long their numerators are, as in all decoding to floats.

use crypto_bigint::{BoxedUint, NonZero};
use zeroize::Zeroizing;

pub use super::scale::Rounding;
use super::scale::{bit_length, signed, to_f64};
use crate::HeError;
use crate::plaintext::Plaintexts;
use limbs::{add, less, negate_if};

/// Bits of a quotient that is to become a float, at least: its mantissa's, and enough below.
const QUOTIENT_BITS: i64 = 66;

/// Each numerator over the one denominator, big-endian and positive, as wide as the numerators.
pub fn integers(
    numerators: &[u8],
    width: usize,
    denominator: &[u8],
    rounding: Rounding,
) -> Result<Zeroizing<Vec<u8>>, HeError> {
    let (numerators, denominator) = (read(numerators, width)?, positive(denominator)?);
    let mut out = Zeroizing::new(vec![0; numerators.count() * width]);
    for (index, out) in out.chunks_exact_mut(width).enumerate() {
        let magnitude = numerators.magnitudes.item(index);
        let (quotient, rest) = divided(magnitude, 0, &denominator);
        let mut rounded = Zeroizing::new(quotient.as_words()[..magnitude.len()].to_vec());
        let up = up(&rest, &denominator, rounded[0] & 1, rounding);
        add(&mut rounded, &[up]);
        negate_if(&mut rounded, numerators.sign(index));
        engine::write_be(&rounded, out);
    }
    Ok(out)
}

/// The floats nearest to the same quotients, halves to even, as Python divides integers. One that is too large is an error.
pub fn floats(numerators: &[u8], width: usize, denominator: &[u8]) -> Result<Zeroizing<Vec<f64>>, HeError> {
    let (numerators, denominator) = (read(numerators, width)?, positive(denominator)?);
    let divisor_bits = i64::from(denominator.bit_width());
    let mut out = Zeroizing::new(Vec::with_capacity(numerators.count()));
    for index in 0..numerators.count() {
        let magnitude = numerators.magnitudes.item(index);
        // secret: how long the integer is: see the module's text.
        let shift = (QUOTIENT_BITS + divisor_bits - bit_length(magnitude)).max(0);
        let (quotient, rest) = divided(magnitude, shift as u32, &denominator);
        // One bit more says whether there is anything below.
        let sticky = rest.as_words().iter().fold(0, |any, limb| any | limb);
        let mut doubled = Zeroizing::new(quotient.as_words().to_vec());
        doubled.push(0);
        let once = doubled.clone();
        add(&mut doubled, &once);
        doubled[0] |= (sticky | sticky.wrapping_neg()) >> 63;
        // secret, with what it calls: the same.
        let value = to_f64(&doubled, -shift - 1, Rounding::HalfToEven).ok_or(HeError::DecodingRange { index })?;
        out.push(signed(numerators.sign(index), value));
    }
    Ok(out)
}

pub(crate) fn read(bytes: &[u8], width: usize) -> Result<Plaintexts, HeError> {
    Plaintexts::any(bytes, width, width)
}

fn positive(denominator: &[u8]) -> Result<NonZero<BoxedUint>, HeError> {
    let number = BoxedUint::from_be_slice_vartime(denominator);
    Option::from(NonZero::new(number)).ok_or(HeError::Shape { what: "a denominator is 0" })
}

/// Magnitude * 2^shift over the denominator, and the rest.
fn divided(
    magnitude: &[u64],
    shift: u32,
    denominator: &NonZero<BoxedUint>,
) -> (Zeroizing<BoxedUint>, Zeroizing<BoxedUint>) {
    let bits = (64 * magnitude.len() as u32 + shift).max(denominator.bits_precision());
    let number = Zeroizing::new(BoxedUint::from_words_with_precision(magnitude.iter().copied(), bits));
    let shifted = Zeroizing::new(number.shl(shift));
    let (quotient, rest) = shifted.div_rem(denominator);
    (Zeroizing::new(quotient), Zeroizing::new(rest))
}

/// 1 if the magnitude is rounded up.
fn up(rest: &BoxedUint, denominator: &BoxedUint, odd: u64, rounding: Rounding) -> u64 {
    // Twice the rest beside the denominator, both one limb wider.
    let widened = |x: &BoxedUint| Zeroizing::new([x.as_words(), &[0]].concat());
    let (mut twice, once) = (widened(rest), widened(rest));
    add(&mut twice, &once);
    let mut whole = widened(denominator);
    let limbs = twice.len().max(whole.len());
    whole.resize(limbs, 0);
    twice.resize(limbs, 0);
    let above = less(&whole, &twice);
    let not_below = 1 ^ less(&twice, &whole);
    let any = rest.as_words().iter().fold(0, |any, limb| any | limb);
    match rounding {
        Rounding::HalfToEven => above | (not_below & odd),
        Rounding::HalfAway => not_below,
        Rounding::TowardsZero => 0,
        Rounding::AwayFromZero => (any | any.wrapping_neg()) >> 63,
    }
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;
    use proptest::prelude::*;

    use super::*;

    const WIDTH: usize = 40;

    fn bytes(number: &BigInt) -> Vec<u8> {
        let bytes = number.to_signed_bytes_be();
        let fill = if number < &BigInt::ZERO { 255 } else { 0 };
        [vec![fill; WIDTH - bytes.len()], bytes].concat()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]

        #[test]
        fn quotients_round_as_they_should(
            limbs in prop::collection::vec(any::<u32>(), 1..8),
            divisor in prop_oneof![1u128..20, any::<u128>()],
            negative: bool,
            half: bool,
        ) {
            let divisor = BigInt::from(divisor.max(1));
            let mut number = limbs.iter().fold(BigInt::ZERO, |n, limb| (n << 32u32) + *limb);
            if half {
                // Halfway between two quotients, or as near as the divisor lets it be.
                number = number / &divisor * &divisor + &divisor / 2;
            }
            let (floor, rest) = (&number / &divisor, &number % &divisor);
            let sign = if negative { -1 } else { 1 };
            let nearest = |tie_up: bool| match (&rest * 2u8).cmp(&divisor) {
                std::cmp::Ordering::Less => floor.clone(),
                std::cmp::Ordering::Greater => &floor + 1u8,
                std::cmp::Ordering::Equal if tie_up => &floor + 1u8,
                std::cmp::Ordering::Equal => floor.clone(),
            };
            for (rounding, expected) in [
                (Rounding::HalfToEven, nearest(floor.bit(0))),
                (Rounding::HalfAway, nearest(true)),
                (Rounding::TowardsZero, floor.clone()),
                (Rounding::AwayFromZero, if rest == BigInt::ZERO { floor.clone() } else { &floor + 1u8 }),
            ] {
                let found = integers(&bytes(&(&number * sign)), WIDTH, &divisor.to_bytes_be().1, rounding).unwrap();
                prop_assert_eq!(BigInt::from_signed_bytes_be(&found), expected * sign);
            }
        }

        /// Against the decimal digits of the quotient, which Rust reads to the nearest float.
        #[test]
        fn floats_are_the_nearest(mantissa: i64, shift in 0usize..150, ten in 0u32..40) {
            let number = BigInt::from(mantissa) << shift;
            let found = floats(&bytes(&number), WIDTH, &BigInt::from(10u8).pow(ten).to_bytes_be().1).unwrap()[0];
            prop_assert_eq!(found, format!("{number}e-{ten}").parse::<f64>().unwrap());
        }
    }

    #[test]
    fn edges() {
        let quotient = |n: i64, d: &BigInt| floats(&bytes(&n.into()), WIDTH, &d.to_bytes_be().1);
        let power = |bits: usize| BigInt::from(1) << bits;
        assert_eq!(quotient(1, &power(1074)).unwrap()[0], f64::from_bits(1));
        assert_eq!(quotient(1, &power(1075)).unwrap()[0], 0.0);
        assert_eq!(quotient(3, &power(1075)).unwrap()[0], f64::from_bits(2));
        assert_eq!(quotient(-3, &power(1076)).unwrap()[0], -f64::from_bits(1));
        assert_eq!(quotient(0, &3.into()).unwrap()[0], 0.0);
        assert!(quotient(1, &0.into()).is_err() && integers(&[1], 0, &[1], Rounding::HalfAway).is_err());
        let huge = bytes(&(power(310) - 1));
        assert_eq!(floats(&huge, WIDTH, &[1]).unwrap()[0], 2f64.powi(310));
        let wide = [&[0][..], &[255; 130]].concat();
        assert!(matches!(floats(&wide, 131, &[1]), Err(HeError::DecodingRange { index: 0 })));
    }
}
