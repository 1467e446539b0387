//! The vendor's signed PCR policy (uapi-group's tpm2-pcr-signature.json) and the policy digests made from it.

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use ipc::control::PcrPolicy;
use ring::digest::{Context as Sha256, SHA256};
use serde::Deserialize;
use tss_esapi::attributes::ObjectAttributesBuilder;
use tss_esapi::interface_types::algorithm::{HashingAlgorithm, PublicAlgorithm};
use tss_esapi::interface_types::key_bits::RsaKeyBits;
use tss_esapi::structures::{Public, PublicBuilder, PublicKeyRsa, PublicRsaParametersBuilder, RsaExponent, RsaScheme};
use x509_parser::pem::parse_x509_pem;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::nv::{APPROVED_EARLY, APPROVED_READY, Index, PIN, SECURITY_VERSIONS};
use super::{Action, TpmError};

/// The phases by which PCR 11 leaves the state in which the volume key unseals.
pub const LATE_PHASES: [&str; 3] = ["leave-initrd", "sysinit", "ready"];

/// When in a boot a secret may be unsealed. Each has a signing key of its own: PolicyAuthorize takes any value that its key signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// PCR 11 at "enter-initrd": the data volume's key.
    Early,
    /// PCR 11 at "...:ready": what the services unseal.
    Ready,
}

impl Phase {
    pub(crate) fn index(self) -> Index {
        match self {
            Phase::Early => APPROVED_EARLY,
            Phase::Ready => APPROVED_READY,
        }
    }

    /// The PIN is for the volume: what is sealed for later opens on the open volume alone.
    pub(crate) fn takes_pin(self) -> bool {
        self == Phase::Early
    }
}

/// The vendor's policy for one phase, parsed.
#[derive(Clone)]
pub struct Policy {
    pub(crate) phase: Phase,
    /// The signing key as the TPM sees it.
    pub(crate) key: Public,
    pub(crate) approved: Vec<Approved>,
    /// Beside all that: the TPM's counter stands at this value.
    pub(crate) count: Option<u64>,
}

/// A digest over PCR 11 and a security version ([`signed`]) with the vendor's signature.
#[derive(Clone)]
pub(crate) struct Approved {
    pub(crate) digest: Vec<u8>,
    pub(crate) security_version: u8,
    pub(crate) signature: Vec<u8>,
}

#[derive(Deserialize)]
struct SignatureFile {
    sha256: Vec<SignatureEntry>,
}

#[derive(Deserialize)]
struct SignatureEntry {
    pcrs: Vec<u32>,
    /// Which the digest has in it; a wrong one leads to no digest that is signed.
    #[serde(rename = "coffer-security-version")]
    security_version: u8,
    pol: String,
    sig: String,
}

impl Policy {
    pub fn parse(policy: &PcrPolicy, phase: Phase) -> Result<Policy, TpmError> {
        let pem = match phase {
            Phase::Early => &policy.public_key_pem,
            Phase::Ready => &policy.service_public_key_pem,
        };
        let bad = |what: &str| TpmError::Policy(what.to_string());
        let file: SignatureFile =
            serde_json::from_str(&policy.signature_json).map_err(|e| TpmError::Policy(format!("its JSON: {e}")))?;
        let mut approved = Vec::new();
        for entry in file.sha256.iter().filter(|e| e.pcrs == [11]) {
            approved.push(Approved {
                digest: HEXLOWER_PERMISSIVE
                    .decode(entry.pol.as_bytes())
                    .map_err(|_| bad("a digest is not hexadecimal"))?,
                security_version: entry.security_version,
                signature: BASE64.decode(entry.sig.as_bytes()).map_err(|_| bad("a signature is not base64"))?,
            });
        }
        if approved.is_empty() {
            return Err(bad("it signs no value of PCR 11 alone"));
        }
        Ok(Policy { phase, key: signing_key(pem)?, approved, count: None })
    }

    /// The same, and only for as long as the TPM's counter stands at this value.
    pub fn at_count(&self, count: u64) -> Policy {
        Policy { count: Some(count), ..self.clone() }
    }
}

/// What all that is sealed in this phase asks for: whatever policy the phase's index holds (TPM 2.0 part 3, 23.22
/// PolicyAuthorizeNV). So a planned change of what is approved is one write into the TPM, and nothing is sealed again.
pub(crate) fn sealed(phase: Phase) -> [u8; 32] {
    sha256(&[&[0; 32], &TPM_CC_POLICY_AUTHORIZE_NV.to_be_bytes(), &phase.index().name()])
}

/// What the index holds: PolicyAuthorize(the vendor's key), PCR 7 as it is (Secure Boot's state and keys), PCR 12 zero (no
/// parameters and add-ons beside the image's own), and, with `pin`, that somebody gave the PIN (PolicySecret).
///
/// TPM 2.0 part 3, 23.16 PolicyAuthorize: the digest is reset to zero, then
/// `policyDigest = H(policyDigest || TPM_CC_PolicyAuthorize || keySign)`, then `H(policyDigest || policyRef)`.
pub(crate) fn approved(key_name: &[u8], pcr7: &[u8; 32], pin: bool) -> [u8; 32] {
    let authorized = sha256(&[&[0; 32], &TPM_CC_POLICY_AUTHORIZE.to_be_bytes(), key_name]);
    let measured = policy_pcr(&sha256(&[&authorized]), &[(7, *pcr7), (12, [0; 32])]);
    if pin { policy_secret(&measured, &PIN.name()) } else { measured }
}

