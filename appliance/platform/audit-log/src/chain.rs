//! The chain of lines.
//!
//! `{"seq":N,"previous":"<64 hex digits>","time":SECONDS,"source":"computed","client":"...","action":"...",
//! "detail":{...}}`; the first line's `previous` is zeros.

use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value};

/// Where the chain stands: what the next line must refer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number of the next line.
    pub seq: u64,
    pub previous: String,
}

/// What a line says.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// Seconds since 1970.
    pub time: u64,
    /// The service that wrote it.
    pub source: &'a str,
    /// Whose doing it is; empty: the box's own.
    pub client: &'a str,
    pub action: &'a str,
    /// What belongs to the action.
    pub detail: Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    #[error("line {line} is not a JSON object with \"seq\" and \"previous\"")]
    Malformed { line: u64 },
    #[error("line {line} says that it is number {found}")]
    Number { line: u64, found: u64 },
    #[error("line {line} does not follow from the line before it: one of them was changed")]
    Broken { line: u64 },
}

impl Default for Head {
    fn default() -> Head {
        Head { seq: 0, previous: "0".repeat(64) }
    }
}

impl Head {
    /// The next line, without its newline, and the head after it.
    pub fn append(&self, line: &Line<'_>) -> (String, Head) {
        let mut object = Map::new();
        object.insert("seq".into(), self.seq.into());
        object.insert("previous".into(), self.previous.clone().into());
        object.insert("time".into(), line.time.into());
        for (name, value) in [("source", line.source), ("client", line.client), ("action", line.action)] {
            object.insert(name.into(), value.into());
        }
        if !line.detail.is_empty() {
            object.insert("detail".into(), Value::Object(line.detail.clone()));
        }
        let text = Value::Object(object).to_string();
        let head = self.after(&text);
        (text, head)
    }

    /// Checks that `line` is the next one.
    pub fn check(&self, line: &str) -> Result<Head, ChainError> {
        let (found, previous) = numbers(line).ok_or(ChainError::Malformed { line: self.seq })?;
        if found != self.seq {
            return Err(ChainError::Number { line: self.seq, found });
        }
        if previous != self.previous {
            return Err(ChainError::Broken { line: self.seq });
        }
        Ok(self.after(line))
    }

    /// The head before this line, as the line itself says: for a log that begins in the middle.
    pub fn before(line: &str) -> Option<Head> {
        numbers(line).map(|(seq, previous)| Head { seq, previous })
    }

    fn after(&self, line: &str) -> Head {
        // The number that nothing can follow is nobody's: the next line's does not fit.
        Head { seq: self.seq.saturating_add(1), previous: HEXLOWER.encode(digest(&SHA256, line.as_bytes()).as_ref()) }
    }
}

fn numbers(line: &str) -> Option<(u64, String)> {
    let value: Value = serde_json::from_str(line).ok()?;
    Some((value.get("seq")?.as_u64()?, value.get("previous")?.as_str()?.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(action: &str) -> Line<'_> {
        Line { time: 1, source: "test", client: "", action, detail: Map::new() }
    }

    #[test]
    fn a_changed_a_missing_and_a_swapped_line_are_found() {
        let mut head = Head::default();
        let mut lines = Vec::new();
        for i in 0..5 {
            let (text, next) = head.append(&line(&format!("action {i}")));
            lines.push(text);
            head = next;
        }
        let walk = |lines: &[String]| lines.iter().try_fold(Head::default(), |head, line| head.check(line));
        assert_eq!(walk(&lines), Ok(head));
        let mut changed = lines.clone();
        changed[2] = changed[2].replace("action 2", "action 9");
        assert_eq!(walk(&changed), Err(ChainError::Broken { line: 3 }));
        let mut missing = lines.clone();
        missing.remove(1);
        assert_eq!(walk(&missing), Err(ChainError::Number { line: 1, found: 2 }));
        assert_eq!(walk(&["x".to_string()]), Err(ChainError::Malformed { line: 0 }));
    }
}
