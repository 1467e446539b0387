//! The three TPM structures of a quote, in the one form that our boxes make (ECC P-256, SHA-256).

use crate::reader::{ReadError, Reader};

const TPM_GENERATED_VALUE: u64 = 0xff54_4347;
const TPM_ST_ATTEST_QUOTE: u64 = 0x8018;
const TPM_ALG_SHA256: u64 = 0x000b;
const TPM_ALG_NULL: u64 = 0x0010;
const TPM_ALG_ECDSA: u64 = 0x0018;
const TPM_ALG_ECC: u64 = 0x0023;
const TPM_ECC_NIST_P256: u64 = 0x0003;

/// TPMS_ATTEST of a quote (TPM 2.0 part 2, 10.12.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attest {
    pub extra_data: Vec<u8>,
    /// Milliseconds that the TPM has been powered.
    pub clock: u64,
    pub reset_count: u32,
    pub restart_count: u32,
    /// The clock has not gone backwards since it was last reported.
    pub safe: bool,
    pub firmware_version: u64,
    /// PCRs of the SHA-256 bank, ascending.
    pub pcr_selection: Vec<u8>,
    pub pcr_digest: Vec<u8>,
}

impl Attest {
    pub fn read(bytes: &[u8]) -> Result<Attest, ReadError> {
        let mut r = Reader::new(bytes);
        r.expect(4, "magic", TPM_GENERATED_VALUE)?;
        r.expect(2, "type", TPM_ST_ATTEST_QUOTE)?;
        r.sized("qualifiedSigner")?;
        let extra_data = r.sized("extraData")?.to_vec();
        let clock = r.number(8, "clock")?;
        let reset_count = r.number(4, "resetCount")? as u32;
        let restart_count = r.number(4, "restartCount")? as u32;
        let safe = r.number(1, "safe")? == 1;
        let firmware_version = r.number(8, "firmwareVersion")?;
        // One bank: a second one, such as SHA-1, would only be a way to say less.
        r.expect(4, "number of PCR banks", 1)?;
        r.expect(2, "PCR bank", TPM_ALG_SHA256)?;
        let size = r.number(1, "sizeofSelect")? as usize;
        let bits = r.bytes(size, "pcrSelect")?;
        let pcr_selection = (0..size * 8).filter(|i| bits[i / 8] & (1 << (i % 8)) != 0).map(|i| i as u8).collect();
        let pcr_digest = r.sized("pcrDigest")?.to_vec();
        r.end()?;
        Ok(Attest { extra_data, clock, reset_count, restart_count, safe, firmware_version, pcr_selection, pcr_digest })
    }
}

/// TPMT_PUBLIC of an ECDSA P-256 key (TPM 2.0 part 2, 12.2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPublic {
    pub fixed_tpm: bool,
    pub restricted: bool,
    pub signs: bool,
    /// Uncompressed: 4, x, y.
    pub point: [u8; 65],
}

impl KeyPublic {
    pub fn read(bytes: &[u8]) -> Result<KeyPublic, ReadError> {
        let mut r = Reader::new(bytes);
        r.expect(2, "type", TPM_ALG_ECC)?;
        r.expect(2, "nameAlg", TPM_ALG_SHA256)?;
        // TPMA_OBJECT (TPM 2.0 part 2, 8.3.3).
        let attributes = r.number(4, "objectAttributes")?;
        let has = |bit: u32| attributes & (1 << bit) != 0;
        r.sized("authPolicy")?;
        r.expect(2, "symmetric", TPM_ALG_NULL)?;
        r.expect(2, "scheme", TPM_ALG_ECDSA)?;
        r.expect(2, "hash", TPM_ALG_SHA256)?;
        r.expect(2, "curve", TPM_ECC_NIST_P256)?;
        r.expect(2, "kdf", TPM_ALG_NULL)?;
        let mut point = [0; 65];
        point[0] = 4;
        place(&mut point[1..33], r.sized("x")?, "x")?;
        place(&mut point[33..], r.sized("y")?, "y")?;
        r.end()?;
        Ok(KeyPublic { fixed_tpm: has(1), restricted: has(16), signs: has(18), point })
    }
}

/// TPMT_SIGNATURE of ECDSA with SHA-256 (TPM 2.0 part 2, 11.3.4), as r and s of 32 bytes.
pub(crate) struct Signature {
    pub(crate) fixed: [u8; 64],
}

impl Signature {
    pub(crate) fn read(bytes: &[u8]) -> Result<Signature, ReadError> {
        let mut r = Reader::new(bytes);
        r.expect(2, "sigAlg", TPM_ALG_ECDSA)?;
        r.expect(2, "hash", TPM_ALG_SHA256)?;
        let mut fixed = [0; 64];
        place(&mut fixed[..32], r.sized("r")?, "r")?;
        place(&mut fixed[32..], r.sized("s")?, "s")?;
        r.end()?;
        Ok(Signature { fixed })
    }
}

/// A number right-aligned in its field; a TPM may have dropped leading zeros.
fn place(target: &mut [u8], number: &[u8], field: &'static str) -> Result<(), ReadError> {
    let start = target.len().checked_sub(number.len()).ok_or(ReadError::Long { field, size: number.len() })?;
    target[start..].copy_from_slice(number);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cut_and_every_extra_byte_is_an_error() {
        let mut attest = Vec::new();
        attest.extend(0xff54_4347u32.to_be_bytes());
        attest.extend(0x8018u16.to_be_bytes());
        attest.extend([0, 2, 9, 9, 0, 3, 1, 2, 3]);
        attest.extend([0; 17]);
        attest.extend([0; 8]);
        attest.extend([0, 0, 0, 1, 0, 0x0b, 3, 1, 8, 0, 0, 2, 7, 7]);
        let read = Attest::read(&attest).unwrap();
        assert_eq!((read.pcr_selection, read.extra_data), (vec![0, 11], vec![1, 2, 3]));
        for cut in 0..attest.len() {
            assert!(Attest::read(&attest[..cut]).is_err(), "{cut}");
        }
        attest.push(0);
        assert_eq!(Attest::read(&attest), Err(ReadError::Trailing { size: 1 }));
    }
}
