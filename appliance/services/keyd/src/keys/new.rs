//! Keys that are made here.

use data_encoding::HEXLOWER;
use ipc::keyd::{KeyInfo, KeyKind, KeyState, PublicKey};
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
    let bytes = |what: &'static str, bytes: Vec<u8>| Bytes::new(what, bytes);
    let (public, p, q) = match kind {
        KeyKind::Paillier { bits } => {
            let pair = he::generate(bits).map_err(KeydError::KeyPair)?;
            let hs = Bytes::new("the obfuscators' base", pair.hs)?;
            (PublicKey { n: bytes("the modulus", pair.n)?, hs, e: Bytes::default() }, pair.p, pair.q)
        }
        KeyKind::Rsa { bits } => {
            let pair = he::rsa::generate(bits).map_err(KeydError::KeyPair)?;
            let e = he::rsa::PUBLIC_EXPONENT.to_be_bytes();
            let e = bytes("the exponent", e.iter().copied().skip_while(|byte| *byte == 0).collect())?;
            (PublicKey { n: bytes("the modulus", pair.n)?, hs: Bytes::default(), e }, pair.p, pair.q)
        }
    };
    Ok(Generated { kind, public, p, q })
}

/// Whether keys of this length are made.
pub fn check_bits(kind: KeyKind) -> Result<(), KeydError> {
    if he::KEY_BITS.contains(&kind.bits()) {
        return Ok(());
    }
    let bits = kind.bits();
    let strength = "2048, 3072 and 4096 are made (NIST SP 800-57: 112 bits of strength at least)";
    Err(invalid(format!("a key of {bits} bits: {strength}")))
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
