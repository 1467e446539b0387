//! A telephone with an authenticator.

use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

use totp_rs::{Builder, Totp};

const STEP_S: u64 = 30;
/// Steps that its clock is behind: a code counts once, and so a test need not wait for the next one.
const BEHIND: u64 = 11;

/// Shows one code after the other.
pub struct Telephone {
    totp: Totp,
    /// The one that was shown last.
    step: Cell<u64>,
}

impl Telephone {
    /// From what a page shows beside its picture (base32).
    pub fn scanned(secret: &str) -> Telephone {
        let secret: String = secret.chars().filter(|c| !c.is_whitespace()).collect();
        let bytes = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).expect("base32");
        let totp = Builder::new().with_secret(bytes).build().expect("a secret of an authenticator");
        Telephone { totp, step: Cell::new(0) }
    }

    /// What it shows, another one each time.
    pub fn shows(&self) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        self.step.set((self.step.get() + 1).max(now / STEP_S - BEHIND));
        self.totp.generate(self.step.get() * STEP_S).to_string()
    }
}
