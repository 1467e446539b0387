//! Evidence from bytes and to bytes.

use sha2::{Digest, Sha256};

use super::{Evidence, FORMAT, NONCE_SIZES, Signed};

/// A server's firmware log is a few hundred kilobytes; with it everything fits.
pub const SIZE_MAX: usize = 2 << 20;
const LOG_MAX: usize = 1 << 20;
/// A structure of the TPM's, a certificate, a record: none comes near.
const PART_MAX: usize = 16 << 10;
const INTERMEDIATES_MAX: usize = 8;
const TEXT_MAX: usize = 4 << 10;

#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    #[error("{size} bytes are more than an evidence has ({SIZE_MAX})")]
    Size { size: usize },
    #[error("it is no evidence, or it is cut")]
    Cbor(#[source] minicbor::decode::Error),
    #[error("its format is {found}, {FORMAT} can be read")]
    Format { found: u32 },
    #[error("{part} has {size} bytes or items, which is out of its bounds")]
    Bounds { part: &'static str, size: usize },
    #[error("it is not in the one form that an evidence has: something follows, is there twice, or is unknown")]
    Form,
}

impl Evidence {
    pub fn to_bytes(&self) -> Result<Vec<u8>, EvidenceError> {
        self.bounded()?;
        Ok(self.encoded())
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Evidence, EvidenceError> {
        if bytes.len() > SIZE_MAX {
            return Err(EvidenceError::Size { size: bytes.len() });
        }
        let evidence: Evidence = minicbor::decode(bytes).map_err(EvidenceError::Cbor)?;
        if evidence.format != FORMAT {
            return Err(EvidenceError::Format { found: evidence.format });
        }
        evidence.bounded()?;
        if evidence.encoded() != bytes {
            return Err(EvidenceError::Form);
        }
        Ok(evidence)
    }

    /// What the certification of the service's key has as qualifying data: a hash of this evidence, the nonce included, as it is
    /// before that certification is put in. So no byte of it can be another.
    pub fn binding(&self) -> [u8; 32] {
        let mut before = self.clone();
        if let Some(key) = &mut before.service_key {
            key.certified = Signed::default();
        }
        Sha256::new().chain_update(b"coffer evidence 1").chain_update(before.encoded()).finalize().into()
    }

    fn encoded(&self) -> Vec<u8> {
        // A vector takes every byte, and our types refuse none.
        minicbor::to_vec(self).unwrap_or_default()
    }

    fn bounded(&self) -> Result<(), EvidenceError> {
        let size = |part, size, max| if size <= max { Ok(()) } else { Err(EvidenceError::Bounds { part, size }) };
        if !NONCE_SIZES.contains(&self.nonce.len()) {
            return Err(EvidenceError::Bounds { part: "the nonce", size: self.nonce.len() });
        }
        size("the firmware's log", self.firmware_log.len(), LOG_MAX)?;
        size("the box's own log", self.own_log.len(), LOG_MAX)?;
        size("the PCR values", self.pcrs.len(), 24)?;
        size("the intermediate certificates", self.endorsement.intermediates.len(), INTERMEDIATES_MAX)?;
        let parts = [
            Some(&self.attestation_key),
            Some(&self.quote.attest),
            Some(&self.quote.signature),
            self.endorsement.key.as_ref(),
            self.endorsement.certificate.as_ref(),
            self.device_record.as_ref(),
            self.service_key.as_ref().map(|k| &k.public),
            self.service_key.as_ref().map(|k| &k.certified.attest),
            self.service_key.as_ref().map(|k| &k.certified.signature),
            self.service_key.as_ref().map(|k| &k.certificate),
            self.floor.as_ref().map(|s| &s.attest),
            self.floor.as_ref().map(|s| &s.signature),
        ];
        let intermediates = self.endorsement.intermediates.iter().map(|i| i.len());
        for length in parts.into_iter().flatten().map(Vec::len).chain(intermediates) {
            size("a key, signature, certificate or record", length, PART_MAX)?;
        }
        for text in [Some(&self.said.version), Some(&self.said.image), self.said.audit_head.as_ref()] {
            size("a text", text.map_or(0, String::len), TEXT_MAX)?;
        }
        size("the whole", self.encoded().len(), SIZE_MAX)
    }
}
