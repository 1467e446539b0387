//! Heads that the TPM signed: a quote whose nonce says where the chain stood.
//!
//! A quote over PCR 11 alone is a head's and never a client's: those cover ten PCRs. keyd counts the heads, and remembers the last
//! one apart from the log, so that a log that lost its tail shows as a loss in every later head.

use attestation::{Attest, Quote, QuoteError, verify};
use data_encoding::BASE64;
use ring::digest::{Context, SHA256};
use serde_json::{Map, Value};

/// The one PCR that a head's quote covers: our image.
pub const PCR: u8 = 11;
/// The action of a line that holds a head.
pub const ACTION: &str = "head";

/// What a head says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The lines below this number are covered.
    pub number: u64,
    /// The hash of the last one.
    pub hash: String,
    /// How many heads were signed before.
    pub heads: u64,
    /// How often the log had become shorter, or another one, than it was at a head.
    pub losses: u64,
}

/// A head as it stands in a line.
#[derive(Clone, Debug)]
pub struct SignedHead {
    pub statement: Statement,
    pub quote: Quote,
}

#[derive(Debug, thiserror::Error)]
pub enum HeadError {
    #[error("{0} is missing or not what it should be")]
    Field(&'static str),
    #[error("it is not about this log: it names another line or hash")]
    Other,
    #[error("its quote covers other PCRs than {PCR}")]
    Pcrs,
    #[error("its quote")]
    Quote(#[source] QuoteError),
}

/// The nonce of the head's quote: 32 bytes.
pub fn nonce(statement: &Statement) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(b"coffer audit head v1");
    for number in [statement.number, statement.heads, statement.losses] {
        context.update(&number.to_be_bytes());
    }
    context.update(statement.hash.as_bytes());
    let mut nonce = [0; 32];
    nonce.copy_from_slice(context.finish().as_ref());
    nonce
}

/// The detail of the line that holds it; it may stand some lines after those that it covers.
pub fn detail(head: &SignedHead) -> Map<String, Value> {
    let Quote { attest, signature, attestation_key, pcrs } = &head.quote;
    let value = pcrs.iter().find(|(index, _)| *index == PCR).map_or(&[][..], |(_, value)| value);
    let Statement { number, heads, losses, .. } = head.statement;
    let numbers = [("number", number), ("heads", heads), ("losses", losses)];
    let bytes = [
        ("attest", attest.as_slice()),
        ("signature", signature),
        ("attestation_key", attestation_key),
        ("pcr11", value),
    ];
    let numbers = numbers.map(|(name, number)| (name.to_string(), Value::from(number)));
    numbers.into_iter().chain(bytes.map(|(name, bytes)| (name.to_string(), BASE64.encode(bytes).into()))).collect()
}

/// Reads and checks the head in a line's detail. `hash_at`: the hash that the line of this number refers to, as far as it is known.
pub fn check(
    detail: &Value,
    hash_at: impl FnOnce(u64) -> Option<String>,
) -> Result<(Statement, Attest, Vec<u8>), HeadError> {
    let count = |name: &'static str| detail.get(name).and_then(Value::as_u64).ok_or(HeadError::Field(name));
    let bytes = |name: &'static str| {
        let text = detail.get(name).and_then(Value::as_str).ok_or(HeadError::Field(name))?;
        BASE64.decode(text.as_bytes()).map_err(|_| HeadError::Field(name))
    };
    let number = count("number")?;
    let hash = hash_at(number).ok_or(HeadError::Other)?;
    let statement = Statement { number, hash, heads: count("heads")?, losses: count("losses")? };
    let attestation_key = bytes("attestation_key")?;
    let quote = Quote {
        attest: bytes("attest")?,
        signature: bytes("signature")?,
        attestation_key: attestation_key.clone(),
        pcrs: vec![(PCR, bytes("pcr11")?)],
    };
    let verified = verify(&quote, &nonce(&statement), &[PCR]).map_err(|e| match e {
        QuoteError::Nonce => HeadError::Other,
        QuoteError::Missing { .. } => HeadError::Pcrs,
        e => HeadError::Quote(e),
    })?;
    if verified.pcrs().keys().ne([&PCR]) {
        return Err(HeadError::Pcrs);
    }
    Ok((statement, verified.attest().clone(), attestation_key))
}
