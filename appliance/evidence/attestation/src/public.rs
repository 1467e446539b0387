//! TPMT_PUBLIC (TPM 2.0 part 2, 12.2.4) of the keys that an evidence holds, and TPMT_SIGNATURE (11.3.4).

use sha2::{Digest, Sha256};

use crate::reader::{ReadError, Reader};

const TPM_ALG_RSA: u64 = 0x0001;
const TPM_ALG_AES: u64 = 0x0006;
const TPM_ALG_SHA256: u64 = 0x000b;
const TPM_ALG_NULL: u64 = 0x0010;
const TPM_ALG_ECDSA: u64 = 0x0018;
const TPM_ALG_ECC: u64 = 0x0023;
const TPM_ALG_CFB: u64 = 0x0043;
const TPM_ECC_NIST_P256: u64 = 0x0003;

/// TPMA_OBJECT (TPM 2.0 part 2, 8.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attributes(u32);

/// An ECDSA P-256 key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPublic {
    pub attributes: Attributes,
    pub policy: Vec<u8>,
    /// Uncompressed: 4, x, y.
    pub point: [u8; 65],
}

/// An RSA-2048 endorsement key, of the template that its maker certifies (TCG EK Credential Profile 2.6, B.3.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndorsementPublic {
    pub attributes: Attributes,
    pub modulus: Vec<u8>,
}

/// The Name of an object: SHA-256's number and the hash of its public area.
pub fn name(public: &[u8]) -> Vec<u8> {
    [&[0, 0x0b], Sha256::digest(public).as_slice()].concat()
}

impl Attributes {
    pub fn fixed_tpm(self) -> bool {
        self.has(1)
    }

    /// The TPM made it: nobody else ever had its private part.
    pub fn sensitive_data_origin(self) -> bool {
        self.has(5)
    }

    /// An authorization value alone is enough; without this, the policy must be met.
    pub fn user_with_auth(self) -> bool {
        self.has(6)
    }

    pub fn restricted(self) -> bool {
        self.has(16)
    }

    pub fn decrypts(self) -> bool {
        self.has(17)
    }

    pub fn signs(self) -> bool {
        self.has(18)
    }

    fn has(self, bit: u32) -> bool {
        self.0 & (1 << bit) != 0
    }
}

impl KeyPublic {
    pub fn read(bytes: &[u8]) -> Result<KeyPublic, ReadError> {
        let mut r = Reader::new(bytes);
        r.expect(2, "type", TPM_ALG_ECC)?;
        r.expect(2, "nameAlg", TPM_ALG_SHA256)?;
        let attributes = Attributes(r.number(4, "objectAttributes")? as u32);
        let policy = r.sized("authPolicy")?.to_vec();
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
        Ok(KeyPublic { attributes, policy, point })
    }
}

impl EndorsementPublic {
    pub fn read(bytes: &[u8]) -> Result<EndorsementPublic, ReadError> {
        let mut r = Reader::new(bytes);
        r.expect(2, "type", TPM_ALG_RSA)?;
        r.expect(2, "nameAlg", TPM_ALG_SHA256)?;
        let attributes = Attributes(r.number(4, "objectAttributes")? as u32);
        r.sized("authPolicy")?;
        r.expect(2, "symmetric", TPM_ALG_AES)?;
        r.expect(2, "keyBits of the cipher", 128)?;
        r.expect(2, "mode", TPM_ALG_CFB)?;
        r.expect(2, "scheme", TPM_ALG_NULL)?;
        r.expect(2, "keyBits", 2048)?;
        // 0 stands for 65537.
        r.expect(4, "exponent", 0)?;
        let modulus = r.sized("modulus")?.to_vec();
        r.end()?;
        match modulus.len() {
            256 => Ok(EndorsementPublic { attributes, modulus }),
            size => Err(ReadError::Long { field: "modulus", size }),
        }
    }
}

/// ECDSA with SHA-256, as r and s of 32 bytes.
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
