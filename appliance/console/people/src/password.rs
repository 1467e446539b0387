//! Passwords: which are taken, and what is kept of one.

use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::HEXLOWER;
use secrets::Secret;
use serde::{Deserialize, Serialize};

/// Characters that are enough by themselves, and that are with three of the four kinds (GB/T 22239-2019, 8.1.4.1 a).
const LONG: usize = 12;
const SHORT: usize = 8;
/// Bytes: nobody types more, and hashing more is somebody's attack.
const BYTES_MAX: usize = 256;
/// Argon2id with the memory (KiB) and passes of RFC 9106's second choice, as OWASP has it for a server that does something else, too.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
pub const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
/// What everybody tries first. Compared without digits and marks, in lower case.
const COMMON: [&str; 16] = [
    "password",
    "passw0rd",
    "admin",
    "administrator",
    "root",
    "qwerty",
    "qwertyuiop",
    "asdfghjkl",
    "letmein",
    "welcome",
    "iloveyou",
    "coffer",
    "changeme",
    "woaini",
    "mima",
    "abc",
];

/// One that may be taken.
pub struct Password(Secret);

/// What is kept of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verifier {
    memory_kib: u32,
    passes: u32,
    salt: String,
    hash: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    #[error("a password has {LONG} characters, or {SHORT} with three of: small letters, capitals, digits, others")]
    Short,
    #[error("a password has {BYTES_MAX} bytes at most")]
    Long,
    #[error("it is one of those that everybody tries first")]
    Common,
    #[error("it holds the name of the person or the box")]
    Name,
    #[error("it is one character again and again")]
    Same,
}

impl Password {
    /// `names`: of the person, the organization and the box.
    pub fn new(typed: Secret, names: &[&str]) -> Result<Password, PasswordError> {
        if typed.len() > BYTES_MAX {
            return Err(PasswordError::Long);
        }
        let text = String::from_utf8_lossy(typed.expose());
        let length = text.chars().count();
        if length < SHORT || (length < LONG && kinds(&text) < 3) {
            return Err(PasswordError::Short);
        }
        if text.chars().all(|c| text.starts_with(c)) {
            return Err(PasswordError::Same);
        }
        let folded = text.to_lowercase();
        let holds = |name: &&&str| name.chars().count() >= 3 && folded.contains(&name.to_lowercase());
        if names.iter().any(|name| holds(&name)) {
            return Err(PasswordError::Name);
        }
        let letters: String = folded.chars().filter(|c| c.is_alphabetic()).collect();
        let doubled = |word: &str| letters == word || letters == word.repeat(2);
        let digits_alone = letters.is_empty() && is_run(&folded);
        if COMMON.into_iter().any(doubled) || digits_alone {
            return Err(PasswordError::Common);
        }
        drop(text);
        Ok(Password(typed))
    }
}

impl Verifier {
    /// It takes a twentieth of a second, and 19 MiB.
    pub fn of(password: &Password, salt: &[u8; SALT_BYTES]) -> Verifier {
        let hash = hashed(&password.0, salt, MEMORY_KIB, PASSES).unwrap_or_default();
        Verifier { memory_kib: MEMORY_KIB, passes: PASSES, salt: HEXLOWER.encode(salt), hash: HEXLOWER.encode(&hash) }
    }

    /// Of nobody: so that an unknown name takes as long as a known one. No password is the right one.
    pub fn nobody() -> Verifier {
        Verifier {
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            salt: HEXLOWER.encode(&[0; SALT_BYTES]),
            hash: String::new(),
        }
    }

    /// It takes as long as [`Verifier::of`], right or wrong.
    pub fn is(&self, typed: &Secret) -> bool {
        if typed.len() > BYTES_MAX {
            return false;
        }
        let salt = HEXLOWER.decode(self.salt.as_bytes()).unwrap_or_default();
        let kept = HEXLOWER.decode(self.hash.as_bytes()).unwrap_or_default();
        let hash = hashed(typed, &salt, self.memory_kib, self.passes);
        hash.is_some_and(|hash| Secret::copy_of(&hash).equals(&Secret::new(kept)))
    }
}

fn hashed(password: &Secret, salt: &[u8], memory_kib: u32, passes: u32) -> Option<[u8; HASH_BYTES]> {
    // A file that asks for more memory than ours does is not ours.
    if memory_kib > MEMORY_KIB || passes > 10 * PASSES {
        return None;
    }
    let parameters = Params::new(memory_kib, passes, 1, Some(HASH_BYTES)).ok()?;
    let mut hash = [0; HASH_BYTES];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
        .hash_password_into(password.expose(), salt, &mut hash)
        .ok()?;
    Some(hash)
}

fn kinds(text: &str) -> usize {
    let kinds: [fn(char) -> bool; 4] = [
        |c| c.is_lowercase(),
        |c| c.is_uppercase(),
        |c| c.is_numeric(),
        |c| !c.is_lowercase() && !c.is_uppercase() && !c.is_numeric(),
    ];
    kinds.into_iter().filter(|is| text.chars().any(is)).count()
}

/// Digits that go up or down by one, as 1234567890 does.
fn is_run(text: &str) -> bool {
    let digits: Vec<i32> = text.bytes().map(|b| i32::from(b) - i32::from(b'0')).collect();
    [1, 9].into_iter().any(|by| digits.windows(2).all(|w| (w[0] + by).rem_euclid(10) == w[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(text: &str) -> Result<(), PasswordError> {
        Password::new(Secret::copy_of(text.as_bytes()), &["zhang.san", "Coffer-7F3A", "某银行"]).map(drop)
    }

    #[test]
    fn what_is_taken_and_what_not() {
        for fine in ["correct horse battery", "天地玄黄宇宙洪荒日月盈昃", "Tr0ub4dor", "aB3-aB3-", "91837465019283746"]
        {
            assert_eq!(tried(fine), Ok(()), "{fine}");
        }
        for (wrong, why) in [
            ("", PasswordError::Short),
            ("short", PasswordError::Short),
            ("elevenchars", PasswordError::Short),
            ("lowercase1", PasswordError::Short),
            ("aaaaaaaaaaaa", PasswordError::Same),
            ("Password123!", PasswordError::Common),
            ("admin-admin-2026", PasswordError::Common),
            ("123456789012", PasswordError::Common),
            ("210987654321", PasswordError::Common),
            ("Zhang.San-2026", PasswordError::Name),
            ("我在某银行上班天天都很忙", PasswordError::Name),
        ] {
            assert_eq!(tried(wrong), Err(why), "{wrong}");
        }
        assert_eq!(tried(&"x1Y-".repeat(100)), Err(PasswordError::Long));
    }

    #[test]
    fn what_is_kept_knows_it_again_and_nobodys_knows_none() {
        let password = Password::new(Secret::copy_of(b"correct horse battery"), &[]).unwrap();
        let kept = Verifier::of(&password, &[7; SALT_BYTES]);
        assert!(kept.is(&Secret::copy_of(b"correct horse battery")));
        for wrong in [&b""[..], b"correct horse batter", b"correct horse battery ", &[b'x'; 1000]] {
            assert!(!kept.is(&Secret::copy_of(wrong)));
            assert!(!Verifier::nobody().is(&Secret::copy_of(wrong)));
        }
        assert_ne!(kept, Verifier::of(&password, &[8; SALT_BYTES]));
        // A file that was changed to take all memory takes none.
        let greedy = Verifier { memory_kib: u32::MAX, ..kept };
        assert!(!greedy.is(&Secret::copy_of(b"correct horse battery")));
    }
}
