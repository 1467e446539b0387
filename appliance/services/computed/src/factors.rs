//! The plaintext factors of an operation: how many there are to be, and how wide.

use crate::limits;
use crate::request_error::RequestError;

/// Plaintext factors that an operation needs beside its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factors {
    /// So many, or as many as there are items (for a multiplication).
    pub count: u64,
    pub or_count: u64,
    /// Bytes of one.
    pub width: usize,
}

impl Factors {
    /// Whether `found` is a number of factors that the shape allows.
    pub fn check_count(&self, found: u64) -> Result<(), RequestError> {
        if found == self.count || found == self.or_count {
            return Ok(());
        }
        let needed = if self.count == self.or_count {
            self.count.to_string()
        } else {
            format!("{} or {}", self.count, self.or_count)
        };
        Err(RequestError::Plaintexts { found, needed })
    }

    /// The most bytes that they may come in.
    pub fn bytes_max(&self) -> u64 {
        (self.or_count.max(self.count) * self.width as u64).min(limits::FACTOR_BYTES_MAX)
    }

    /// Whether they are few and narrow enough.
    pub fn check_size(&self) -> Result<(), RequestError> {
        let (count, width) = (self.count, self.width);
        if count.saturating_mul(width as u64) > limits::FACTOR_BYTES_MAX {
            return Err(RequestError::PlaintextBytes { count, width });
        }
        Ok(())
    }
}
