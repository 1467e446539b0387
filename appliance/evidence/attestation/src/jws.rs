//! What a vendor signs: JSON in a JWS (RFC 7515, flattened, ES256), which stock libraries check.

use data_encoding::BASE64URL_NOPAD;
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use p256::pkcs8::{DecodePrivateKey, DecodePublicKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

const ALGORITHM: &str = "ES256";

/// A statement that is signed: its type stands in the signature, so that none passes for another.
pub trait Statement: Serialize + DeserializeOwned {
    const TYPE: &'static str;
    const SIZE_MAX: usize;
    const FORMAT: u32;
}

#[derive(Debug, thiserror::Error)]
pub enum JwsError {
    #[error("the key can't be read: PEM of a P-256 key is expected")]
    Key,
    #[error("{size} bytes are too many")]
    Size { size: usize },
    #[error("it is no signed statement (JWS, flattened JSON)")]
    Form,
    #[error("it is a {found:?}, and not a {expected:?}")]
    Type { found: String, expected: &'static str },
    #[error("its signature is {found:?}: {ALGORITHM} is expected")]
    Algorithm { found: String },
    #[error("none of the given keys has signed it")]
    Signature,
    #[error("its format is {found}, {expected} can be read")]
    Format { found: u64, expected: u32 },
    #[error("what was signed can't be read")]
    Payload(#[source] serde_json::Error),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Flattened {
    payload: String,
    protected: String,
    signature: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Protected {
    alg: String,
    typ: String,
}

/// Signs with a key in PKCS#8 PEM. ECDSA without randomness (RFC 6979): the same statement comes out the same.
pub fn sign<T: Statement>(statement: &T, key_pem: &str) -> Result<Vec<u8>, JwsError> {
    let key = SigningKey::from_pkcs8_pem(key_pem).map_err(|_| JwsError::Key)?;
    let protected = Protected { alg: ALGORITHM.into(), typ: T::TYPE.into() };
    let encoded = |json: Result<Vec<u8>, _>| json.map(|j| BASE64URL_NOPAD.encode(&j)).map_err(JwsError::Payload);
    let protected = encoded(serde_json::to_vec(&protected))?;
    let payload = encoded(serde_json::to_vec(statement))?;
    let signature: Signature = key.sign(format!("{protected}.{payload}").as_bytes());
    let signature = BASE64URL_NOPAD.encode(&signature.to_bytes());
    let mut json =
        serde_json::to_vec_pretty(&Flattened { payload, protected, signature }).map_err(JwsError::Payload)?;
    json.push(b'\n');
    Ok(json)
}

/// A statement that one of these keys has signed.
pub fn verify<T: Statement>(bytes: &[u8], keys: &[VerifyingKey]) -> Result<T, JwsError> {
    if bytes.len() > T::SIZE_MAX {
        return Err(JwsError::Size { size: bytes.len() });
    }
    let jws: Flattened = serde_json::from_slice(bytes).map_err(|_| JwsError::Form)?;
    let decoded = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| JwsError::Form);
    let protected: Protected = serde_json::from_slice(&decoded(&jws.protected)?).map_err(|_| JwsError::Form)?;
    if protected.alg != ALGORITHM {
        return Err(JwsError::Algorithm { found: protected.alg });
    }
    if protected.typ != T::TYPE {
        return Err(JwsError::Type { found: protected.typ, expected: T::TYPE });
    }
    let signature = Signature::from_slice(&decoded(&jws.signature)?).map_err(|_| JwsError::Signature)?;
    let signed = format!("{}.{}", jws.protected, jws.payload);
    if !keys.iter().any(|key| key.verify(signed.as_bytes(), &signature).is_ok()) {
        return Err(JwsError::Signature);
    }
    let payload = decoded(&jws.payload)?;
    // A newer format is told before its fields are: they may be others.
    let value: serde_json::Value = serde_json::from_slice(&payload).map_err(JwsError::Payload)?;
    let found = value.get("format").and_then(serde_json::Value::as_u64).unwrap_or(0);
    if found != u64::from(T::FORMAT) {
        return Err(JwsError::Format { found, expected: T::FORMAT });
    }
    serde_json::from_slice(&payload).map_err(JwsError::Payload)
}

/// A public key in SubjectPublicKeyInfo PEM.
pub fn public_key(pem: &str) -> Result<VerifyingKey, JwsError> {
    VerifyingKey::from_public_key_pem(pem).map_err(|_| JwsError::Key)
}
