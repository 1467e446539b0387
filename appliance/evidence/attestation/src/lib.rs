//! Reading a TPM quote and checking it: no I/O, no TPM, no trust in who sent it.
//!
//! What a [`Verified`] quote says: the key with this public area is a restricted signing key that never left its TPM, and its TPM
//! held these PCR values when it saw this nonce. It does not yet say whose TPM that is: binding the key to an endorsement
//! certificate and to a serial number comes with the full attestation.
#![forbid(unsafe_code)]

mod reader;
mod structures;

use std::collections::BTreeMap;

use ring::digest::{SHA256, digest};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

pub use reader::ReadError;
use structures::Signature;
pub use structures::{Attest, KeyPublic};

/// A quote as it came over the network. All fields are as in `coffer.v1`.
#[derive(Clone, Debug)]
pub struct Quote {
    /// TPMS_ATTEST.
    pub attest: Vec<u8>,
    /// TPMT_SIGNATURE.
    pub signature: Vec<u8>,
    /// TPMT_PUBLIC.
    pub attestation_key: Vec<u8>,
    /// (index, value) of the SHA-256 bank.
    pub pcrs: Vec<(u8, Vec<u8>)>,
}

/// A quote whose signature, nonce and PCR values were checked; there is no other way to get one than [`verify`].
#[derive(Debug)]
pub struct Verified {
    pcrs: BTreeMap<u8, [u8; 32]>,
    attest: Attest,
}

impl Verified {
    pub fn pcr(&self, index: u8) -> Option<&[u8; 32]> {
        self.pcrs.get(&index)
    }

    /// The TPM's clock and counters at the time of the quote.
    pub fn attest(&self) -> &Attest {
        &self.attest
    }
}

#[derive(Debug, thiserror::Error)]
pub enum QuoteError {
    #[error("the {part} can't be read")]
    Unreadable {
        part: &'static str,
        #[source]
        source: ReadError,
    },
    #[error("the attestation key is not {0}: it could have signed anything")]
    KeyAttributes(&'static str),
    #[error("the signature is not the attestation key's")]
    Signature,
    #[error("it answers another nonce")]
    Nonce,
    #[error("PCR {index} is missing from the quote")]
    Missing { index: u8 },
    #[error("the PCR values are not those that the TPM signed")]
    Digest,
    #[error("a PCR value has {size} bytes, SHA-256 has 32")]
    PcrSize { size: usize },
}

/// Checks `quote` against the nonce that the verifier made, and that it covers at least `required` PCRs.
pub fn verify(quote: &Quote, nonce: &[u8], required: &[u8]) -> Result<Verified, QuoteError> {
    let unreadable = |part| move |source| QuoteError::Unreadable { part, source };
    let attest = Attest::read(&quote.attest).map_err(unreadable("quote"))?;
    let key = KeyPublic::read(&quote.attestation_key).map_err(unreadable("attestation key"))?;
    let signature = Signature::read(&quote.signature).map_err(unreadable("signature"))?;
    // TPM 2.0 part 1, 31.2: only a restricted key refuses to sign an outside structure that begins with TPM_GENERATED_VALUE.
    for (has, name) in
        [(key.restricted, "restricted"), (key.signs, "a signing key"), (key.fixed_tpm, "fixed to its TPM")]
    {
        if !has {
            return Err(QuoteError::KeyAttributes(name));
        }
    }
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &key.point)
        .verify(&quote.attest, &signature.fixed)
        .map_err(|_| QuoteError::Signature)?;
    if attest.extra_data != nonce {
        return Err(QuoteError::Nonce);
    }
    let pcrs = values(&attest, &quote.pcrs)?;
    if let Some(&index) = required.iter().find(|i| !pcrs.contains_key(i)) {
        return Err(QuoteError::Missing { index });
    }
    Ok(Verified { pcrs, attest })
}

/// The signed digest is over the selected PCRs' values in ascending order (TPM 2.0 part 2, 10.12.1).
fn values(attest: &Attest, given: &[(u8, Vec<u8>)]) -> Result<BTreeMap<u8, [u8; 32]>, QuoteError> {
    let mut by_index = BTreeMap::new();
    for (index, value) in given {
        let value: [u8; 32] = value.as_slice().try_into().map_err(|_| QuoteError::PcrSize { size: value.len() })?;
        by_index.insert(*index, value);
    }
    let mut selected = BTreeMap::new();
    let mut joined = Vec::new();
    for &index in &attest.pcr_selection {
        let value = by_index.get(&index).ok_or(QuoteError::Missing { index })?;
        joined.extend(value);
        selected.insert(index, *value);
    }
    if digest(&SHA256, &joined).as_ref() != attest.pcr_digest {
        return Err(QuoteError::Digest);
    }
    Ok(selected)
}
