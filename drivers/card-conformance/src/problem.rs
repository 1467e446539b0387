//! What a card that does not conform did.

use card::{CardError, TransportError};
use card_csr::CompletionStatus;
use thiserror::Error;

#[derive(Debug, Error)]
pub enum Problem {
    #[error("{case}")]
    Driver { case: String, source: CardError },
    #[error("the way to the card")]
    Transport(#[from] TransportError),
    #[error("{case}: item {item} is wrong")]
    Differs { case: String, item: usize },
    #[error("{case}: status {found:?} instead of {expected:?}")]
    Status { case: String, expected: CompletionStatus, found: CompletionStatus },
    #[error("{case}: {what}")]
    Wrong { case: String, what: String },
    #[error("{case}: nothing from the card")]
    Silent { case: String },
    #[error("the vectors: {what}")]
    Vectors { what: String },
}

impl Problem {
    pub(crate) fn wrong(case: &str, what: impl Into<String>) -> Self {
        Self::Wrong { case: case.into(), what: what.into() }
    }
}

/// Gives an error of the driver the name of the case that it ended.
pub(crate) trait InCase<T> {
    fn in_case(self, case: &str) -> Result<T, Problem>;
}

impl<T> InCase<T> for Result<T, CardError> {
    fn in_case(self, case: &str) -> Result<T, Problem> {
        self.map_err(|source| Problem::Driver { case: case.into(), source })
    }
}
