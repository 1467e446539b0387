//! An audit log, judged.

use attestation::Evidence;
use attestation::evidence::SIZE_MAX;
use coffer_verify::{VerifyError, files};

use crate::arguments::LogArguments;
use crate::log::{Finding, Known, judge};
use crate::output::say;

/// A box keeps 256 MiB.
const LOG_MAX: u64 = 512 << 20;

/// Whether nothing is wrong with it.
pub(crate) fn run(arguments: &LogArguments) -> Result<bool, VerifyError> {
    let lines = lines(files::read(&arguments.file, LOG_MAX)?);
    let earlier = arguments.earlier.as_ref().map(|path| files::read(path, LOG_MAX).map(self::lines)).transpose()?;
    let evidence = match &arguments.evidence {
        None => None,
        Some(path) => {
            let read = Evidence::from_bytes(&files::read(path, SIZE_MAX as u64)?);
            Some(read.map_err(|source| VerifyError::Evidence { path: path.clone(), source })?)
        }
    };
    let head = evidence.as_ref().and_then(|e| e.said.audit_head.as_deref());
    let known =
        Known { earlier: earlier.as_deref(), head, key: evidence.as_ref().map(|e| e.attestation_key.as_slice()) };
    let (findings, verdict) = judge(&lines, &known);
    for finding in &findings {
        say(&finding.to_string())?;
    }
    if let Some(verdict) = verdict {
        say(&format!("lines {} to {}, head {}", verdict.first, verdict.end.saturating_sub(1), verdict.hash))?;
        match verdict.covered {
            0 => say("no line is covered by a head that a TPM signed")?,
            covered => say(&format!("lines below {covered} are covered by heads that a TPM signed"))?,
        }
        if evidence.is_none() {
            say("whose TPM that is, and whether the log has lost its end, only an evidence says (--evidence)")?;
        }
    }
    let good = findings.iter().all(Finding::is_harmless);
    say(if good { "GOOD" } else { "NOT GOOD" })?;
    Ok(good)
}

/// Without the newlines; what is no UTF-8 is no line of ours, and is refused as one.
fn lines(bytes: Vec<u8>) -> Vec<String> {
    let text = String::from_utf8_lossy(&bytes);
    let mut lines: Vec<String> = text.split('\n').map(Into::into).collect();
    if lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}
