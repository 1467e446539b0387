//! The signatures that certificates of TPM makers have, for webpki: RSA and ECDSA in Rust alone, so that this builds where there is
//! no C compiler.

use p256::ecdsa::signature::Verifier;
use rsa::PublicKey;
use rsa::pkcs1::DecodeRsaPublicKey;
use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};

pub(crate) static ALL: [&dyn SignatureVerificationAlgorithm; 7] = [
    &Rsa::Sha256,
    &Rsa::Sha384,
    &Rsa::Sha512,
    &Ecdsa::P256Sha256,
    &Ecdsa::P256Sha384,
    &Ecdsa::P384Sha256,
    &Ecdsa::P384Sha384,
];

#[derive(Debug)]
enum Rsa {
    Sha256,
    Sha384,
    Sha512,
}

#[derive(Debug)]
enum Ecdsa {
    P256Sha256,
    P256Sha384,
    P384Sha256,
    P384Sha384,
}

impl SignatureVerificationAlgorithm for Rsa {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        use rsa::pkcs1v15::{Signature, VerifyingKey};
        let key = PublicKey::from_pkcs1_der(key).map_err(|_| InvalidSignature)?;
        let signature = Signature::try_from(signature).map_err(|_| InvalidSignature)?;
        let verified = match self {
            Rsa::Sha256 => VerifyingKey::<sha2::Sha256>::new(key).verify(message, &signature),
            Rsa::Sha384 => VerifyingKey::<sha2::Sha384>::new(key).verify(message, &signature),
            Rsa::Sha512 => VerifyingKey::<sha2::Sha512>::new(key).verify(message, &signature),
        };
        verified.map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        match self {
            Rsa::Sha256 => alg_id::RSA_PKCS1_SHA256,
            Rsa::Sha384 => alg_id::RSA_PKCS1_SHA384,
            Rsa::Sha512 => alg_id::RSA_PKCS1_SHA512,
        }
    }
}

impl SignatureVerificationAlgorithm for Ecdsa {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        use p256::ecdsa::signature::hazmat::PrehashVerifier;
        use sha2::Digest;
        let hash = match self {
            Ecdsa::P256Sha256 | Ecdsa::P384Sha256 => sha2::Sha256::digest(message).to_vec(),
            Ecdsa::P256Sha384 | Ecdsa::P384Sha384 => sha2::Sha384::digest(message).to_vec(),
        };
        match self {
            Ecdsa::P256Sha256 | Ecdsa::P256Sha384 => {
                let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(key).map_err(|_| InvalidSignature)?;
                let signature = p256::ecdsa::DerSignature::from_bytes(signature).map_err(|_| InvalidSignature)?;
                key.verify_prehash(&hash, &signature).map_err(|_| InvalidSignature)
            }
            Ecdsa::P384Sha256 | Ecdsa::P384Sha384 => {
                let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(key).map_err(|_| InvalidSignature)?;
                let signature = p384::ecdsa::DerSignature::from_bytes(signature).map_err(|_| InvalidSignature)?;
                key.verify_prehash(&hash, &signature).map_err(|_| InvalidSignature)
            }
        }
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        match self {
            Ecdsa::P256Sha256 | Ecdsa::P256Sha384 => alg_id::ECDSA_P256,
            Ecdsa::P384Sha256 | Ecdsa::P384Sha384 => alg_id::ECDSA_P384,
        }
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        match self {
            Ecdsa::P256Sha256 | Ecdsa::P384Sha256 => alg_id::ECDSA_SHA256,
            Ecdsa::P256Sha384 | Ecdsa::P384Sha384 => alg_id::ECDSA_SHA384,
        }
    }
}
