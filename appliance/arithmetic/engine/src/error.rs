//! What can go wrong with a batch, and with the card that did it.

use crate::widths::{MAX_BITS, MIN_BITS};

#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("the modulus is even")]
    EvenModulus,
    #[error("a modulus of {bits} bits; {MIN_BITS} to {MAX_BITS} are supported")]
    Width { bits: usize },
    #[error("element {index} is not below the modulus")]
    NotReduced { index: usize },
    #[error("exponent {index} has more than {bits} bits")]
    LongExponent { index: usize, bits: usize },
    #[error("the operands' widths or counts do not match: {what}")]
    Shape { what: &'static str },
    #[error("a number has no inverse modulo the modulus")]
    NotInvertible,
    #[error("cancelled")]
    Cancelled,
    #[error("no randomness from the kernel")]
    Randomness(#[source] getrandom::Error),
    #[error("the card")]
    Card(#[from] CardTrouble),
}

/// Why a card is out of service.
#[derive(Debug, thiserror::Error)]
pub enum CardTrouble {
    #[error("the card failed")]
    Driver(#[source] card::CardError),
    #[error("the card gave a wrong result (verification of a batch of {items} items)")]
    WrongResult { items: usize },
    #[error("no card is in service")]
    NoneInService,
}

impl From<card::Trouble> for CardTrouble {
    fn from(trouble: card::Trouble) -> CardTrouble {
        match trouble {
            card::Trouble::Driver(error) => CardTrouble::Driver(error),
            card::Trouble::WrongResult { items } => CardTrouble::WrongResult { items },
        }
    }
}

impl CardTrouble {
    /// The whole chain in one line, for status reports.
    pub fn chain(&self) -> String {
        error_chain::chain(self)
    }
}
