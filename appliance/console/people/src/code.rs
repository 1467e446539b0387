//! Codes that are good once: an invitation's, and those that stand for a lost authenticator.

use data_encoding::Encoding;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

/// Of randomness: 60 bits, twelve characters.
pub const CODE_BYTES: usize = 8;
/// Crockford's alphabet, without what is taken for something else.
const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHARACTERS: usize = 12;

/// What is kept of a code: who reads it cannot sign in with it. 60 random bits are not found by trying, at any speed that a box allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OneTimeCode(String);

impl OneTimeCode {
    /// The code as it is shown, and what is kept of it.
    pub fn new(random: &[u8; CODE_BYTES]) -> (String, OneTimeCode) {
        let bits = u64::from_be_bytes(*random);
        let characters: Vec<u8> =
            (0..CHARACTERS).map(|at| ALPHABET.as_bytes()[(bits >> (5 * at) & 31) as usize]).collect();
        let groups: Vec<&str> =
            characters.chunks(4).map(|group| std::str::from_utf8(group).unwrap_or_default()).collect();
        let code = groups.join("-");
        let kept = OneTimeCode::of(&code);
        (code, kept)
    }

    /// Whether this is the code, as a person types it: lower case, spaces, O for 0, I and L for 1.
    pub fn is(&self, typed: &str) -> bool {
        *self == OneTimeCode::of(typed)
    }

    fn of(typed: &str) -> OneTimeCode {
        let meant: String = typed
            .chars()
            .filter(|c| !matches!(c, '-' | ' '))
            .map(|c| match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                c => c,
            })
            .take(2 * CHARACTERS)
            .collect();
        OneTimeCode(ENCODING.encode(digest(&SHA256, format!("coffer one-time code v1 {meant}").as_bytes()).as_ref()))
    }
}

const ENCODING: Encoding = data_encoding::HEXLOWER;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_a_person_types() {
        let (shown, kept) = OneTimeCode::new(&[0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10]);
        assert_eq!(shown.len(), 14);
        for typed in [shown.clone(), shown.to_lowercase(), shown.replace('-', " "), shown.replace('0', "o")] {
            assert!(kept.is(&typed), "{typed}");
        }
        for wrong in ["", &shown[1..], &format!("{shown}0"), "0000-0000-0000"] {
            assert!(!kept.is(wrong), "{wrong}");
        }
        assert!(!format!("{kept:?}").contains(&shown[..4]));
    }
}
