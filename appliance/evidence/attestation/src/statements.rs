//! What the vendor signs: about a machine, at the factory, and about a release.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::jws::Statement;

/// A SHA-256, in JSON as 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash(pub [u8; 32]);

/// Which TPM is in which machine. Signed with the vendor's device-record key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceRecord {
    pub format: u32,
    pub serial: String,
    pub model: String,
    /// Of the endorsement key's TPMT_PUBLIC.
    pub endorsement_key: Hash,
    /// Of the endorsement certificate, DER, if the TPM has one.
    pub endorsement_certificate: Option<Hash>,
    /// Of the attestation key's TPMT_PUBLIC: its Name without the number of the algorithm. The factory has seen by credential
    /// activation that it lies in the same TPM as the endorsement key.
    pub attestation_key: Hash,
    /// YYYY-MM-DD.
    pub date: String,
}

/// What a box that runs this release must show. Signed with the vendor's release key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceValues {
    pub format: u32,
    pub release: String,
    pub profile: String,
    /// Signed with keys that anyone may have.
    pub development: bool,
    pub security_version: u32,
    /// PCR 11 after each path of phases ("enter-initrd:leave-initrd:sysinit:ready"); under "": as systemd-stub leaves it.
    pub pcr11: BTreeMap<String, Hash>,
    /// What the firmware starts, by name (`boot-loader`, `image`, `kernel`): the Authenticode digests.
    pub programs: BTreeMap<String, Hash>,
    pub secure_boot: SecureBoot,
    /// Of /etc/coffer/services.json.
    pub services: Hash,
    /// Of each file of the image, by its path.
    pub components: BTreeMap<String, Hash>,
    /// The builds of the card's design that this release works with.
    pub card_builds: Vec<Hash>,
    /// TPM firmware versions with a known weakness, as 16 hexadecimal digits.
    #[serde(default)]
    pub refused_tpm_firmware: Vec<String>,
    /// The policy of the service's TLS key, where it is the same on every box.
    #[serde(default)]
    pub service_key_policy: Option<Hash>,
}

/// The certificates in the firmware's variables, each by the SHA-256 of its DER, ascending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecureBoot {
    pub pk: Vec<Hash>,
    pub kek: Vec<Hash>,
    pub db: Vec<Hash>,
}

impl Statement for DeviceRecord {
    const TYPE: &'static str = "coffer-device-record";
    const SIZE_MAX: usize = 16 << 10;
    const FORMAT: u32 = 1;
}

impl Statement for ReferenceValues {
    const TYPE: &'static str = "coffer-reference-values";
    const SIZE_MAX: usize = 1 << 20;
    const FORMAT: u32 = 1;
}

impl Hash {
    pub fn of(bytes: &[u8]) -> Hash {
        Hash(<sha2::Sha256 as sha2::Digest>::digest(bytes).into())
    }
}

impl std::fmt::Display for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> String {
        hash.to_string()
    }
}

impl TryFrom<String> for Hash {
    type Error = &'static str;

    fn try_from(hex: String) -> Result<Hash, &'static str> {
        let bytes = HEXLOWER.decode(hex.as_bytes()).ok().and_then(|b| b.try_into().ok());
        bytes.map(Hash).ok_or("a SHA-256 has 64 hexadecimal digits, in lower case")
    }
}
