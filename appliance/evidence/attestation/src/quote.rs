//! A quote, and checking it.

use std::collections::BTreeMap;

use p256::ecdsa::VerifyingKey;
use p256::ecdsa::signature::Verifier;
use sha2::{Digest, Sha256};

use crate::attest::{Attest, Claim};
use crate::public::{KeyPublic, Signature};
use crate::reader::ReadError;

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
    /// The PCRs that it covers, and no others.
    pub fn pcrs(&self) -> &BTreeMap<u8, [u8; 32]> {
        &self.pcrs
    }

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
    #[error("it is no quote")]
    Kind,
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
    let key = KeyPublic::read(&quote.attestation_key)
        .map_err(|source| QuoteError::Unreadable { part: "attestation key", source })?;
    signs_only_what_the_tpm_made(&key)?;
    let attest = signed_by(&key, &quote.attest, &quote.signature)?;
    if attest.extra_data != nonce {
        return Err(QuoteError::Nonce);
    }
    let pcrs = values(&attest, &quote.pcrs)?;
    if let Some(&index) = required.iter().find(|i| !pcrs.contains_key(i)) {
        return Err(QuoteError::Missing { index });
    }
    Ok(Verified { pcrs, attest })
}

/// TPM 2.0 part 1, 31.2: only a restricted key refuses to sign an outside structure that begins with TPM_GENERATED_VALUE.
pub fn signs_only_what_the_tpm_made(key: &KeyPublic) -> Result<(), QuoteError> {
    let needed = [
        (key.attributes.restricted(), "restricted"),
        (key.attributes.signs(), "a signing key"),
        (key.attributes.fixed_tpm(), "fixed to its TPM"),
        (key.attributes.sensitive_data_origin(), "one that the TPM made"),
    ];
    needed.into_iter().try_for_each(|(has, name)| if has { Ok(()) } else { Err(QuoteError::KeyAttributes(name)) })
}

/// What an attestation says, once its signature was found to be the key's.
pub fn signed_by(key: &KeyPublic, attest: &[u8], signature: &[u8]) -> Result<Attest, QuoteError> {
    let unreadable = |part| move |source| QuoteError::Unreadable { part, source };
    let read = Attest::read(attest).map_err(unreadable("quote"))?;
    let signature = Signature::read(signature).map_err(unreadable("signature"))?;
    let key = VerifyingKey::from_sec1_bytes(&key.point).map_err(|_| QuoteError::Signature)?;
    let signature = p256::ecdsa::Signature::from_slice(&signature.fixed).map_err(|_| QuoteError::Signature)?;
    key.verify(attest, &signature).map_err(|_| QuoteError::Signature)?;
    Ok(read)
}

/// The signed digest is over the selected PCRs' values in ascending order (TPM 2.0 part 2, 10.12.1).
fn values(attest: &Attest, given: &[(u8, Vec<u8>)]) -> Result<BTreeMap<u8, [u8; 32]>, QuoteError> {
    let Claim::Quote { selection, digest } = &attest.claim else { return Err(QuoteError::Kind) };
    let mut by_index = BTreeMap::new();
    for (index, value) in given {
        let value: [u8; 32] = value.as_slice().try_into().map_err(|_| QuoteError::PcrSize { size: value.len() })?;
        by_index.insert(*index, value);
    }
    let mut selected = BTreeMap::new();
    let mut joined = Sha256::new();
    for &index in selection {
        let value = by_index.get(&index).ok_or(QuoteError::Missing { index })?;
        joined.update(value);
        selected.insert(index, *value);
    }
    if joined.finalize().as_slice() != digest.as_slice() {
        return Err(QuoteError::Digest);
    }
    Ok(selected)
}
