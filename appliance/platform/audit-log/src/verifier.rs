//! Checks a log, line by line, as it comes.

use std::collections::VecDeque;

use data_encoding::HEXLOWER;
use serde_json::Value;

use crate::chain::{ChainError, Head};
use crate::head::{self, HeadError, Statement};

/// Takes lines in, oldest first.
#[derive(Debug, Default)]
pub struct Verifier {
    head: Option<Head>,
    first: u64,
    signed: Option<Signed>,
    gaps: u64,
    keys: u64,
    /// What each line refers to, from the last one that is covered on: many, where no head comes.
    hashes: VecDeque<[u8; 32]>,
}

/// The last head that was signed.
#[derive(Debug)]
struct Signed {
    line: u64,
    number: u64,
    heads: u64,
    losses: u64,
    clock: u64,
    reset_count: u32,
    key: Vec<u8>,
}

/// What is known of a log that was walked to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The first line's number: above 0, older ones were removed for want of room.
    pub first: u64,
    /// The number that the next line would have.
    pub end: u64,
    /// The last line's hash.
    pub hash: String,
    /// Lines below this number are covered by a head that the TPM signed; 0: none are.
    pub covered: u64,
    /// How often the log was found shorter, or another one, than keyd remembered.
    pub losses: u64,
    /// Heads that were signed and are not in the log: one is lost by a power cut at the wrong moment, many by whoever takes lines
    /// out or writes the log anew.
    pub gaps: u64,
    /// Keys that signed heads: more than one is another TPM, or a box that lost its identity.
    pub keys: u64,
    /// The key that signed the heads (TPMT_PUBLIC); empty: there is none. Whose it is, an attestation says.
    pub key: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error("line {line} is no head")]
    Head {
        line: u64,
        #[source]
        source: HeadError,
    },
    #[error("the head in line {line} was signed before the one in line {before}")]
    Order { line: u64, before: u64 },
}

impl Verifier {
    pub fn push(&mut self, line: &str) -> Result<(), VerifyError> {
        let head = match &self.head {
            Some(head) => head.clone(),
            None => Head::before(line).ok_or(ChainError::Malformed { line: 0 })?,
        };
        if self.head.is_none() {
            self.first = head.seq;
            // A log that begins with its first line begins with zeros.
            if head.seq == 0 && head != Head::default() {
                return Err(ChainError::Broken { line: 0 }.into());
            }
        }
        let next = head.check(line)?;
        self.hashes.push_back(packed(&head.previous));
        let value: Value = serde_json::from_str(line).map_err(|_| ChainError::Malformed { line: head.seq })?;
        let is_head = value.get("action").and_then(Value::as_str) == Some(head::ACTION)
            && value.get("source").and_then(Value::as_str) == Some("auditd");
        if is_head {
            self.take_head(value.get("detail").unwrap_or(&Value::Null), &head)?;
        }
        self.head = Some(next);
        Ok(())
    }

    pub fn finish(self) -> Verdict {
        self.so_far()
    }

    /// Of the lines that came until now.
    pub fn so_far(&self) -> Verdict {
        let end = self.head.clone().unwrap_or_default();
        let (covered, losses, key) = match &self.signed {
            Some(signed) => (signed.number, signed.losses, signed.key.clone()),
            None => (0, 0, Vec::new()),
        };
        Verdict {
            first: self.first,
            end: end.seq,
            hash: end.previous,
            covered,
            losses,
            gaps: self.gaps,
            keys: self.keys,
            key,
        }
    }

    fn take_head(&mut self, detail: &Value, head: &Head) -> Result<(), VerifyError> {
        let line = head.seq;
        // About lines that were removed for want of room: it cannot be checked, and later ones can.
        if self.first > 0 && detail.get("number").and_then(Value::as_u64).is_some_and(|number| number < self.first) {
            return Ok(());
        }
        // The last of the hashes is the one of this line.
        let oldest = line + 1 - self.hashes.len() as u64;
        let checked = head::check(detail, |number| {
            self.hashes.get(usize::try_from(number.checked_sub(oldest)?).ok()?).map(|hash| HEXLOWER.encode(hash))
        });
        let (statement, attest, key) = checked.map_err(|source| VerifyError::Head { line, source })?;
        let Statement { number, heads, losses, .. } = statement;
        let before = self.signed.take().filter(|before| before.key == key);
        match &before {
            Some(before) => {
                let later = follows((before.reset_count, before.clock), (attest.reset_count, attest.clock));
                if !later {
                    return Err(VerifyError::Order { line, before: before.line });
                }
                // keyd counts anew where its memory of heads was lost, which is a loss too.
                self.gaps += heads.saturating_sub(before.heads + 1);
            }
            None => {
                self.gaps += if self.first == 0 && self.keys == 0 { heads } else { 0 };
                self.keys += 1;
            }
        }
        self.hashes.drain(..(number - oldest) as usize);
        let (clock, reset_count) = (attest.clock, attest.reset_count);
        self.signed = Some(Signed { line, number, heads, losses, clock, reset_count, key });
        Ok(())
    }
}

/// A hash is hexadecimal; what is none is no line's hash, and no head covers it.
fn packed(hash: &str) -> [u8; 32] {
    HEXLOWER.decode(hash.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok()).unwrap_or_default()
}

/// Whether a TPM that counted so many resets and had this clock may come to those. The clock stands still without power; where
/// it went at once, the clock goes back to what was stored last, by up to 70 minutes (TPM 2.0 part 1, "Timing Components"), so
/// that it tells within one reset alone. What the TPM hides of a counter it hides by a constant.
fn follows((resets_before, clock_before): (u32, u64), (resets, clock): (u32, u64)) -> bool {
    match resets.wrapping_sub(resets_before) {
        0 => clock >= clock_before,
        more => more < u32::MAX / 2,
    }
}

#[cfg(test)]
mod tests {
    use super::follows;

    #[test]
    fn a_clock_that_a_power_cut_set_back_is_in_order_and_a_head_of_an_earlier_start_is_not() {
        assert!(follows((7, 100), (7, 100)) && follows((7, 100), (8, 3)) && follows((u32::MAX, 100), (1, 3)));
        assert!(!follows((7, 100), (7, 99)) && !follows((8, 3), (7, 100)) && !follows((1, 3), (u32::MAX, 100)));
    }
}
