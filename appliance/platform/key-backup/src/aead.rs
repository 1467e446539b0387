//! AES-256-GCM in a form that leaves nothing behind: its key schedule is wiped, as ring's is not.

use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use secrets::Secret;
use zeroize::Zeroizing;

pub const KEY_BYTES: usize = 32;
pub const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

/// The ciphertext, and its tag behind it. `None`: the key is not of [`KEY_BYTES`]. One nonce is for one message under a key.
pub fn seal(key: &Secret, nonce: &[u8; NONCE_BYTES], bound: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
    let cipher = Aes256Gcm::new_from_slice(key.expose()).ok()?;
    // Encrypted in its place: no second copy of it is made.
    let mut buffer = plain.to_vec();
    let tag = cipher.encrypt_inout_detached(&Nonce::from(*nonce), bound, InOutBuf::from(&mut buffer[..])).ok()?;
    buffer.extend_from_slice(&tag);
    Some(buffer)
}

/// `None`: it is not what was sealed under this key, with this nonce, bound to this.
pub fn open(key: &Secret, nonce: &[u8; NONCE_BYTES], bound: &[u8], sealed: &[u8]) -> Option<Secret> {
    let cipher = Aes256Gcm::new_from_slice(key.expose()).ok()?;
    let (ciphertext, tag) = sealed.split_at_checked(sealed.len().checked_sub(TAG_BYTES)?)?;
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    let tag = Tag::try_from(tag).ok()?;
    cipher.decrypt_inout_detached(&Nonce::from(*nonce), bound, InOutBuf::from(&mut buffer[..]), &tag).ok()?;
    Some(Secret::new(std::mem::take(&mut *buffer)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// McGrew and Viega, test case 16: additional data, and a length that is no multiple of a block.
    #[test]
    fn it_is_aes_256_gcm() {
        let hex = |text: &str| -> Vec<u8> {
            (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
        };
        let key = Secret::new(hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
        let nonce: [u8; 12] = hex("cafebabefacedbaddecaf888").try_into().unwrap();
        let plain = hex(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        );
        let bound = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
        let sealed = seal(&key, &nonce, &bound, &plain).unwrap();
        let expected = hex(
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662\
             76fc6ece0f4e1768cddf8853bb2d551b",
        );
        assert_eq!(sealed, expected);
        assert_eq!(open(&key, &nonce, &bound, &sealed).unwrap().expose(), plain);
        for at in [0, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(&key, &nonce, &bound, &changed).is_none());
        }
        assert!(open(&key, &nonce, b"", &sealed).is_none() && open(&key, &nonce, &bound, &sealed[..15]).is_none());
        assert!(seal(&Secret::new(vec![0; 31]), &nonce, b"", b"").is_none());
    }
}
