//! Floating-point numbers as integers times powers of two, and back. Integers are secret; shifts are public, but
//! for those of [`to_f64`], which tell how long its integer is.

use zeroize::Zeroizing;

use limbs::add;

/// Bits of a base-16 digit.
pub(crate) const DIGIT_BITS: i64 = 4;
/// Bits of an f64's significand.
const MANTISSA_BITS: i64 = 53;

/// What happens to the bits that a shift to the right drops.
#[derive(Clone, Copy, Debug)]
pub enum Rounding {
    HalfToEven,
    HalfAway,
    TowardsZero,
    AwayFromZero,
}

/// A finite number: its sign, 1 for negative, and mantissa * 2^exponent.
pub(crate) struct DecomposedFloat {
    pub(crate) negative: u64,
    pub(crate) mantissa: u64,
    pub(crate) exponent: i64,
}

/// None for infinities and NaN.
pub(crate) fn decomposed(x: f64) -> Option<DecomposedFloat> {
    let bits = x.to_bits();
    let (negative, field, fraction) = (bits >> 63, bits >> 52 & 0x7ff, bits & ((1 << 52) - 1));
    // The field alone says whether it is finite: it is a float's order of magnitude.
    (field != 0x7ff).then_some(match field {
        0 => DecomposedFloat { negative, mantissa: fraction, exponent: -1074 },
        _ => DecomposedFloat { negative, mantissa: fraction | 1 << 52, exponent: field as i64 - 1075 },
    })
}

/// The largest exponent of 16 that still shows the last of the number's 53 bits, as python-phe and FATE choose it:
/// floor((b - 53) / 4), with b of frexp, which is 0 for 0.
pub(crate) fn digit_exponent(number: &DecomposedFloat) -> i32 {
    let length = length_of(number.mantissa);
    // secret: whether a float is 0, and how many bits it has: the exponent that it gets says so.
    let binary = if number.mantissa == 0 { 0 } else { length + number.exponent };
    // Between -282 and 242.
    // secret: the same.
    (binary - MANTISSA_BITS).div_euclid(DIGIT_BITS) as i32
}

/// number * 2^shift, rounded, in as many limbs as `width`; None if it needs more.
pub(crate) fn scaled(number: &[u64], shift: i64, rounding: Rounding, width: usize) -> Option<Zeroizing<Vec<u64>>> {
    let mut out = Zeroizing::new(vec![0; width]);
    let mut over = 0;
    // Bit `shift` of the result is bit 0 of the number.
    for (j, limb) in number.iter().enumerate() {
        let at = (j as i64 * 64).checked_add(shift)?;
        let (first, bits) = (at.div_euclid(64), at.rem_euclid(64));
        let wide = u128::from(*limb) << bits;
        for (k, part) in [(first, wide as u64), (first + 1, (wide >> 64) as u64)] {
            match usize::try_from(k).map(|k| out.get_mut(k)) {
                Ok(Some(out)) => *out |= part,
                Ok(None) => over |= part,
                Err(_) => {}
            }
        }
    }
    // secret: where the shift is, as `to_f64`'s; elsewhere it is public.
    let bit = |i: i64| match usize::try_from(i.div_euclid(64)).map(|k| number.get(k)) {
        // secret: the same.
        Ok(Some(limb)) => limb >> i.rem_euclid(64) & 1,
        _ => 0,
    };
    // The highest bit dropped, and whether there are others below it.
    // secret: the same.
    let (half, below) = if shift < 0 { (bit(-shift - 1), any_below(number, -shift - 1)) } else { (0, 0) };
    let up = match rounding {
        Rounding::HalfToEven => half & (below | out.first().map_or(0, |limb| limb & 1)),
        Rounding::HalfAway => half,
        Rounding::TowardsZero => 0,
        Rounding::AwayFromZero => half | below,
    };
    over |= add(&mut out, &[up]);
    // secret: whether the number fits: true in every call that goes on.
    (over == 0).then_some(out)
}

/// The f64 nearest to magnitude * 2^shift, or the next one towards zero; None if it is too large. Python's division of
/// integers rounds like the former, GMP's mpz_get_d like the latter.
pub(crate) fn to_f64(magnitude: &[u64], shift: i64, rounding: Rounding) -> Option<f64> {
    let length = bit_length(magnitude);
    // secret: how long the integer is: see the module's text.
    if length == 0 {
        return Some(0.0);
    }
    // secret: the same.
    let top = length.checked_add(shift)?;
    if top > 1024 {
        return None;
    }
    // A subnormal number has fewer bits: its last one always counts 2^-1074.
    let bits = MANTISSA_BITS.min(top + 1074);
    // secret: the same.
    if bits < 0 {
        return Some(0.0);
    }
    // secret, with what it calls: the same.
    let significand = scaled(magnitude, bits - length, rounding, 1)?[0];
    // secret: the same.
    let exponent = top - bits;
    // 2^exponent, which is never below 2^-1074.
    // secret: the same.
    let field = if exponent < -1022 { 1 << (exponent + 1074) } else { ((exponent + 1023) as u64) << 52 };
    let value = significand as f64 * f64::from_bits(field);
    value.is_finite().then_some(value)
}

/// The number, or if `negative` is 1 its opposite.
pub(crate) fn signed(negative: u64, magnitude: f64) -> f64 {
    f64::from_bits(magnitude.to_bits() | negative << 63)
}

