//! The pairing code: 80 bits that pin the box's key, and 60 random bits that admit one client.
//!
//! The random part is the seed of a key pair. The box knows the public key alone, so that neither a service that carries requests
//! nor the file of open codes can admit anybody; guessing is against PBKDF2.

use std::fmt;
use std::num::NonZeroU32;

use data_encoding::{Encoding, Specification};
use ring::digest::{SHA256, digest};
use ring::pbkdf2::{PBKDF2_HMAC_SHA256, derive};
use ring::signature::{Ed25519KeyPair, KeyPair};
use zeroize::Zeroizing;

const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const PIN_SYMBOLS: usize = 16;
const SECRET_SYMBOLS: usize = 12;
const SYMBOLS: usize = PIN_SYMBOLS + SECRET_SYMBOLS;
/// PBKDF2 (RFC 8018, 5.2) over 60 bits: about 2^77 hashes to try all.
const ROUNDS: u32 = 100_000;
const SALT: &[u8] = b"coffer pairing code v1";

/// What a person types.
#[derive(Clone)]
pub struct PairingCode {
    pin: [u8; 10],
    /// Symbols of the alphabet.
    secret: Zeroizing<[u8; SECRET_SYMBOLS]>,
}

/// The key that a code stands for.
pub struct CodeKey(Ed25519KeyPair);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PairingCodeError {
    #[error("a pairing code has {SYMBOLS} letters and digits; this one has {found}")]
    Length { found: usize },
    #[error(
        "a box's pin has {PIN_SYMBOLS} letters and digits, the first four groups of its codes; this one has {found}"
    )]
    Pin { found: usize },
    #[error("{found:?} is not a letter or digit of a pairing code")]
    Symbol { found: char },
}

/// The pin of a key: the first 80 bits of SHA-256 over its SubjectPublicKeyInfo in DER.
pub fn pin_of(subject_public_key_info: &[u8]) -> [u8; 10] {
    let hash = digest(&SHA256, subject_public_key_info);
    std::array::from_fn(|i| hash.as_ref()[i])
}

/// The pin alone, which is no secret, as the first four groups of a code: "KQ3V-7W0M-12ZA-55TR".
pub fn pin_to_text(pin: &[u8; 10]) -> String {
    let mut text = String::new();
    grouped(encoding().encode(pin).into_bytes(), &mut text);
    text
}

/// Of a pin, or of a whole code.
pub fn pin_from_text(text: &str) -> Result<[u8; 10], PairingCodeError> {
    let symbols = symbols_of(text)?;
    let length = PairingCodeError::Pin { found: symbols.len() };
    if ![PIN_SYMBOLS, SYMBOLS].contains(&symbols.len()) {
        return Err(length);
    }
    let pin = encoding().decode(&symbols.as_bytes()[..PIN_SYMBOLS]);
    pin.ok().and_then(|pin| pin.try_into().ok()).ok_or(length)
}

impl PairingCode {
    /// `random`: of which 60 bits are used.
    pub fn new(pin: [u8; 10], random: &Zeroizing<[u8; SECRET_SYMBOLS]>) -> PairingCode {
        let secret = Zeroizing::new(random.map(|byte| ALPHABET.as_bytes()[usize::from(byte & 31)]));
        PairingCode { pin, secret }
    }

    pub fn pin(&self) -> [u8; 10] {
        self.pin
    }

    /// Crockford's base 32: "KQ3V-7W0M-12ZA-55TR-H8N4-D0XK-PG2C".
    pub fn to_text(&self) -> Zeroizing<String> {
        let symbols = encoding().encode(&self.pin).into_bytes().into_iter().chain(*self.secret);
        let mut text = Zeroizing::new(String::with_capacity(SYMBOLS + SYMBOLS / 4));
        grouped(symbols, &mut text);
        text
    }

    /// Small letters, spaces and the look-alikes I, L and O are understood.
    pub fn parse(text: &str) -> Result<PairingCode, PairingCodeError> {
        let symbols = symbols_of(text)?;
        let length = PairingCodeError::Length { found: symbols.len() };
        let (pin, secret) = symbols.as_bytes().split_at_checked(PIN_SYMBOLS).ok_or(length.clone())?;
        let pin = encoding().decode(pin).ok().and_then(|p| p.try_into().ok()).ok_or(length.clone())?;
        Ok(PairingCode { pin, secret: Zeroizing::new(secret.try_into().map_err(|_| length)?) })
    }

