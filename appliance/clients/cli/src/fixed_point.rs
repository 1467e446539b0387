//! Decimal text to fixed-point integers of 64 bits, exactly: by way of a float 9007199254740993 would become its neighbour.

use num_bigint::{BigInt, Sign};

/// Significant digits that are looked at: more than a float of any kind is printed with.
const DIGITS_MAX: usize = 1100;
/// A power of ten beyond which no number fits, and below whose negative every number is rounded to 0.
const POWER_MAX: i64 = 1200;

/// Why a text is no number that can be encrypted.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NumberError {
    #[error("{0:?} is not a number")]
    Text(String),
    #[error("{0} is no finite number")]
    NotFinite(String),
    #[error("{0} is no whole number, and nothing is rounded here")]
    Fraction(String),
    #[error("{text} is too large for 64 bits with {scale} after the binary point")]
    TooLarge { text: String, scale: u32 },
}

/// The number times 2^scale, rounded to the nearest integer, halves away from zero. With a scale of 0 nothing is rounded: a fraction
/// is an error.
pub(crate) fn parse(text: &str, scale: u32) -> Result<i64, NumberError> {
    if let Some(whole) =
        text.parse::<i64>().ok().and_then(|x| x.checked_mul(1i64.checked_shl(scale).filter(|unit| *unit > 0)?))
    {
        return Ok(whole);
    }
    let decimal = Decimal::parse(text)?;
    let too_large = || NumberError::TooLarge { text: text.into(), scale };
    // The power of ten of the first digit that counts.
    let top = decimal.digits.len() as i64 + decimal.power;
    if decimal.digits.is_empty() {
        return Ok(0);
    }
    if top > POWER_MAX {
        return Err(too_large());
    }
    if decimal.digits.len() > DIGITS_MAX {
        return Err(NumberError::Text(format!("{}...", text.chars().take(40).collect::<String>())));
    }
    if top < -POWER_MAX {
        return if scale == 0 { Err(NumberError::Fraction(text.into())) } else { Ok(0) };
    }
    let digits = BigInt::parse_bytes(&decimal.digits, 10).ok_or_else(|| NumberError::Text(text.into()))?;
    let ten = |power: i64| BigInt::from(10).pow(power.unsigned_abs() as u32);
    let scaled = (digits << scale) * ten(decimal.power.max(0));
    let divisor = ten(decimal.power.min(0));
    let (quotient, rest) = (&scaled / &divisor, &scaled % &divisor);
    if scale == 0 && rest.sign() != Sign::NoSign {
        return Err(NumberError::Fraction(text.into()));
    }
    let magnitude = if rest * 2 >= divisor { quotient + 1 } else { quotient };
    let signed = if decimal.negative { -magnitude } else { magnitude };
    i64::try_from(signed).map_err(|_| too_large())
}

/// Digits without leading zeros, times a power of ten.
struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    power: i64,
}

impl Decimal {
    fn parse(text: &str) -> Result<Decimal, NumberError> {
        let bad = || NumberError::Text(text.into());
        let (negative, rest) = match text.as_bytes() {
            [b'-', ..] => (true, &text[1..]),
            [b'+', ..] => (false, &text[1..]),
            _ => (false, text),
        };
        if ["nan", "inf", "infinity"].contains(&rest.to_ascii_lowercase().as_str()) {
            return Err(NumberError::NotFinite(text.into()));
        }
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            None => (rest, 0),
            Some((mantissa, exponent)) => (mantissa, exponent_of(exponent).ok_or_else(bad)?),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !are_digits(whole) || !are_digits(fraction) {
            return Err(bad());
        }
        let mut digits = [whole, fraction].concat().into_bytes();
        let mut power = exponent.saturating_sub(fraction.len() as i64);
        while digits.last() == Some(&b'0') {
            digits.pop();
            power = power.saturating_add(1);
        }
        let leading = digits.iter().take_while(|digit| **digit == b'0').count();
        Ok(Decimal { negative, digits: digits.split_off(leading), power })
    }
}

/// A whole number with a sign; one of many digits is as good as the largest.
fn exponent_of(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let magnitude = digits.parse::<i64>().unwrap_or(i64::MAX / 4).min(i64::MAX / 4);
    Some(if text.starts_with('-') { -magnitude } else { magnitude })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_exact_to_the_last_bit() {
        for x in [0, 1, -1, 9007199254740993, -9007199254740993, i64::MAX, i64::MIN, i64::MAX - 1] {
            assert_eq!(parse(&x.to_string(), 0), Ok(x));
        }
        let same = [("1.0", 1), ("2.50e1", 25), ("1e3", 1000), ("+7", 7), ("-0", 0), (".0", 0), ("5.", 5)];
        for (text, x) in same {
            assert_eq!(parse(text, 0), Ok(x), "{text}");
        }
        assert_eq!(parse("0e999999999999999999999", 0), Ok(0));
        assert_eq!(parse("000000000000000000000000000012", 0), Ok(12));
    }

    #[test]
    fn fractions_are_an_error_where_nothing_is_rounded() {
        for text in ["1.5", "0.3", "1e-1", "-2.0000000001", "1e-999999999999", "9007199254740993.5"] {
            assert_eq!(parse(text, 0), Err(NumberError::Fraction(text.into())));
        }
    }

    #[test]
    fn fixed_point_is_rounded_to_the_nearest() {
        assert_eq!(parse("1.5", 2), Ok(6));
        assert_eq!(parse("0.1", 20), Ok(104858));
        assert_eq!(parse("-0.1", 20), Ok(-104858));
        assert_eq!([parse("0.125", 2), parse("-0.125", 2), parse("0.1249", 2)], [Ok(1), Ok(-1), Ok(0)]);
        assert_eq!(parse("8796093022207.9999995", 20), Ok(i64::MAX));
        assert_eq!(parse("-8796093022208", 20), Ok(i64::MIN));
        assert_eq!(parse("1e-5000", 20), Ok(0));
        assert_eq!(parse("0.5", 63), Ok(1 << 62));
    }

    #[test]
    fn what_does_not_fit_or_is_none_says_so() {
        for (text, scale) in [
            ("9223372036854775808", 0),
            ("-9223372036854775809", 0),
            ("1e300", 20),
            ("1e99999999999999999999", 0),
            ("1", 63),
        ] {
            assert_eq!(parse(text, scale), Err(NumberError::TooLarge { text: text.into(), scale }), "{text}");
        }
        for text in ["NaN", "nan", "-inf", "Infinity"] {
            assert_eq!(parse(text, 20), Err(NumberError::NotFinite(text.into())));
        }
        for text in
            ["", "-", ".", "e5", "1e", "1e+", "1e5.5", "1,5", "0x10", "1_000", "four", "--1", "1e5e5", "\u{661}", " 1"]
        {
            assert_eq!(parse(text, 0), Err(NumberError::Text(text.into())), "{text:?}");
        }
        assert!(matches!(parse(&"1".repeat(2000), 0), Err(NumberError::TooLarge { .. })));
        assert!(matches!(parse(&format!("0.{}", "1".repeat(2000)), 3), Err(NumberError::Text(_))));
    }
}
