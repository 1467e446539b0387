//! Customers' keys, as they are spoken of between services.

use secrets::Secret;
use serde::{Deserialize, Serialize};

use crate::bounded::{Bytes, List, Name};

/// Of a modulus: Okamoto-Uchiyama's longest.
pub const NUMBER_BYTES: usize = 576;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyKind {
    /// Paillier with the short-exponent obfuscation of Damgård, Jurik and Nielsen; `bits` of n: 2048, 3072 or 4096.
    Paillier {
        bits: u32,
    },
    /// RSA with two primes; `bits` of n: 2048, 3072 or 4096.
    Rsa {
        bits: u32,
    },
    /// Okamoto-Uchiyama; `bits` of n: 3072 or 4608.
    OkamotoUchiyama {
        bits: u32,
    },
    /// Exponential ElGamal on ristretto255 (RFC 9496).
    ElGamal,
    DiffieHellman {
        group: Group,
    },
}

/// The groups of Diffie-Hellman keys: RFC 3526 (MODP) and RFC 7919 (FFDHE).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Group {
    Modp2048,
    Modp3072,
    Modp4096,
    Ffdhe2048,
    Ffdhe3072,
    Ffdhe4096,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    Encrypt,
    Decrypt,
    /// Operations on ciphertexts with the public key alone: add, multiply by plaintext, sum, matrix product, blind, unblind.
    Evaluate,
    Sign,
    /// Powers of group elements with the private exponent: what both sides of a key agreement share, and private set intersection's.
    Derive,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyInfo {
    pub id: Name,
    pub owner: Name,
    pub name: Name,
    pub kind: KeyKind,
    pub operations: List<Operation, 8>,
    /// Seconds since 1970.
    pub created: u64,
    /// Leases given so far.
    pub uses: u64,
    pub limits: Limits,
    /// Of them, those with the private part: what [`Limits::uses_max`] counts.
    pub private_uses: u64,
    pub public: PublicKey,
    /// Somebody else's public key: this box has no private part.
    pub imported: bool,
    /// As keyd finds it at its start.
    #[serde(default)]
    pub state: KeyState,
}

/// What ends a key, and who must agree to that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// So often the private part is leased, and then never again; 0: no limit.
    pub uses_max: u64,
    /// Seconds since 1970: from then on the key is for nothing; 0: never.
    pub expires: u64,
    /// Who destroys it needs an administrator's approval, another one's than its own.
    pub dual_control: bool,
}

/// By which of its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// For everything.
    Expired,
    /// For what is private.
    UsedUp,
}

/// A key by all its names, for whoever has to agree to something about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyName {
    pub id: Name,
    pub owner: Name,
    pub name: Name,
}

/// Whether a key can be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyState {
    #[default]
    Usable,
    /// Its vault stays closed in this boot.
    Closed,
    /// Its vault was sealed to a TPM that was replaced, or to this one before it was cleared.
    OtherTpm,
    /// Its vault cannot be read, or is gone.
    NoVault,
}

/// Big-endian numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKey {
    /// The modulus; of ElGamal the encoding of H = x B (RFC 9496), of Diffie-Hellman 2^x mod p.
    pub n: Bytes<NUMBER_BYTES>,
    /// Paillier: h_s = (-x^2)^n mod n^2; empty where an imported key came without it. Okamoto-Uchiyama: the generator g. Else empty.
    pub hs: Bytes<1024>,
    /// RSA: the public exponent; else empty.
    pub e: Bytes<512>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Lease {
    /// For `EndLease`.
    pub lease: u64,
    /// Seconds from now. Whoever needs the key longer leases it again.
    pub valid_s: u32,
    pub info: KeyInfo,
    /// For `Decrypt`, `Sign` and `Derive` alone.
    pub private: Option<PrivatePart>,
}

/// The primes of n, big-endian. Of ElGamal (little-endian, 32 bytes) and Diffie-Hellman (big-endian) the exponent is `p`, and `q` is
/// empty.
#[derive(Debug, Serialize, Deserialize)]
pub struct PrivatePart {
    pub p: Secret,
    pub q: Secret,
}