    /// Takes a moment: see [`ROUNDS`]. `None`: the seed is not taken, which does not happen.
    pub fn key(&self) -> Option<CodeKey> {
        let mut seed = Zeroizing::new([0; 32]);
        let salt = [SALT, &self.pin].concat();
        derive(PBKDF2_HMAC_SHA256, NonZeroU32::new(ROUNDS)?, &salt, &*self.secret, &mut *seed);
        Ed25519KeyPair::from_seed_unchecked(&*seed).ok().map(CodeKey)
    }
}

impl CodeKey {
    pub fn public(&self) -> [u8; 32] {
        let mut public = [0; 32];
        public.copy_from_slice(self.0.public_key().as_ref());
        public
    }

    pub fn sign(&self, statement: &[u8]) -> [u8; 64] {
        let mut signature = [0; 64];
        signature.copy_from_slice(self.0.sign(statement).as_ref());
        signature
    }
}

impl fmt::Debug for PairingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PairingCode")
    }
}

/// In groups of four.
fn grouped(symbols: impl IntoIterator<Item = u8>, text: &mut String) {
    for (i, symbol) in symbols.into_iter().enumerate() {
        if i > 0 && i % 4 == 0 {
            text.push('-');
        }
        text.push(char::from(symbol));
    }
}

fn symbols_of(text: &str) -> Result<Zeroizing<String>, PairingCodeError> {
    let mut symbols = Zeroizing::new(String::with_capacity(text.len()));
    for c in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
        symbols.push(match c.to_ascii_uppercase() {
            'I' | 'L' => '1',
            'O' => '0',
            c if ALPHABET.contains(c) => c,
            _ => return Err(PairingCodeError::Symbol { found: c }),
        });
    }
    Ok(symbols)
}

fn encoding() -> Encoding {
    let mut specification = Specification::new();
    specification.symbols.push_str(ALPHABET);
    // The alphabet is fixed and has 32 distinct symbols; the fallback is for the type only.
    specification.encoding().unwrap_or(data_encoding::BASE32_NOPAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code() -> PairingCode {
        let pin = [0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99];
        PairingCode::new(pin, &Zeroizing::new([0, 1, 33, 2, 99, 31, 5, 6, 7, 8, 9, 200]))
    }

    #[test]
    fn a_code_is_read_as_it_was_written_and_as_people_write_it() {
        let text = code().to_text();
        assert_eq!(text.len(), 28 + 6);
        assert_eq!(*PairingCode::parse(&text).unwrap().to_text(), *text);
        let sloppy = text.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        assert_eq!(*PairingCode::parse(&sloppy).unwrap().to_text(), *text);
        assert_eq!(PairingCode::parse("ABCD").err(), Some(PairingCodeError::Length { found: 4 }));
        assert_eq!(PairingCode::parse(&format!("{}0", *text)).err(), Some(PairingCodeError::Length { found: 29 }));
        assert_eq!(PairingCode::parse("AB!D").err(), Some(PairingCodeError::Symbol { found: '!' }));
    }

    #[test]
    fn a_pin_is_the_beginning_of_a_code_and_is_read_from_either() {
        let (code, pin) = (code(), pin_to_text(&code().pin()));
        assert!(code.to_text().starts_with(&pin) && pin.len() == 16 + 3);
        for text in [&pin, &pin.to_lowercase().replace('-', " "), &*code.to_text()] {
            assert_eq!(pin_from_text(text), Ok(code.pin()));
        }
        assert_eq!(pin_from_text(&pin[1..]), Err(PairingCodeError::Pin { found: 15 }));
        assert_eq!(pin_from_text(""), Err(PairingCodeError::Pin { found: 0 }));
    }

    /// The same in Python: sdk/python/tests/test_pairing.py. Computed with hashlib and `cryptography`.
    #[test]
    fn the_key_is_the_one_that_other_programs_derive() {
        let public = data_encoding::HEXLOWER.encode(&code().key().unwrap().public());
        assert_eq!(public, include_str!("../tests/code_key.txt").trim());
        assert_eq!(format!("{:?}", code()), "PairingCode");
    }
}
