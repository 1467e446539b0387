//! A telephone with an authenticator.

use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

use totp_rs::{Builder, Totp};

const STEP_S: u64 = 30;
/// Steps that its clock is behind: a code counts once, and so a test need not wait for the next one.
const BEHIND: u64 = 12;

/// Shows one code after the other.
pub struct Telephone {
    totp: Totp,
    step: Cell<u64>,
}

impl Telephone {
    /// From what a page shows beside its picture (base32).
    pub fn scanned(secret: &str) -> Telephone {
        let secret: String = secret.chars().filter(|c| !c.is_whitespace()).collect();
        let bytes = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).expect("base32");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        let totp = Builder::new().with_secret(bytes).build().expect("a secret of an authenticator");
        Telephone { totp, step: Cell::new(now / STEP_S - BEHIND) }
    }

    /// What it shows, another one each time.
    pub fn shows(&self) -> String {
        self.step.set(self.step.get() + 1);
        self.totp.generate(self.step.get() * STEP_S).to_string()
    }
}
