//! TPM2_MakeCredential in software (TPM 2.0 part 1, 24): a secret that only a TPM with this endorsement key and this attestation key
//! gives back.

use aes::Aes128;
use aes::cipher::{KeyIvInit, array::Array};
use attestation::{EndorsementPublic, ReadError};
use cfb_mode::BufEncryptor;
use getrandom::SysRng;
use hmac::{Hmac, KeyInit, Mac};
use rsa::oaep::EncryptingKey;
use rsa::traits::RandomizedEncryptor;
use rsa::{BoxedUint, PublicKey};
use sha2::Sha256;

/// As TPM2_ActivateCredential takes them, without their sizes in front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// TPMS_ID_OBJECT.
    pub credential: Vec<u8>,
    /// The seed, encrypted for the endorsement key.
    pub secret: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    #[error("the endorsement key can't be read")]
    Key(#[source] ReadError),
    #[error("the endorsement key is none that anything can be encrypted for")]
    Unusable,
    #[error("the secret has {size} bytes: 1 to 32 are possible")]
    Secret { size: usize },
    #[error("this computer gave no randomness")]
    Randomness,
}

/// `endorsement_key`: TPMT_PUBLIC. `name`: the attestation key's.
pub fn make(endorsement_key: &[u8], name: &[u8], secret: &[u8]) -> Result<Challenge, CredentialError> {
    if !(1..=32).contains(&secret.len()) {
        return Err(CredentialError::Secret { size: secret.len() });
    }
    let key = EndorsementPublic::read(endorsement_key).map_err(CredentialError::Key)?;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|_| CredentialError::Randomness)?;
    let modulus = BoxedUint::from_be_slice(&key.modulus, 2048).map_err(|_| CredentialError::Unusable)?;
    let public = PublicKey::new(modulus, BoxedUint::from(65_537u64)).map_err(|_| CredentialError::Unusable)?;
    // The label ends with its zero (TPM 2.0 part 1, B.4).
    let public = EncryptingKey::<Sha256>::new_with_label(public, *b"IDENTITY\0");
    let encrypted = public.encrypt_with_rng(&mut SysRng, &seed).map_err(|_| CredentialError::Unusable)?;

    let mut identity = sized(secret);
    let cipher_key: [u8; 16] = derived(&seed, b"STORAGE\0", name);
    BufEncryptor::<Aes128>::new(&Array(cipher_key), &Array([0; 16])).encrypt(&mut identity);
    let hmac_key: [u8; 32] = derived(&seed, b"INTEGRITY\0", &[]);
    let integrity = hmac(&hmac_key, &[&identity, name]);
    Ok(Challenge { credential: [sized(&integrity), identity].concat(), secret: encrypted })
}

impl Challenge {
    /// The file that tpm2_activatecredential reads.
    pub fn to_tools_file(&self) -> Vec<u8> {
        [&[0xba, 0xdc, 0xc0, 0xde, 0, 0, 0, 1][..], &sized(&self.credential), &sized(&self.secret)].concat()
    }
}

/// KDFa (TPM 2.0 part 1, 11.4.10.2) up to one block of SHA-256.
fn derived<const BYTES: usize>(seed: &[u8], label: &[u8], context: &[u8]) -> [u8; BYTES] {
    let bits = 8 * BYTES as u32;
    let block = hmac(seed, &[&1u32.to_be_bytes(), label, context, &bits.to_be_bytes()]);
    let mut key = [0; BYTES];
    key.copy_from_slice(&block[..BYTES]);
    key
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes a key of any length.
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    parts.iter().fold(mac, |mac, part| mac.chain_update(part)).finalize().into_bytes().into()
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes()[..], bytes].concat()
}
