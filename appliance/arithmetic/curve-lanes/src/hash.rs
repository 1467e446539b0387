//! From messages to uniform bytes.

use sha2::{Digest, Sha512};

/// 64 bytes of expand_message_xmd with SHA-512 (RFC 9380, section 5.3.1), which [`crate::hash_and_multiply`] takes: with it that is
/// RFC 9497's HashToGroup. A domain separation tag has at most 255 bytes: of a longer one the first 255 count.
pub fn expand_message_xmd(message: &[u8], tag: &[u8]) -> [u8; 64] {
    const BLOCK: [u8; 128] = [0; 128];
    let tag = &tag[..tag.len().min(255)];
    let length = [tag.len() as u8];
    let mut first = Sha512::new();
    first.update(BLOCK);
    first.update(message);
    // 64 bytes are asked for, then a zero byte.
    first.update([0, 64, 0]);
    first.update(tag);
    first.update(length);
    let mut second = Sha512::new();
    second.update(first.finalize());
    second.update([1]);
    second.update(tag);
    second.update(length);
    second.finalize().into()
}