/// Bits up to the highest that is set.
pub(crate) fn bit_length(number: &[u64]) -> i64 {
    let mut length = 0;
    for (j, limb) in number.iter().enumerate() {
        // Nothing overflows; a check that it does not would be a branch.
        let own = (j as i64 * 64).wrapping_add(length_of(*limb));
        let mask = ((*limb | limb.wrapping_neg()).cast_signed()) >> 63;
        length = (own & mask) | (length & !mask);
    }
    length
}

/// The same of one limb. A count of leading zeros is a branch on processors that do not have one.
fn length_of(limb: u64) -> i64 {
    // Ones from the highest that is set down.
    let ones = (0..6).fold(limb, |ones, i| ones | ones >> (1u32 << i));
    i64::from(ones.count_ones())
}

/// 1 if any of the bits below `end` is set.
fn any_below(number: &[u64], end: i64) -> u64 {
    let any = number.iter().enumerate().fold(0, |any, (j, limb)| {
        let own = (end - j as i64 * 64).clamp(0, 64);
        any | if own == 64 { *limb } else { limb & ((1 << own) - 1) }
    });
    (any | any.wrapping_neg()) >> 63
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::*;

    fn big(limbs: &[u64]) -> BigUint {
        limbs.iter().rev().fold(BigUint::ZERO, |n, limb| (n << 64u32) + limb)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]

        #[test]
        fn floats_come_back(bits: u64) {
            let x = f64::from_bits(bits);
            match decomposed(x) {
                None => prop_assert!(!x.is_finite()),
                Some(number) => {
                    for rounding in [Rounding::HalfToEven, Rounding::TowardsZero] {
                        let y = to_f64(&[number.mantissa], number.exponent, rounding).unwrap();
                        prop_assert_eq!(y, x.abs());
                    }
                }
            }
        }

        /// Against num-bigint's own exact conversion of integers.
        #[test]
        fn integers_round_as_they_should(limbs in prop::collection::vec(any::<u64>(), 1..4), shift in 0i64..100) {
            let x = big(&limbs) << shift as usize;
            let expected: f64 = x.to_string().parse().unwrap();
            prop_assert_eq!(to_f64(&limbs, shift, Rounding::HalfToEven), Some(expected));
            let below = to_f64(&limbs, shift, Rounding::TowardsZero).unwrap();
            prop_assert!(below <= expected);
        }

        #[test]
        fn shifts_round_as_they_should(limbs in prop::collection::vec(any::<u64>(), 1..4), shift in -260i64..=130) {
            let x = big(&limbs);
            let width = 6;
            let found = |rounding| scaled(&limbs, shift, rounding, width).map(|limbs| big(&limbs)).unwrap();
            if shift >= 0 {
                prop_assert_eq!(found(Rounding::HalfToEven), &x << shift as usize);
                return Ok(());
            }
            let s = -shift as usize;
            let one = BigUint::from(1u8);
            let floor = &x >> s;
            let exact = &floor << s == x;
            let half = &one << (s - 1);
            let rest = &x - (&floor << s);
            let up = if exact { floor.clone() } else { &floor + 1u8 };
            prop_assert_eq!(found(Rounding::TowardsZero), floor.clone());
            prop_assert_eq!(found(Rounding::AwayFromZero), up.clone());
            prop_assert_eq!(found(Rounding::HalfAway), if rest >= half { up.clone() } else { floor.clone() });
            let even = match rest.cmp(&half) {
                std::cmp::Ordering::Less => floor,
                std::cmp::Ordering::Greater => up,
                std::cmp::Ordering::Equal if floor.bit(0) => up,
                std::cmp::Ordering::Equal => floor,
            };
            prop_assert_eq!(found(Rounding::HalfToEven), even);
        }
    }

    #[test]
    fn edges() {
        let nearest = |limbs: &[u64], shift| to_f64(limbs, shift, Rounding::HalfToEven);
        assert_eq!(nearest(&[1], -1074), Some(f64::from_bits(1)));
        assert_eq!(nearest(&[1], -1075), Some(0.0));
        assert_eq!(nearest(&[3], -1076), Some(f64::from_bits(1)));
        assert_eq!(nearest(&[1], -1076), Some(0.0));
        assert_eq!(nearest(&[1], i64::MIN), Some(0.0));
        assert_eq!(nearest(&[1], 1023), Some(2f64.powi(1023)));
        assert_eq!(nearest(&[1], 1024), None);
        assert_eq!(nearest(&[u64::MAX], 960), None);
        assert_eq!(to_f64(&[u64::MAX], 960, Rounding::TowardsZero), Some(f64::MAX));
        assert_eq!(nearest(&[1], i64::MAX), None);
        assert!(scaled(&[1], 128, Rounding::TowardsZero, 2).is_none());
        assert!(scaled(&[u64::MAX, u64::MAX, 1], -1, Rounding::HalfAway, 2).is_none());
        assert!(scaled(&[1, 0, 0], i64::MAX - 60, Rounding::TowardsZero, 2).is_none());
        let exponent = |x: f64| digit_exponent(&decomposed(x).unwrap());
        assert_eq!([exponent(0.0), exponent(1.0), exponent(0.1), exponent(f64::MIN_POSITIVE)], [-14, -13, -14, -269]);
        assert_eq!([exponent(f64::MAX), exponent(f64::from_bits(1))], [242, -282]);
    }
}
