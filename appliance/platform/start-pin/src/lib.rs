//! The PIN that a box may ask for at each start, so that a stolen one gives nothing to who has not been told it: digits, because all
//! keyboards have them in the same places. The TPM counts wrong ones; ten in a row, and only the recovery key opens the box.
#![forbid(unsafe_code)]

use ring::hmac;
use secrets::Secret;

pub const DIGITS_MIN: usize = 6;
pub const DIGITS_MAX: usize = 20;
/// Wrong ones in a row, after which the right one is wrong, too.
pub const TRIES: u32 = 10;
/// Bytes of what the TPM is given for it.
pub const AUTHORIZATION_BYTES: usize = 32;
/// What it is sealed for on its way into a box, beside the box's id.
pub const PURPOSE: &[u8] = b"coffer PIN to start v1";

pub struct StartPin(Secret);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    #[error("a PIN is digits alone")]
    NoDigit,
    #[error("a PIN has {DIGITS_MIN} to {DIGITS_MAX} digits; this has {found}")]
    Length { found: usize },
    #[error("a PIN of one digit alone is the first that anybody tries")]
    Same,
}

impl StartPin {
    /// As it was typed: spaces and dashes are left out.
    pub fn parse(typed: &str) -> Result<StartPin, PinError> {
        let digits = Secret::new(typed.bytes().filter(|b| !matches!(b, b' ' | b'-')).collect());
        if !digits.expose().iter().all(u8::is_ascii_digit) {
            return Err(PinError::NoDigit);
        }
        if !(DIGITS_MIN..=DIGITS_MAX).contains(&digits.len()) {
            return Err(PinError::Length { found: digits.len() });
        }
        let first = digits.expose()[0];
        if digits.expose().iter().all(|digit| *digit == first) {
            return Err(PinError::Same);
        }
        Ok(StartPin(digits))
    }

    /// What the TPM is given. Nothing is stretched: the TPM lets nobody try more than [`TRIES`].
    pub fn authorization(&self) -> Secret {
        Secret::copy_of(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, PURPOSE), self.0.expose()).as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_as_people_type_them_are_one_pin() {
        let plain = StartPin::parse("483920").unwrap().authorization();
        for typed in ["48 39 20", "483-920", " 483920 "] {
            assert!(StartPin::parse(typed).unwrap().authorization().equals(&plain), "{typed}");
        }
        assert!(!StartPin::parse("0483920").unwrap().authorization().equals(&plain));
        assert_eq!(plain.len(), AUTHORIZATION_BYTES);
    }

    #[test]
    fn what_is_no_pin_is_refused_by_its_reason() {
        let refused = |typed| StartPin::parse(typed).err().unwrap();
        assert_eq!(refused("48392"), PinError::Length { found: 5 });
        assert_eq!(refused("123456789012345678901"), PinError::Length { found: 21 });
        assert_eq!(refused(""), PinError::Length { found: 0 });
        assert_eq!(refused("48392o"), PinError::NoDigit);
        // Digits of another script.
        assert_eq!(refused("٤٨٣٩٢٠"), PinError::NoDigit);
        assert_eq!(refused("777777"), PinError::Same);
    }
}
