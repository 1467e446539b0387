//! What the TPM's maker left in it: the endorsement key's certificate, and those between it and the maker's root.

use tss_esapi::handles::{NvIndexHandle, NvIndexTpmHandle, TpmHandle};
use tss_esapi::interface_types::reserved_handles::NvAuth;
use tss_esapi::interface_types::session_handles::AuthSession;
use x509_parser::parse_x509_certificate;

use super::error::is_no_handle;
use super::{Action, Tpm, TpmError};

/// Of the RSA key (TCG EK Credential Profile 2.3, 2.2.1.4).
const CERTIFICATE: u32 = 0x01c0_0002;
/// The chain: certificates one after another, from the first index on, as many indices as it takes (the same, 2.2.1.5.2).
const CHAIN: std::ops::RangeInclusive<u32> = 0x01c0_0100..=0x01c0_01ff;
/// Of an index, of all of the chain, and of what is read at once (TPM_PT_NV_BUFFER_MAX is 512 at least).
const INDEX_MAX: u16 = 8192;
const CHAIN_MAX: usize = 32 << 10;
const READ_MAX: u16 = 512;
/// As many as evidence holds.
const INTERMEDIATES_MAX: usize = 8;

impl Tpm {
    /// X.509, DER; `None`: there is none.
    pub(super) fn maker_certificate(&mut self) -> Result<Option<Vec<u8>>, TpmError> {
        self.left_in(CERTIFICATE)
    }

    /// X.509, DER, each. What is no certificate ends them, and what is not for us to read, too: they can come to a verifier in other
    /// ways, and evidence must not fail for what a maker left there.
    pub(super) fn maker_intermediates(&mut self) -> Result<Vec<Vec<u8>>, TpmError> {
        let mut chain = Vec::new();
        for index in CHAIN {
            match self.left_in(index) {
                Ok(Some(piece)) if chain.len() + piece.len() <= CHAIN_MAX => chain.extend(piece),
                Err(e @ TpmError::Command { .. }) if e.is_failing() => return Err(e),
                Ok(_) | Err(_) => break,
            }
        }
        Ok(split(&chain))
    }

    fn left_in(&mut self, index: u32) -> Result<Option<Vec<u8>>, TpmError> {
        let index = NvIndexTpmHandle::new(index).action("hold an NV index's handle")?;
        let found = self.context.execute_without_session(|c| c.tr_from_tpm_public(TpmHandle::NvIndex(index)));
        let handle = match found {
            Ok(handle) => NvIndexHandle::from(handle),
            Err(e) if is_no_handle(&e) => return Ok(None),
            Err(source) => return Err(TpmError::Command { action: "find its maker's certificates", source }),
        };
        let read = self.read_all(handle);
        let mut handle = handle.into();
        let _ = self.context.tr_close(&mut handle);
        read.map(Some)
    }

    fn read_all(&mut self, handle: NvIndexHandle) -> Result<Vec<u8>, TpmError> {
        let action = "read its maker's certificates";
        let (public, _) = self.context.execute_without_session(|c| c.nv_read_public(handle)).action(action)?;
        let size = u16::try_from(public.data_size()).ok().filter(|size| *size <= INDEX_MAX);
        let size = size.ok_or(TpmError::Answer("a maker's certificates of more than 8 KiB in an index"))?;
        let mut content = Vec::with_capacity(size.into());
        while content.len() < size.into() {
            let offset = content.len() as u16;
            let piece = self.context.execute_with_session(Some(AuthSession::Password), |c| {
                c.nv_read(NvAuth::NvIndex(handle), handle, READ_MAX.min(size - offset), offset)
            });
            match piece.action(action)?.as_bytes() {
                [] => return Err(TpmError::Answer("a piece of nothing")),
                piece => content.extend(piece),
            }
        }
        Ok(content)
    }
}

fn split(chain: &[u8]) -> Vec<Vec<u8>> {
    let mut certificates = Vec::new();
    let mut rest = chain;
    while certificates.len() < INTERMEDIATES_MAX
        && let Ok((after, _)) = parse_x509_certificate(rest)
    {
        certificates.push(rest[..rest.len() - after.len()].to_vec());
        rest = after;
    }
    certificates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_one_after_another_and_what_comes_after_them() {
        let made = |name: &str| {
            let key = rcgen::KeyPair::generate().unwrap();
            rcgen::CertificateParams::new(vec![name.into()]).unwrap().self_signed(&key).unwrap().der().to_vec()
        };
        let (one, other) = (made("one"), made("other"));
        assert_eq!(split(&[&one[..], &other, &[0xff; 100]].concat()), [&one[..], &other]);
        assert_eq!(split(&[&one[..], &other[..other.len() - 1]].concat()), [&one[..]]);
        assert!(split(&[0; 64]).is_empty() && split(&[]).is_empty());
        assert_eq!(split(&one.repeat(20)).len(), INTERMEDIATES_MAX);
    }
}
