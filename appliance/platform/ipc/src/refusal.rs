//! Why keyd refuses.

use serde::{Deserialize, Serialize};

use crate::bounded::Text;

/// Why a request was refused; the text says what was wrong with it and holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    NotFound(Text<256>),
    NotAllowed(Text<256>),
    Invalid(Text<256>),
    Exists(Text<256>),
    /// The key was sealed by another TPM, or its file is damaged.
    Unavailable(Text<256>),
    /// Too much at a time: come again.
    Busy(Text<256>),
    /// keyd or the TPM failed.
    Failed(Text<256>),
}

impl Refusal {
    pub fn text(&self) -> &str {
        match self {
            Refusal::NotFound(text)
            | Refusal::NotAllowed(text)
            | Refusal::Invalid(text)
            | Refusal::Exists(text)
            | Refusal::Unavailable(text)
            | Refusal::Busy(text)
            | Refusal::Failed(text) => text.as_str(),
        }
    }
}
