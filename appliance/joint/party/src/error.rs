//! Why a protocol ended before it was done.

use std::fmt;

/// Four kinds, by who can mend it. Only the first blames the other party.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// The other party sent what the protocol does not have.
    #[error("the partner broke the protocol in {stage}: {field} {found}")]
    Breach { stage: &'static str, field: &'static str, found: Found },
    /// Own rows cannot be used.
    #[error("the data does not fit: column {column}, row {row}: {problem}")]
    Data {
        column: String,
        /// From 0 in the data set's order.
        row: u64,
        problem: &'static str,
    },
    /// Something is missing or too small, or the two boxes were set up differently: a person can mend that.
    #[error("{what}: {found}")]
    Resource { what: &'static str, found: Found },
    /// The shell or the core itself did what it never should.
    #[error("internal fault: {what}")]
    Fault { what: &'static str },
}

/// What was found, and what should have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Length {
        found: usize,
        expected: usize,
    },
    TooLong {
        found: usize,
        at_most: usize,
    },
    Value {
        found: u64,
        expected: u64,
    },
    TooLarge {
        found: u64,
        at_most: u64,
    },
    TooSmall {
        found: u64,
        at_least: u64,
    },
    /// The entry with this number is malformed.
    Malformed {
        index: usize,
    },
    /// It is not what the other party sent, or not what it says it did before.
    Differs,
    /// Nothing may come there, or not then.
    Unexpected,
}

impl ProtocolError {
    /// Whether the audit log names the other party for it.
    pub fn blames_partner(&self) -> bool {
        matches!(self, ProtocolError::Breach { .. })
    }

    pub fn fault(what: &'static str) -> ProtocolError {
        ProtocolError::Fault { what }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Found::Length { found, expected } => write!(f, "has {found} bytes, and should have {expected}"),
            Found::TooLong { found, at_most } => write!(f, "has {found} bytes, and may have {at_most}"),
            Found::Value { found, expected } => write!(f, "is {found}, and should be {expected}"),
            Found::TooLarge { found, at_most } => write!(f, "is {found}, and may be {at_most} at most"),
            Found::TooSmall { found, at_least } => write!(f, "is {found}, and must be {at_least} at least"),
            Found::Malformed { index } => write!(f, "is malformed at entry {index}"),
            Found::Differs => f.write_str("differs"),
            Found::Unexpected => f.write_str("was not expected"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_breach_blames_the_partner() {
        let breach = ProtocolError::Breach {
            stage: "the exchange",
            field: "number of points",
            found: Found::TooLarge { found: 9, at_most: 4 },
        };
        let text = "the partner broke the protocol in the exchange: number of points is 9, and may be 4 at most";
        assert_eq!((breach.to_string().as_str(), breach.blames_partner()), (text, true));
        let data = ProtocolError::Data { column: "id".into(), row: 7, problem: "stands twice" };
        assert!(!data.blames_partner() && !ProtocolError::fault("x").blames_partner());
        let resource = ProtocolError::Resource { what: "the disk", found: Found::TooSmall { found: 1, at_least: 2 } };
        assert!(!resource.blames_partner());
    }
}
