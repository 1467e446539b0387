//! What else a partition may hold, by what it begins with: so that a person is told what would be lost. Pure.

/// Its name, the place of its magic number, and the number.
const MAGIC: [(&str, usize, &[u8]); 15] = [
    ("LUKS1", 0, b"LUKS\xba\xbe\0\x01"),
    ("XFS", 0, b"XFSB"),
    ("squashfs", 0, b"hsqs"),
    ("BitLocker", 3, b"-FVE-FS-"),
    ("NTFS", 3, b"NTFS    "),
    ("exFAT", 3, b"EXFAT   "),
    ("FAT", 54, b"FAT1"),
    ("FAT", 82, b"FAT32"),
    ("LVM", 512, b"LABELONE"),
    ("a partition table", 512, b"EFI PART"),
    ("RAID", 4096, &[0xfc, 0x4e, 0x2b, 0xa9]),
    ("swap", 4086, b"SWAPSPACE2"),
    ("ISO 9660", 32769, b"CD001"),
    ("btrfs", 65600, b"_BHRfS_M"),
    ("a boot sector", 510, &[0x55, 0xaa]),
];

/// The name of what is known.
pub(crate) fn named(head: &[u8]) -> Option<&'static str> {
    if is_ext(head) {
        return Some("ext4");
    }
    let is_there = |at: usize, magic: &[u8]| head.get(at..at + magic.len()) == Some(magic);
    MAGIC.iter().find(|(_, at, magic)| is_there(*at, magic)).map(|(name, ..)| *name)
}

/// The magic number of ext2 to ext4 has two bytes, which are found in any header in 65536 that is overwritten by chance: three
/// more fields of the superblock (Linux, fs/ext4/ext4.h) must make sense.
fn is_ext(head: &[u8]) -> bool {
    let Some(superblock) = head.get(1024..2048) else { return false };
    let number = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|i| superblock[at + i]));
    let (inodes, block_size, revision) = (number(0), number(24), number(76));
    superblock[56..58] == [0x53, 0xef] && inodes > 0 && block_size <= 6 && revision <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_named_by_its_own_number() {
        for (name, at, magic) in MAGIC {
            let mut head = vec![0; 1 << 17];
            head[at..at + magic.len()].copy_from_slice(magic);
            assert_eq!(named(&head), Some(name));
        }
        assert_eq!(named(&[0; 1 << 17]), None);
        assert_eq!(named(&[]), None);
    }

    #[test]
    fn two_bytes_make_no_ext4() {
        let mut head = vec![0; 1 << 17];
        head[1024 + 56..1024 + 58].copy_from_slice(&[0x53, 0xef]);
        assert_eq!(named(&head), None);
        head[1024] = 9;
        assert_eq!(named(&head), Some("ext4"));
    }
}
