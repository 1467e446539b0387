//! The key under which a backup's entries lie.

use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use secrets::Secret;
use zeroize::Zeroizing;

use crate::aead::{self, KEY_BYTES, NONCE_BYTES};
use crate::halves::Half;

const TITLE: &[u8] = b"coffer backup entry v1";

/// Of one backup: it seals each of its entries once.
pub struct BackupKey(Secret);

struct Bytes32;

impl KeyType for Bytes32 {
    fn len(&self) -> usize {
        KEY_BYTES
    }
}

impl BackupKey {
    /// `header`: as it is encoded. `None` cannot happen with these lengths; it is for whoever calls to say so.
    pub fn of(halves: [&Half; 2], header: &[u8]) -> Option<BackupKey> {
        let both = halves[0].with(halves[1]);
        let extracted = Salt::new(HKDF_SHA256, TITLE).extract(both.expose());
        let mut key = Zeroizing::new(vec![0; KEY_BYTES]);
        extracted.expand(&[header], Bytes32).ok()?.fill(&mut key).ok()?;
        Some(BackupKey(Secret::new(std::mem::take(&mut *key))))
    }

    /// `number`: counted from 1; no other entry of this backup has it.
    pub fn seal(&self, number: u32, plain: &Secret) -> Option<Vec<u8>> {
        aead::seal(&self.0, &nonce(number), TITLE, plain.expose())
    }

    /// `None`: it is another entry, of another backup, or changed.
    pub fn open(&self, number: u32, sealed: &[u8]) -> Option<Secret> {
        aead::open(&self.0, &nonce(number), TITLE, sealed)
    }
}

fn nonce(number: u32) -> [u8; NONCE_BYTES] {
    let mut nonce = [0; NONCE_BYTES];
    nonce[NONCE_BYTES - 4..].copy_from_slice(&number.to_be_bytes());
    nonce
}
