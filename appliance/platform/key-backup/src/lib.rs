//! A backup of keys: each encrypted under one key, which is two halves, XORed. Each half is sealed to a public key of one of two
//! people (HPKE, RFC 9180: X25519, HKDF-SHA256, AES-256-GCM), so that neither alone, nor whoever carries or keeps the file, opens
//! it. For a restore each opens its own half, on its own machine, and seals it to the box's transport key.
//!
//! The header names the keys and holds the sealed halves and what each half hashes to, so that a wrong one is told of by its
//! owner's key; every entry is bound to the header and its own number. No I/O.
#![forbid(unsafe_code)]

pub mod aead;
mod entries;
mod halves;
mod header;

pub use entries::BackupKey;
pub use halves::{HALF_BYTES, Half, HalfError, PUBLIC_BYTES, RecipientKey, SEALED_BYTES, seal_for};
pub use header::{HEADER_MAX, Header, HeaderError, KEYS_MAX, Named, SealedHalf, bound_to};
