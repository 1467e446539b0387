//! The pairing code: which box it is, and a one-time secret, in 26 characters that a person can copy.
//!
//! 128 bits in Crockford's base 32: the first 80 bits of SHA-256 over the service key's SubjectPublicKeyInfo, which the
//! client compares in the TLS handshake, so that nobody can stand between; and 48 bits that the box gave out once.
//! 80 bits against a second preimage, 48 bits against guessing with five tries a code.

/// Bytes of the fingerprint.
pub const PIN: usize = 10;
/// Bytes of the one-time secret.
pub const SECRET: usize = 6;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHARACTERS: usize = 26;

/// A pairing code's two halves.
#[derive(Clone, PartialEq, Eq)]
pub struct PairingCode {
    pub pin: [u8; PIN],
    pub secret: [u8; SECRET],
}

impl PairingCode {
    /// Groups of four or five characters, such as "0123-4567-...".
    pub fn text(&self) -> String {
        let mut value = 0u128;
        for byte in self.pin.iter().chain(&self.secret) {
            value = value << 8 | u128::from(*byte);
        }
        let mut text = String::new();
        for i in 0..CHARACTERS {
            if i > 0 && i % 5 == 0 {
                text.push('-');
            }
            // 26 characters hold 130 bits: the first has two leading zeros.
            let shift = 5 * (CHARACTERS - 1 - i);
            text.push(ALPHABET[(value >> shift) as usize & 31] as char);
        }
        text
    }

    /// Case, dashes and spaces do not matter, and O, I and L are read as the digits they look like.
    pub fn parse(text: &str) -> Option<PairingCode> {
        let (mut value, mut count) = (0u128, 0);
        for c in text.chars().filter(|c| !matches!(c, '-' | ' ')) {
            let c = match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                c => c,
            };
            let digit = ALPHABET.iter().position(|a| *a as char == c)?;
            if value >> 123 != 0 {
                return None;
            }
            value = value << 5 | digit as u128;
            count += 1;
        }
        if count != CHARACTERS {
            return None;
        }
        let bytes = value.to_be_bytes();
        let (mut pin, mut secret) = ([0; PIN], [0; SECRET]);
        pin.copy_from_slice(&bytes[..PIN]);
        secret.copy_from_slice(&bytes[PIN..]);
        Some(PairingCode { pin, secret })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_written() {
        let code = PairingCode { pin: [0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9], secret: [10, 11, 12, 13, 14, 15] };
        let text = code.text();
        assert!(PairingCode::parse(&text).unwrap() == code);
        assert!(PairingCode::parse(&text.to_lowercase().replace('-', " ").replace('0', "o")).unwrap() == code);
        assert!(PairingCode::parse(&text[1..]).is_none());
        assert!(PairingCode::parse(&format!("{text}0")).is_none());
        assert!(PairingCode::parse(&text.replace('0', "U")).is_none());
        assert!(PairingCode::parse("ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-Z").is_none());
    }
}
