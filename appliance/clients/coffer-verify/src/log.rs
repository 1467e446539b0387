//! What is wrong with a log, and where. Pure.

use std::collections::HashSet;
use std::fmt;

use audit_log::head::{self, Statement};
use audit_log::{ChainError, Head, Verdict, Verifier, VerifyError};
use error_chain::chain;
use serde_json::Value;

/// What the auditor knows from elsewhere.
#[derive(Default)]
pub(crate) struct Known<'a> {
    /// A copy of the log from earlier.
    pub(crate) earlier: Option<&'a [String]>,
    /// The line of a head that an evidence showed.
    pub(crate) head: Option<&'a str>,
    /// The key of that evidence (TPMT_PUBLIC).
    pub(crate) key: Option<&'a [u8]>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    Empty,
    Changed {
        line: u64,
    },
    Dropped {
        first: u64,
        last: u64,
    },
    Swapped {
        line: u64,
    },
    Repeated {
        line: u64,
    },
    /// The last line is not whole.
    Cut {
        line: u64,
    },
    NoLine {
        line: u64,
    },
    BadHead {
        line: u64,
        problem: String,
    },
    /// It ends before lines that were signed.
    Truncated {
        end: u64,
        at_least: u64,
    },
    /// Another log with the same beginning.
    Forked {
        line: u64,
    },
    OtherKey,
    Losses {
        times: u64,
    },
    MissingHeads {
        heads: u64,
    },
    Keys {
        keys: u64,
    },
}

/// All that is found, and the log's verdict if its chain is whole.
pub(crate) fn judge(lines: &[String], known: &Known<'_>) -> (Vec<Finding>, Option<Verdict>) {
    if lines.is_empty() {
        return (vec![Finding::Empty], None);
    }
    let mut verifier = Verifier::default();
    for (index, line) in lines.iter().enumerate() {
        if let Err(error) = verifier.push(line) {
            return (vec![place(lines, index, error)], None);
        }
    }
    let verdict = verifier.finish();
    let mut findings = Vec::new();
    if let Some(earlier) = known.earlier {
        findings.extend(against_earlier(lines, &verdict, earlier));
    }
    if let Some(head) = known.head {
        findings.extend(against_head(lines, &verdict, head));
    }
    if known.key.is_some_and(|key| !verdict.key.is_empty() && verdict.key != key) {
        findings.push(Finding::OtherKey);
    }
    let more = [
        (verdict.losses > 0, Finding::Losses { times: verdict.losses }),
        (verdict.gaps > 0, Finding::MissingHeads { heads: verdict.gaps }),
        (verdict.keys > 1, Finding::Keys { keys: verdict.keys }),
    ];
    findings.extend(more.into_iter().filter_map(|(is, finding)| is.then_some(finding)));
    (findings, Some(verdict))
}

/// What happened where the chain broke.
fn place(lines: &[String], index: usize, error: VerifyError) -> Finding {
    let numbers = || lines.iter().filter_map(|line| Head::before(line)).map(|head| head.seq);
    match error {
        // The line before does not have the hash that this one refers to.
        VerifyError::Chain(ChainError::Broken { line }) => Finding::Changed { line: line.saturating_sub(1) },
        VerifyError::Chain(ChainError::Malformed { line }) if index + 1 == lines.len() => Finding::Cut { line },
        VerifyError::Chain(ChainError::Malformed { line }) => Finding::NoLine { line },
        VerifyError::Chain(ChainError::Number { line, found }) => {
            let there: HashSet<u64> = numbers().collect();
            if found < line {
                Finding::Repeated { line: found }
            } else if there.contains(&line) {
                Finding::Swapped { line }
            } else {
                Finding::Dropped { first: line, last: found - 1 }
            }
        }
        VerifyError::Head { line, ref source } => Finding::BadHead { line, problem: chain(source) },
        ref other @ VerifyError::Order { line, .. } => Finding::BadHead { line, problem: chain(other) },
    }
}

