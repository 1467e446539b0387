//! TPMS_ATTEST (TPM 2.0 part 2, 10.12.12) of the three kinds that an evidence holds.

use crate::reader::{ReadError, Reader};

const TPM_GENERATED_VALUE: u64 = 0xff54_4347;
const TPM_ST_ATTEST_NV: u64 = 0x8014;
const TPM_ST_ATTEST_CERTIFY: u64 = 0x8017;
const TPM_ST_ATTEST_QUOTE: u64 = 0x8018;
const TPM_ALG_SHA256: u64 = 0x000b;

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
    pub claim: Claim,
}

/// What the TPM attests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// TPMS_QUOTE_INFO: PCRs of the SHA-256 bank, ascending, and the digest over their values.
    Quote { selection: Vec<u8>, digest: Vec<u8> },
    /// TPMS_CERTIFY_INFO: an object with this Name is loaded.
    Key { name: Vec<u8> },
    /// TPMS_NV_CERTIFY_INFO: the index with this Name holds this, from `offset` on.
    Nv { name: Vec<u8>, offset: u16, contents: Vec<u8> },
}

impl Attest {
    pub fn read(bytes: &[u8]) -> Result<Attest, ReadError> {
        let mut r = Reader::new(bytes);
        r.expect(4, "magic", TPM_GENERATED_VALUE)?;
        let kind = r.number(2, "type")?;
        r.sized("qualifiedSigner")?;
        let extra_data = r.sized("extraData")?.to_vec();
        let clock = r.number(8, "clock")?;
        let reset_count = r.number(4, "resetCount")? as u32;
        let restart_count = r.number(4, "restartCount")? as u32;
        let safe = r.number(1, "safe")? == 1;
        let firmware_version = r.number(8, "firmwareVersion")?;
        let claim = match kind {
            TPM_ST_ATTEST_QUOTE => quoted(&mut r)?,
            TPM_ST_ATTEST_CERTIFY => {
                let name = r.sized("name")?.to_vec();
                r.sized("qualifiedName")?;
                Claim::Key { name }
            }
            TPM_ST_ATTEST_NV => {
                let name = r.sized("indexName")?.to_vec();
                let offset = r.number(2, "offset")? as u16;
                Claim::Nv { name, offset, contents: r.sized("nvContents")?.to_vec() }
            }
            found => return Err(ReadError::Unexpected { field: "type", found, expected: TPM_ST_ATTEST_QUOTE }),
        };
        r.end()?;
        Ok(Attest { extra_data, clock, reset_count, restart_count, safe, firmware_version, claim })
    }
}

fn quoted(r: &mut Reader<'_>) -> Result<Claim, ReadError> {
    // One bank: a second one, such as SHA-1, would only be a way to say less.
    r.expect(4, "number of PCR banks", 1)?;
    r.expect(2, "PCR bank", TPM_ALG_SHA256)?;
    let size = r.number(1, "sizeofSelect")? as usize;
    let bits = r.bytes(size, "pcrSelect")?;
    let selection = (0..size * 8).filter(|i| bits[i / 8] & (1 << (i % 8)) != 0).map(|i| i as u8).collect();
    Ok(Claim::Quote { selection, digest: r.sized("pcrDigest")?.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cut_and_every_extra_byte_is_an_error() {
        let bodies: [(u16, &[u8]); 3] = [
            (0x8018, &[0, 0, 0, 1, 0, 0x0b, 3, 1, 8, 0, 0, 2, 7, 7]),
            (0x8017, &[0, 2, 5, 5, 0, 1, 6]),
            (0x8014, &[0, 2, 5, 5, 0, 0, 0, 3, 1, 2, 3]),
        ];
        for (kind, body) in bodies {
            let mut attest = Vec::new();
            attest.extend(0xff54_4347u32.to_be_bytes());
            attest.extend(kind.to_be_bytes());
            attest.extend([0, 2, 9, 9, 0, 3, 1, 2, 3]);
            attest.extend([0; 25]);
            attest.extend(body);
            let read = Attest::read(&attest).unwrap();
            assert_eq!(read.extra_data, [1, 2, 3]);
            match (kind, read.claim) {
                (0x8018, Claim::Quote { selection, .. }) => assert_eq!(selection, [0, 11]),
                (0x8017, Claim::Key { name }) => assert_eq!(name, [5, 5]),
                (_, Claim::Nv { contents, .. }) => assert_eq!(contents, [1, 2, 3]),
                other => panic!("{other:?}"),
            }
            for cut in 0..attest.len() {
                assert!(Attest::read(&attest[..cut]).is_err(), "{cut}");
            }
            attest.push(0);
            assert_eq!(Attest::read(&attest), Err(ReadError::Trailing { size: 1 }));
        }
    }
}