impl KeyState {
    /// `None`: there is nothing to say.
    pub fn words(self) -> Option<&'static str> {
        match self {
            KeyState::Usable => None,
            KeyState::Closed => Some("closed: the vault does not open in this system"),
            KeyState::OtherTpm => Some("lost: sealed to a TPM that was replaced or cleared"),
            KeyState::NoVault => Some("lost: its vault is damaged or gone"),
        }
    }

    /// No later start will find it usable by itself.
    pub fn is_lost(self) -> bool {
        matches!(self, KeyState::OtherTpm | KeyState::NoVault)
    }
}

impl KeyInfo {
    /// Why it cannot be used at this time (seconds since 1970), or not for what is private; `None`: it can.
    pub fn trouble(&self, now: u64) -> Option<&'static str> {
        let ended = self.limits.ended(self.private_uses, now).map(|ended| match ended {
            Ended::Expired => "expired",
            Ended::UsedUp => "used up: its private part is leased no more",
        });
        self.state.words().or(ended)
    }
}

impl Limits {
    /// What ended a key whose private part was leased so often, at this time (seconds since 1970).
    pub fn ended(&self, private_uses: u64, now: u64) -> Option<Ended> {
        if self.expires > 0 && now >= self.expires {
            return Some(Ended::Expired);
        }
        (self.uses_max > 0 && private_uses >= self.uses_max).then_some(Ended::UsedUp)
    }
}

impl KeyKind {
    pub fn bits(self) -> u32 {
        match self {
            KeyKind::Paillier { bits } | KeyKind::Rsa { bits } | KeyKind::OkamotoUchiyama { bits } => bits,
            KeyKind::ElGamal => 255,
            KeyKind::DiffieHellman { group } => group.bits(),
        }
    }

    /// As logs and clients write it.
    pub fn name(self) -> &'static str {
        match self {
            KeyKind::Paillier { .. } => "paillier",
            KeyKind::Rsa { .. } => "rsa",
            KeyKind::OkamotoUchiyama { .. } => "okamoto-uchiyama",
            KeyKind::ElGamal => "elgamal",
            KeyKind::DiffieHellman { .. } => "diffie-hellman",
        }
    }

    /// All operations that a key of this kind can allow.
    pub fn operations(self) -> &'static [Operation] {
        match self {
            KeyKind::Paillier { .. } | KeyKind::OkamotoUchiyama { .. } | KeyKind::ElGamal => {
                &[Operation::Encrypt, Operation::Decrypt, Operation::Evaluate]
            }
            KeyKind::DiffieHellman { .. } => &[Operation::Derive],
            KeyKind::Rsa { .. } => &[Operation::Encrypt, Operation::Decrypt, Operation::Evaluate, Operation::Sign],
        }
    }
}

impl Group {
    pub const ALL: [Group; 6] =
        [Group::Modp2048, Group::Modp3072, Group::Modp4096, Group::Ffdhe2048, Group::Ffdhe3072, Group::Ffdhe4096];

    /// Of the prime.
    pub fn bits(self) -> u32 {
        match self {
            Group::Modp2048 | Group::Ffdhe2048 => 2048,
            Group::Modp3072 | Group::Ffdhe3072 => 3072,
            Group::Modp4096 | Group::Ffdhe4096 => 4096,
        }
    }

    /// As clients write it, and as the arithmetic knows it.
    pub fn name(self) -> &'static str {
        match self {
            Group::Modp2048 => "modp2048",
            Group::Modp3072 => "modp3072",
            Group::Modp4096 => "modp4096",
            Group::Ffdhe2048 => "ffdhe2048",
            Group::Ffdhe3072 => "ffdhe3072",
            Group::Ffdhe4096 => "ffdhe4096",
        }
    }

    pub fn named(name: &str) -> Option<Group> {
        Group::ALL.into_iter().find(|group| group.name() == name)
    }
}

impl Operation {
    /// It takes the private part.
    pub fn is_private(self) -> bool {
        matches!(self, Operation::Decrypt | Operation::Sign | Operation::Derive)
    }

    /// As clients write it.
    pub fn name(self) -> &'static str {
        match self {
            Operation::Encrypt => "encrypt",
            Operation::Decrypt => "decrypt",
            Operation::Evaluate => "evaluate",
            Operation::Sign => "sign",
            Operation::Derive => "derive",
        }
    }
}
