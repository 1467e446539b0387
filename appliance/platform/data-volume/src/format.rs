//! What a partition is by its first 16 MiB and its last block. Pure.

use crate::foreign;

/// The header's room, before the encrypted data.
pub const HEADER: u64 = 16 << 20;
/// The least partition that a volume is made on.
pub const LEAST: u64 = 64 << 20;

/// What is written at once: a sector of the disks with the largest ones.
pub(crate) const BLOCK: usize = 4096;
/// A copy of the LUKS2 header: one block in binary, and JSON.
pub(crate) const COPY: usize = 16 << 10;
/// The key slots follow both copies.
pub(crate) const SLOTS_AT: usize = 2 * COPY;
/// What the file system leaves of the mapping, in which the tail mark lies.
pub(crate) const TAIL_ROOM: u64 = 1 << 20;

/// Its rest is zeros, as the rest of a header's first block is: so the block changes in its first 512 bytes alone, which every
/// disk writes whole or not at all.
const UNFINISHED: &[u8] = b"COFFER DATA VOLUME 1, SET-UP UNFINISHED\n";
const TAIL: &[u8] = b"COFFER DATA VOLUME 1 ";

const LUKS: &[u8] = b"LUKS\xba\xbe";
const LUKS_COPY: &[u8] = b"SKUL\xba\xbe";

/// What a partition's ends look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Looks {
    Blank,
    Unfinished,
    /// One copy of a LUKS2 header at least seems to be there; whether it is good is not known here.
    Luks2,
    HeadersLost,
    Foreign(&'static str),
}

/// `head` is the first [`HEADER`] bytes, `tail` the last [`BLOCK`].
pub(crate) fn judge(head: &[u8], tail: &[u8]) -> Looks {
    let at = |offset: usize, magic: &[u8]| head.get(offset..offset + magic.len()) == Some(magic);
    let versioned = |offset, magic: &[u8], version: u8| at(offset, magic) && at(offset + magic.len(), &[0, version]);
    if at(0, UNFINISHED) {
        return Looks::Unfinished;
    }
    if versioned(0, LUKS, 2) {
        return Looks::Luks2;
    }
    if let Some(what) = foreign::named(head) {
        return Looks::Foreign(what);
    }
    if versioned(COPY, LUKS_COPY, 2) {
        return Looks::Luks2;
    }
    match has_tail_mark(tail) {
        false if head.iter().all(|b| *b == 0) => Looks::Blank,
        false if !has_key_slots(head) => Looks::Foreign("something unknown"),
        _ => Looks::HeadersLost,
    }
}

/// The block that says that a volume is being made or erased here.
pub(crate) fn unfinished_mark() -> Vec<u8> {
    block_of(UNFINISHED)
}

/// The block that says that a volume is here, whatever became of its header.
pub(crate) fn tail_mark(uuid: &str) -> Vec<u8> {
    block_of(&[TAIL, uuid.as_bytes(), b"\n"].concat())
}

pub(crate) fn has_tail_mark(tail: &[u8]) -> bool {
    tail.starts_with(TAIL)
}

/// Where the tail mark is on a partition of this size.
pub(crate) fn tail_at(size: u64) -> u64 {
    let block = BLOCK as u64;
    (size / block - 1) * block
}

/// What the file system may have of a mapping of this size.
pub(crate) fn filesystem_blocks(mapping: u64) -> u64 {
    mapping.saturating_sub(TAIL_ROOM) / BLOCK as u64
}

/// The room of the key slots is random all over, used or not.
fn has_key_slots(head: &[u8]) -> bool {
    let mut blocks = head.get(SLOTS_AT..).unwrap_or_default().chunks(BLOCK);
    blocks.len() > 0 && blocks.all(|block| block.iter().any(|b| *b != 0))
}

fn block_of(text: &[u8]) -> Vec<u8> {
    let mut block = text.to_vec();
    block.resize(BLOCK, 0);
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blank() -> Vec<u8> {
        vec![0; HEADER as usize]
    }

    fn with(at: usize, bytes: &[u8]) -> Vec<u8> {
        let mut head = blank();
        head[at..at + bytes.len()].copy_from_slice(bytes);
        head
    }

    #[test]
    fn a_byte_anywhere_makes_a_partition_not_blank() {
        let none = [0; BLOCK];
        assert_eq!(judge(&blank(), &none), Looks::Blank);
        for at in [0, 1, COPY, SLOTS_AT, HEADER as usize - 1] {
            assert_eq!(judge(&with(at, b"x"), &none), Looks::Foreign("something unknown"), "{at}");
        }
    }

    #[test]
    fn the_unfinished_mark_comes_before_everything() {
        let mut head = with(0, &unfinished_mark());
        head[COPY..COPY + 8].copy_from_slice(b"SKUL\xba\xbe\0\x02");
        head[SLOTS_AT..].fill(7);
        assert_eq!(judge(&head, &tail_mark("u")), Looks::Unfinished);
    }

    #[test]
    fn what_is_left_of_a_volume_without_its_headers_is_told_from_nothing_and_from_others() {
        assert_eq!(judge(&blank(), &tail_mark("u")), Looks::HeadersLost);
        let mut head = blank();
        head[SLOTS_AT..].fill(7);
        assert_eq!(judge(&head, &[0; BLOCK]), Looks::HeadersLost);
        head[SLOTS_AT + 5 * BLOCK..SLOTS_AT + 6 * BLOCK].fill(0);
        assert_eq!(judge(&head, &[0; BLOCK]), Looks::Foreign("something unknown"));
        assert_eq!(judge(&with(0, b"LUKS\xba\xbe\0\x01"), &tail_mark("u")), Looks::Foreign("LUKS1"));
    }

    #[test]
    fn either_copy_of_a_header_is_looked_at() {
        assert_eq!(judge(&with(0, b"LUKS\xba\xbe\0\x02"), &[0; BLOCK]), Looks::Luks2);
        assert_eq!(judge(&with(COPY, b"SKUL\xba\xbe\0\x02"), &[0; BLOCK]), Looks::Luks2);
    }

    #[test]
    fn the_tail_is_the_last_whole_block() {
        assert_eq!([tail_at(8192), tail_at(8192 + 512), tail_at(12288)], [4096, 4096, 8192]);
    }
}
