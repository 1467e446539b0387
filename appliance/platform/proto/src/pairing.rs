//! The pairing code that a box shows on its screen: 80 bits that pin the box's key, and a secret that admits the client, once.

use data_encoding::{Encoding, Specification};
use ring::digest::{SHA256, digest};

/// What a person types.
#[derive(Clone, PartialEq, Eq)]
pub struct PairingCode {
    /// The first 80 bits of SHA-256 over the SubjectPublicKeyInfo of the service's key.
    pub pin: [u8; 10],
    /// 48 random bits.
    pub secret: [u8; 6],
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PairingCodeError {
    #[error("a pairing code has 26 letters and digits; this one has {found}")]
    Length { found: usize },
    #[error("{found:?} is not a letter or digit of a pairing code")]
    Symbol { found: char },
}

/// The pin of a key, from its SubjectPublicKeyInfo in DER.
pub fn pin_of(subject_public_key_info: &[u8]) -> [u8; 10] {
    let hash = digest(&SHA256, subject_public_key_info);
    std::array::from_fn(|i| hash.as_ref()[i])
}

impl PairingCode {
    /// Crockford's base 32: "KQ3V-7W0M-12ZA-55TR-H8N4D-0XKPG".
    pub fn to_text(&self) -> String {
        let (pin, secret) = (encoding().encode(&self.pin), encoding().encode(&self.secret));
        let groups = [&pin[..4], &pin[4..8], &pin[8..12], &pin[12..], &secret[..5], &secret[5..]];
        groups.join("-")
    }

    /// Small letters, spaces and the look-alikes I, L and O are understood.
    pub fn parse(text: &str) -> Result<PairingCode, PairingCodeError> {
        let mut symbols = String::new();
        for c in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            symbols.push(match c.to_ascii_uppercase() {
                'I' | 'L' => '1',
                'O' => '0',
                c if ALPHABET.contains(c) => c,
                _ => return Err(PairingCodeError::Symbol { found: c }),
            });
        }
        if symbols.len() != 26 {
            return Err(PairingCodeError::Length { found: symbols.len() });
        }
        // The last symbol of the secret carries two bits of padding that must be zero.
        let last = symbols.chars().last().unwrap_or('0');
        let part = |range: std::ops::Range<usize>| encoding().decode(symbols[range].as_bytes()).ok();
        let (pin, secret) = (part(0..16), part(16..26));
        match (pin.and_then(|p| p.try_into().ok()), secret.and_then(|s| s.try_into().ok())) {
            (Some(pin), Some(secret)) => Ok(PairingCode { pin, secret }),
            _ => Err(PairingCodeError::Symbol { found: last }),
        }
    }
}

const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

fn encoding() -> Encoding {
    let mut specification = Specification::new();
    specification.symbols.push_str(ALPHABET);
    // The alphabet is fixed and has 32 distinct symbols; the fallback is for the type only.
    specification.encoding().unwrap_or(data_encoding::BASE32_NOPAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_it_was_written_and_as_people_write_it() {
        let code =
            PairingCode { pin: [0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99], secret: [9, 8, 7, 6, 5, 4] };
        let text = code.to_text();
        assert_eq!(text.len(), 26 + 5);
        assert!(PairingCode::parse(&text).unwrap() == code);
        let sloppy = text.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        assert!(PairingCode::parse(&sloppy).unwrap() == code);
        assert_eq!(PairingCode::parse("ABCD").err(), Some(PairingCodeError::Length { found: 4 }));
        assert_eq!(PairingCode::parse("AB!D").err(), Some(PairingCodeError::Symbol { found: '!' }));
    }
}
