//! What certificates of this box have in common, and TPM keys that sign them.

use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};

use rcgen::{CertificateParams, PublicKeyData, SignatureAlgorithm};
use time::OffsetDateTime;

use crate::KeydError;
use crate::tpm::{Policy, SealError, SigningKey, Tpm};
use crate::vault::random;

/// RFC 5280 4.1.2.5: "To indicate that a certificate has no well-defined expiration date, the notAfter SHOULD be assigned
/// the GeneralizedTime value of 99991231235959Z." The start is fixed: a box's first clock may be wrong.
pub(crate) fn for_ever(params: &mut CertificateParams) {
    params.not_before = rcgen::date_time_ymd(2024, 1, 1);
    params.not_after = rcgen::date_time_ymd(9999, 12, 31) + time::Duration::seconds(24 * 3600 - 1);
}

/// RFC 5280 4.1.2.2: positive, at most 20 octets.
pub(crate) fn serial() -> Result<[u8; 16], KeydError> {
    let mut serial = random::<16>()?;
    serial[0] = (serial[0] & 0x7f) | 0x40;
    Ok(serial)
}

pub(crate) fn now() -> OffsetDateTime {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(seconds.min(i64::MAX as u64) as i64)
}

/// A TPM key as rcgen wants to see it.
pub(crate) struct TpmKey<'a, 'b> {
    tpm: &'a RefCell<&'b mut Tpm>,
    policy: &'a Policy,
    key: &'a SigningKey,
    /// Why it did not sign: rcgen carries no error of ours.
    failed: RefCell<Option<SealError>>,
}

impl<'a, 'b> TpmKey<'a, 'b> {
    pub(crate) fn new(tpm: &'a RefCell<&'b mut Tpm>, policy: &'a Policy, key: &'a SigningKey) -> TpmKey<'a, 'b> {
        TpmKey { tpm, policy, key, failed: RefCell::new(None) }
    }

    /// What was behind rcgen's error.
    pub(crate) fn why(&self, error: rcgen::Error) -> KeydError {
        self.failed.borrow_mut().take().map_or(error.into(), KeydError::Seal)
    }
}

impl PublicKeyData for TpmKey<'_, '_> {
    fn der_bytes(&self) -> &[u8] {
        &self.key.point
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl rcgen::SigningKey for TpmKey<'_, '_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signature = self.tpm.borrow_mut().sign(self.policy, self.key, message).map_err(|e| {
            *self.failed.borrow_mut() = Some(e);
            rcgen::Error::RemoteKeyError
        })?;
        Ok(ecdsa_der(&signature))
    }
}

/// RFC 3279 2.2.3: Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }.
pub(crate) fn ecdsa_der(fixed: &[u8; 64]) -> Vec<u8> {
    let mut body = Vec::with_capacity(70);
    for half in fixed.chunks_exact(32) {
        let digits = &half[half.iter().position(|b| *b != 0).unwrap_or(31)..];
        let pad = usize::from(digits[0] & 0x80 != 0);
        body.extend([2, (digits.len() + pad) as u8]);
        body.extend(std::iter::repeat_n(0, pad));
        body.extend(digits);
    }
    [&[0x30, body.len() as u8], body.as_slice()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn der_integers_are_minimal_and_positive() {
        let mut fixed = [0u8; 64];
        fixed[31] = 5;
        fixed[32] = 0x80;
        let der = ecdsa_der(&fixed);
        assert_eq!(&der[..7], &[0x30, 38, 2, 1, 5, 2, 33]);
        assert_eq!(&der[7..9], &[0, 0x80]);
    }
}