/// The first line in which the two differ; or it ends before the copy did.
fn against_earlier(lines: &[String], verdict: &Verdict, earlier: &[String]) -> Option<Finding> {
    let first = earlier.first().and_then(|line| Head::before(line))?.seq;
    // Older lines may have been removed for want of room.
    let skipped = verdict.first.saturating_sub(first) as usize;
    let mut numbered = (verdict.first.max(first)..).zip(earlier.iter().skip(skipped));
    numbered.find_map(|(number, theirs)| match lines.get((number - verdict.first) as usize) {
        None => Some(Finding::Truncated { end: verdict.end, at_least: first + earlier.len() as u64 }),
        Some(mine) if mine != theirs => Some(Finding::Forked { line: number }),
        Some(_) => None,
    })
}

/// The head that an evidence showed covers lines that must be here, with that hash.
fn against_head(lines: &[String], verdict: &Verdict, head_line: &str) -> Option<Finding> {
    let bad = |problem: String| Some(Finding::BadHead { line: verdict.end, problem });
    let Ok(value) = serde_json::from_str::<Value>(head_line) else { return bad("the evidence's is no line".into()) };
    let detail = value.get("detail").unwrap_or(&Value::Null);
    let number = detail.get("number").and_then(Value::as_u64).unwrap_or(0);
    if number > verdict.end {
        return Some(Finding::Truncated { end: verdict.end, at_least: number });
    }
    let hash_at = |number: u64| {
        let next = lines.get(number.checked_sub(verdict.first)? as usize);
        // What a line refers to is the hash before it; behind the last one it is the log's own.
        next.map_or_else(|| Some(verdict.hash.clone()), |line| Head::before(line).map(|head| head.previous))
    };
    match head::check(detail, hash_at) {
        Ok((Statement { .. }, ..)) => None,
        Err(head::HeadError::Other) => Some(Finding::Forked { line: number }),
        Err(e) => bad(chain(&e)),
    }
}

impl Finding {
    /// A power cut loses a head, and nothing else does harmlessly.
    pub(crate) fn is_harmless(&self) -> bool {
        matches!(self, Finding::MissingHeads { heads: 1 })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Empty => write!(f, "there are no lines"),
            Finding::Changed { line } => write!(f, "CHANGED: line {line} is not the one that was written"),
            Finding::Dropped { first, last } if first == last => write!(f, "DROPPED: line {first} is missing"),
            Finding::Dropped { first, last } => write!(f, "DROPPED: lines {first} to {last} are missing"),
            Finding::Swapped { line } => write!(f, "SWAPPED: line {line} is not in its place"),
            Finding::Repeated { line } => write!(f, "REPEATED: line {line} is there again"),
            Finding::Cut { line } => write!(f, "CUT: the last line, number {line}, is not whole"),
            Finding::NoLine { line } => write!(f, "CHANGED: where line {line} should be there is none"),
            Finding::BadHead { line, problem } => write!(f, "HEAD: the signed head in line {line}: {problem}"),
            Finding::Truncated { end, at_least } => {
                write!(f, "TRUNCATED: it ends before line {end}, and there were {at_least} at least")
            }
            Finding::Forked { line } => {
                write!(f, "FORKED: up to line {line} this is another log than the one that is known")
            }
            Finding::OtherKey => write!(f, "KEY: its heads are signed by another TPM than the evidence"),
            Finding::Losses { times } => {
                write!(f, "LOST: {times} times the log was shorter, or another one, than the box remembered")
            }
            Finding::MissingHeads { heads } => {
                write!(
                    f,
                    "HEADS: {heads} signed heads are missing: a power cut loses one, and so does whoever takes lines out"
                )
            }
            Finding::Keys { keys } => write!(f, "KEYS: its heads are signed by {keys} keys: the box had another TPM"),
        }
    }
}
