//! Keys that are made here.

use data_encoding::HEXLOWER;
use he::HeError;
use ipc::keyd::{Group, KeyInfo, KeyKind, KeyState, PublicKey};
use ipc::{Bytes, Name};
use secrets::Secret;

use super::Wanted;
use crate::error::invalid;
use crate::vault::random;
use crate::{KeydError, now};

/// A fresh key pair.
pub struct Generated {
    pub(super) kind: KeyKind,
    pub(super) public: PublicKey,
    pub(super) p: Secret,
    pub(super) q: Secret,
}

/// A key pair of this kind; it takes seconds.
pub fn generate(kind: KeyKind) -> Result<Generated, KeydError> {
    let (public, p, q) = match kind {
        KeyKind::Paillier { bits } => {
            let pair = he::generate(bits).map_err(KeydError::KeyPair)?;
            let hs = Bytes::new("the obfuscators' base", pair.hs)?;
            (PublicKey { n: Bytes::new("the modulus", pair.n)?, hs, e: Bytes::default() }, pair.p, pair.q)
        }
        KeyKind::Rsa { bits } => {
            let pair = he::rsa::generate(bits).map_err(KeydError::KeyPair)?;
            let e = he::rsa::PUBLIC_EXPONENT.to_be_bytes();
            let e: Vec<u8> = e.iter().copied().skip_while(|byte| *byte == 0).collect();
            let e = Bytes::new("the exponent", e)?;
            (PublicKey { n: Bytes::new("the modulus", pair.n)?, hs: Bytes::default(), e }, pair.p, pair.q)
        }
        KeyKind::OkamotoUchiyama { bits } => {
            let pair = he::okamoto_uchiyama::generate(bits).map_err(KeydError::KeyPair)?;
            let hs = Bytes::new("the generator", pair.g)?;
            (PublicKey { n: Bytes::new("the modulus", pair.n)?, hs, e: Bytes::default() }, pair.p, pair.q)
        }
        KeyKind::ElGamal => {
            let private = he::elgamal::PrivateKey::generate().map_err(KeydError::KeyPair)?;
            (alone(&private.public().to_bytes())?, private.export(), Secret::new(Vec::new()))
        }
        KeyKind::DiffieHellman { group } => {
            let group = group_of(group).map_err(KeydError::KeyPair)?;
            let private = he::diffie_hellman::PrivateKey::generate(&group).map_err(KeydError::KeyPair)?;
            (alone(&private.public_value(&group).to_be())?, private.export(), Secret::new(Vec::new()))
        }
    };
    Ok(Generated { kind, public, p, q })
}

/// Whether keys of this length are made.
pub fn check_bits(kind: KeyKind) -> Result<(), KeydError> {
    let (bits, made): (u32, &[u32]) = match kind {
        KeyKind::Paillier { bits } | KeyKind::Rsa { bits } => (bits, &he::KEY_BITS),
        KeyKind::OkamotoUchiyama { bits } => (bits, &he::okamoto_uchiyama::KEY_BITS),
        // Of one strength each.
        KeyKind::ElGamal | KeyKind::DiffieHellman { .. } => return Ok(()),
    };
    if made.contains(&bits) {
        return Ok(());
    }
    let strength = "NIST SP 800-57: 112 bits of strength at least";
    Err(invalid(format!("a key of {bits} bits: of {} {made:?} are made ({strength})", kind.name())))
}

pub(super) fn group_of(group: Group) -> Result<he::diffie_hellman::Group, HeError> {
    let name = he::diffie_hellman::GroupName::named(group.name());
    he::diffie_hellman::Group::new(name.ok_or(HeError::Key { what: "a group that the arithmetic does not know" })?)
}

/// A public part that is one number.
fn alone(number: &[u8]) -> Result<PublicKey, KeydError> {
    Ok(PublicKey { n: Bytes::new("the public part", number)?, hs: Bytes::default(), e: Bytes::default() })
}

pub(super) fn info(wanted: Wanted, kind: KeyKind, public: PublicKey, imported: bool) -> Result<KeyInfo, KeydError> {
    let id = Name::new("the key's id", HEXLOWER.encode(&random::<8>()?))?;
    let Wanted { owner, name, operations, limits } = wanted;
    Ok(KeyInfo {
        id,
        owner,
        name,
        kind,
        operations,
        created: now(),
        uses: 0,
        limits,
        private_uses: 0,
        public,
        imported,
        state: KeyState::Usable,
    })
}
