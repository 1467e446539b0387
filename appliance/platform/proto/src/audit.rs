//! The audit log's format: one JSON object a line, each with the SHA-256 of the line before it.
//!
//! `{"seq":N,"previous":"<64 hex digits>","time":SECONDS,"client":"...","action":"...",...}`; the first line's `previous` is zeros.

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
    pub fn append(&self, fields: Map<String, Value>) -> (String, Head) {
        let mut object = Map::new();
        object.insert("seq".into(), self.seq.into());
        object.insert("previous".into(), self.previous.clone().into());
        object.extend(fields.into_iter().filter(|(name, _)| name != "seq" && name != "previous"));
        let line = Value::Object(object).to_string();
        let head = self.after(&line);
        (line, head)
    }

    /// Checks that `line` is the next one.
    pub fn check(&self, line: &str) -> Result<Head, ChainError> {
        let malformed = || ChainError::Malformed { line: self.seq };
        let value: Value = serde_json::from_str(line).map_err(|_| malformed())?;
        let found = value.get("seq").and_then(Value::as_u64).ok_or_else(malformed)?;
        let previous = value.get("previous").and_then(Value::as_str).ok_or_else(malformed)?;
        if found != self.seq {
            return Err(ChainError::Number { line: self.seq, found });
        }
        if previous != self.previous {
            return Err(ChainError::Broken { line: self.seq });
        }
        Ok(self.after(line))
    }

    fn after(&self, line: &str) -> Head {
        Head { seq: self.seq + 1, previous: HEXLOWER.encode(digest(&SHA256, line.as_bytes()).as_ref()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(action: &str) -> Map<String, Value> {
        [("action".to_string(), Value::from(action))].into_iter().collect()
    }

    #[test]
    fn a_changed_a_missing_and_a_swapped_line_are_found() {
        let mut head = Head::default();
        let mut lines = Vec::new();
        for i in 0..5 {
            let (line, next) = head.append(fields(&format!("action {i}")));
            lines.push(line);
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
