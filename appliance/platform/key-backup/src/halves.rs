//! Halves of a backup's key, and the key pairs of the people that each is sealed to.

use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable, single_shot_open, single_shot_seal};
use ring::digest::{SHA256, digest};
use secrets::Secret;

pub const HALF_BYTES: usize = 32;
pub const PUBLIC_BYTES: usize = 32;
/// The encapsulated key, the half, the tag.
pub const SEALED_BYTES: usize = 32 + HALF_BYTES + 16;
const INFO: &[u8] = b"coffer backup half v1";
const COMMITMENT: &[u8] = b"coffer backup commitment v1";

/// An X25519 key pair; who has it opens what is sealed to it.
pub struct RecipientKey(<X25519HkdfSha256 as Kem>::PrivateKey);

/// One half of a backup's key.
pub struct Half(Secret);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HalfError {
    #[error("a public key for backups has 32 bytes and is a point of Curve25519")]
    Public,
    #[error("a private key for backups has 32 bytes")]
    Private,
    #[error("the half was sealed to another key, or for something else, or is damaged")]
    Sealed,
}

impl RecipientKey {
    pub fn generate() -> RecipientKey {
        RecipientKey(X25519HkdfSha256::gen_keypair().0)
    }

    pub fn from_secret(secret: &Secret) -> Result<RecipientKey, HalfError> {
        Deserializable::from_bytes(secret.expose()).map(RecipientKey).map_err(|_| HalfError::Private)
    }

    pub fn secret(&self) -> Secret {
        Secret::copy_of(&self.0.to_bytes())
    }

    pub fn public(&self) -> [u8; PUBLIC_BYTES] {
        X25519HkdfSha256::sk_to_pk(&self.0).to_bytes().into()
    }

    /// `bound`: as it was given to [`Half::seal`].
    pub fn open(&self, sealed: &[u8], bound: &[u8]) -> Result<Half, HalfError> {
        self.open_for(INFO, sealed, bound).and_then(|plain| Half::new(plain).ok_or(HalfError::Sealed))
    }

    /// What was sealed to this key by [`seal_for`], with the same `purpose` and `bound`.
    pub fn open_for(&self, purpose: &[u8], sealed: &[u8], bound: &[u8]) -> Result<Secret, HalfError> {
        let (enc, ciphertext) = sealed.split_at_checked(PUBLIC_BYTES).ok_or(HalfError::Sealed)?;
        let enc = Deserializable::from_bytes(enc).map_err(|_| HalfError::Sealed)?;
        single_shot_open::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &self.0,
            &enc,
            purpose,
            ciphertext,
            bound,
        )
        .map(Secret::new)
        .map_err(|_| HalfError::Sealed)
    }
}

/// For whoever has the private key of `public`, for one purpose, and for nothing else than `bound` (RFC 9180, base mode): the
/// encapsulated key (32 bytes), then the secret and a tag (16 bytes).
pub fn seal_for(purpose: &[u8], public: &[u8], secret: &Secret, bound: &[u8]) -> Result<Vec<u8>, HalfError> {
    let public = Deserializable::from_bytes(public).map_err(|_| HalfError::Public)?;
    let (enc, ciphertext) = single_shot_seal::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &public,
        purpose,
        secret.expose(),
        bound,
    )
    .map_err(|_| HalfError::Public)?;
    Ok([enc.to_bytes().as_slice(), &ciphertext].concat())
}

impl Half {
    pub fn new(bytes: Secret) -> Option<Half> {
        (bytes.len() == HALF_BYTES).then_some(Half(bytes))
    }

    /// For whoever has the private key of `public`, and for nothing else than `bound`.
    pub fn seal(&self, public: &[u8], bound: &[u8]) -> Result<Vec<u8>, HalfError> {
        seal_for(INFO, public, &self.0, bound)
    }

    /// Tells this half from others, and nothing about it: it is 256 random bits.
    pub fn commitment(&self) -> [u8; 32] {
        let hash = digest(&SHA256, &[COMMITMENT, self.0.expose()].concat());
        let mut commitment = [0; 32];
        commitment.copy_from_slice(hash.as_ref());
        commitment
    }

    pub(crate) fn with(&self, other: &Half) -> Secret {
        Secret::new(self.0.expose().iter().zip(other.0.expose()).map(|(a, b)| a ^ b).collect())
    }
}
