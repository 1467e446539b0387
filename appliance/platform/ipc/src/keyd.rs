//! What computed asks of keyd, and what keyd answers.

use secrets::Secret;
use serde::{Deserialize, Serialize};

/// Keys in one [`Reply::Keys`]: as many of the longest as a message holds.
pub const KEYS_LISTED: usize = 32;

#[derive(Debug, Serialize, Deserialize)]
pub enum Request {
    /// The certificates of this box.
    Identity,
    /// An ECDSA P-256/SHA-256 signature with the service's TLS key over `message` (a TLS 1.3 transcript, under 1 KiB).
    SignTls {
        message: Vec<u8>,
    },
    /// A client certificate for the key in `csr` (DER, PKCS #10), valid for `valid_s` seconds from now.
    IssueClientCertificate {
        csr: Vec<u8>,
        client: String,
        role: String,
        valid_s: u32,
    },
    CreateKey {
        owner: String,
        name: String,
        kind: KeyKind,
        operations: Vec<Operation>,
    },
    /// Somebody else's public key; its operations are of [`Operation::Encrypt`] and [`Operation::Evaluate`].
    ImportKey {
        owner: String,
        name: String,
        public: PublicKey,
        operations: Vec<Operation>,
    },
    /// The key of this id, if it is `client`'s.
    FindKey {
        id: String,
        client: String,
    },
    /// `owner`'s keys whose id is above `after`, ascending, up to [`KEYS_LISTED`] of them.
    ListKeys {
        owner: String,
        after: String,
    },
    DestroyKey {
        id: String,
    },
    /// The key's parameters for one job of `client`; refused if the client does not own it or it does not allow `operation`.
    Lease {
        id: String,
        client: String,
        operation: Operation,
    },
    /// A TPM quote over PCRs 0-7, 11 and 12 of the SHA-256 bank by this box's attestation key.
    Quote {
        nonce: Vec<u8>,
    },
}

#[derive(Debug, Serialize, Deserialize)]
pub enum Reply {
    Identity(Identity),
    Signature(Vec<u8>),
    Certificate { der: Vec<u8>, serial: String },
    Key(KeyInfo),
    Keys(Vec<KeyInfo>),
    Destroyed,
    Lease(Lease),
    Quote(Quote),
    Refused(Refusal),
}

/// Why a request was refused; the text says what was wrong with it and holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    NotFound(String),
    NotAllowed(String),
    Invalid(String),
    Exists(String),
    /// The key was sealed by another TPM, or its file is damaged.
    Unavailable(String),
    /// keyd or the TPM failed.
    Failed(String),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Identity {
    /// Hex of the first 8 bytes of SHA-256 over the attestation key's public area.
    pub device_id: String,
    /// X.509, DER: the box's own certificate authority (self-signed, key in the TPM).
    pub authority: Vec<u8>,
    /// X.509, DER: the certificate of the service's TLS key (in the TPM), issued by `authority`; DNS name "coffer".
    pub service: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyKind {
    /// Paillier with the short-exponent obfuscation of Damgård, Jurik and Nielsen; `bits` of n: 2048, 3072 or 4096.
    Paillier { bits: u32 },
    /// RSA with two primes; `bits` of n: 2048, 3072 or 4096.
    Rsa { bits: u32 },
}

impl KeyKind {
    pub fn bits(self) -> u32 {
        match self {
            KeyKind::Paillier { bits } | KeyKind::Rsa { bits } => bits,
        }
    }

    /// All operations that a key of this kind can allow.
    pub fn operations(self) -> &'static [Operation] {
        match self {
            KeyKind::Paillier { .. } => &[Operation::Encrypt, Operation::Decrypt, Operation::Evaluate],
            KeyKind::Rsa { .. } => &[Operation::Encrypt, Operation::Decrypt, Operation::Evaluate, Operation::Sign],
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    Encrypt,
    Decrypt,
    /// Operations on ciphertexts with the public key alone: add, multiply by plaintext, sum, matrix product, blind, unblind.
    Evaluate,
    Sign,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyInfo {
    pub id: String,
    pub owner: String,
    pub name: String,
    pub kind: KeyKind,
    pub operations: Vec<Operation>,
    /// Seconds since 1970.
    pub created: u64,
    /// Leases given so far.
    pub uses: u64,
    pub public: PublicKey,
    /// Somebody else's public key: this box has no private part.
    #[serde(default)]
    pub imported: bool,
}

/// Big-endian numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKey {
    pub n: Vec<u8>,
    /// Paillier: h_s = (-x^2)^n mod n^2; empty where an imported key came without it, and for RSA.
    pub hs: Vec<u8>,
    /// RSA: the public exponent; empty for Paillier.
    #[serde(default)]
    pub e: Vec<u8>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Lease {
    pub info: KeyInfo,
    /// For `Decrypt` and `Sign` alone.
    pub private: Option<Primes>,
}

/// The primes of n, big-endian.
#[derive(Debug, Serialize, Deserialize)]
pub struct Primes {
    pub p: Secret,
    pub q: Secret,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Quote {
    /// TPMS_ATTEST, marshalled.
    pub attest: Vec<u8>,
    /// TPMT_SIGNATURE, marshalled (ECDSA P-256, SHA-256).
    pub signature: Vec<u8>,
    /// TPM2B_PUBLIC of the attestation key, marshalled.
    pub attestation_key: Vec<u8>,
    /// (index, SHA-256 value), ascending.
    pub pcrs: Vec<(u8, Vec<u8>)>,
}