/// 23.4 PolicySecret: `H(policyDigest || TPM_CC_PolicySecret || entityName)`, then `H(policyDigest || policyRef)`, which is empty.
fn policy_secret(previous: &[u8; 32], name: &[u8]) -> [u8; 32] {
    sha256(&[&sha256(&[previous, &TPM_CC_POLICY_SECRET.to_be_bytes(), name])])
}

/// Either of two (23.6 PolicyOR): the digest is reset to zero, then `H(policyDigest || TPM_CC_PolicyOR || digests)`.
pub(crate) fn either(digests: &[[u8; 32]; 2]) -> [u8; 32] {
    sha256(&[&[0; 32], &TPM_CC_POLICY_OR.to_be_bytes(), &digests[0], &digests[1]])
}

/// What the vendor signs: PCR 11, and that no bit above `version` is set in the index of security versions.
pub(crate) fn signed(pcr11: &[u8; 32], version: u8) -> [u8; 32] {
    let previous = policy_pcr(&[0; 32], &[(11, *pcr11)]);
    // 23.9 PolicyNV: args = H(operandB || offset || operation), new = H(old || TPM_CC_PolicyNV || args || nvIndex's Name).
    let arguments = sha256(&[&bits_above(version).to_be_bytes(), &[0, 0], &TPM_EO_BITCLEAR.to_be_bytes()]);
    sha256(&[&previous, &TPM_CC_POLICY_NV.to_be_bytes(), &arguments, &SECURITY_VERSIONS.name()])
}

/// The bits that must be clear for an image of this security version, 0 to 63, to open anything.
pub(crate) fn bits_above(version: u8) -> u64 {
    u64::MAX.checked_shl(u32::from(version) + 1).unwrap_or(0)
}

/// PolicyPCR over PCRs of the SHA-256 bank, ascending, that have these values (23.7 PolicyPCR):
/// `policyDigest = H(policyDigest || TPM_CC_PolicyPCR || PCRs || digestTPM)`.
fn policy_pcr(previous: &[u8; 32], pcrs: &[(u8, [u8; 32])]) -> [u8; 32] {
    let mut select = [0u8; 3];
    pcrs.iter().for_each(|(pcr, _)| select[usize::from(pcr / 8)] |= 1 << (pcr % 8));
    // TPML_PCR_SELECTION: count 1, { TPM_ALG_SHA256, sizeofSelect 3, pcrSelect }.
    let selection = [0, 0, 0, 1, 0, 0x0b, 3, select[0], select[1], select[2]];
    let values: Vec<u8> = pcrs.iter().flat_map(|(_, value)| *value).collect();
    sha256(&[previous, &TPM_CC_POLICY_PCR.to_be_bytes(), &selection, &sha256(&[&values])])
}

const TPM_CC_POLICY_NV: u32 = 0x149;
const TPM_CC_POLICY_SECRET: u32 = 0x151;
const TPM_CC_POLICY_AUTHORIZE: u32 = 0x16a;
const TPM_CC_POLICY_OR: u32 = 0x171;
const TPM_CC_POLICY_PCR: u32 = 0x17f;
const TPM_CC_POLICY_AUTHORIZE_NV: u32 = 0x192;
const TPM_EO_BITCLEAR: u16 = 0x000b;

pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new(&SHA256);
    parts.iter().for_each(|p| hash.update(p));
    let mut digest = [0; 32];
    digest.copy_from_slice(hash.finish().as_ref());
    digest
}

/// An RSA public key in the one form that we load it in. Its Name is part of the policy, so this form must never change.
fn signing_key(pem: &str) -> Result<Public, TpmError> {
    let bad = |what: &str| TpmError::Policy(format!("its public key: {what}"));
    let (_, pem) = parse_x509_pem(pem.as_bytes()).map_err(|_| bad("not PEM"))?;
    let (_, info) = SubjectPublicKeyInfo::from_der(&pem.contents).map_err(|_| bad("not a SubjectPublicKeyInfo"))?;
    let PublicKey::RSA(rsa) = info.parsed().map_err(|_| bad("not readable"))? else { return Err(bad("not RSA")) };
    if rsa.try_exponent().map_err(|_| bad("its exponent"))? != 65537 {
        return Err(bad("its exponent is not 65537"));
    }
    let modulus = rsa.modulus.iter().position(|b| *b != 0).map(|i| &rsa.modulus[i..]).unwrap_or(&[]);
    let bits = match modulus.len() {
        256 => RsaKeyBits::Rsa2048,
        384 => RsaKeyBits::Rsa3072,
        512 => RsaKeyBits::Rsa4096,
        _ => return Err(bad("not 2048, 3072 or 4096 bits")),
    };
    build_signing_key(modulus, bits).action("hold the vendor's public key")
}

fn build_signing_key(modulus: &[u8], bits: RsaKeyBits) -> tss_esapi::Result<Public> {
    PublicBuilder::new()
        .with_public_algorithm(PublicAlgorithm::Rsa)
        .with_name_hashing_algorithm(HashingAlgorithm::Sha256)
        .with_object_attributes(
            ObjectAttributesBuilder::new().with_user_with_auth(true).with_sign_encrypt(true).build()?,
        )
        .with_rsa_parameters(
            PublicRsaParametersBuilder::new()
                .with_scheme(RsaScheme::Null)
                .with_key_bits(bits)
                .with_exponent(RsaExponent::default())
                .with_is_signing_key(true)
                .build()?,
        )
        .with_rsa_unique_identifier(PublicKeyRsa::try_from(modulus.to_vec())?)
        .build()
}
