//! A volume, whole and damaged in every part.

use std::fs::OpenOptions;

use proptest::prelude::*;

use crate::format::{BLOCK, COPY, HEADER, LEAST, Looks, SLOTS_AT, TAIL_ROOM, judge};
use crate::header::{self, TPM_SLOTS};
use crate::testing::{Disk, RECOVERY, TPM, sealed, secret};
use crate::volume::{Contents, Volume};
use crate::ways::{Tried, Way};
use crate::{First, VolumeError, create, erase};

/// libcryptsetup gives each slot so much (64 bytes in 4000 stripes), in the order in which they were added.
const SLOT: u64 = 258_048;

fn tries(volume: &mut Volume) -> [Tried; 2] {
    [(Way::Tpm, TPM), (Way::Recovery, RECOVERY)].map(|(way, key)| volume.try_key(way, &secret(key)).unwrap())
}

#[test]
fn a_new_volume_opens_in_both_ways_and_with_nothing_else() {
    let disk = Disk::with_a_volume();
    let mut volume = disk.volume();
    assert!(volume.has_its_end() && !volume.was_repaired() && volume.unreadable_bytes() == 0);
    assert_eq!(tries(&mut volume), [Tried::Opens; 2]);
    assert_eq!(volume.sealed(), Some(sealed(1)));
    assert_eq!(volume.try_key(Way::Tpm, &secret(RECOVERY)).unwrap(), Tried::WrongKey);
    assert_eq!(volume.try_key(Way::Recovery, &secret(b"")).unwrap(), Tried::WrongKey);
    assert!(disk.bytes()[SLOTS_AT..HEADER as usize].chunks(4096).all(|block| block.iter().any(|b| *b != 0)));
}

#[test]
fn either_copy_of_the_header_does_and_the_other_is_made_anew() {
    for (at, length) in [(0, 1), (0, COPY), (100, 1), (5000, 100), (COPY, 1), (COPY, COPY), (COPY + 5000, 100)] {
        let disk = Disk::with_a_volume();
        let before = disk.bytes();
        disk.write(at as u64, &vec![0x55; length]);
        let mut volume = disk.volume();
        assert!(volume.was_repaired(), "{length} bytes at {at}");
        assert_eq!(tries(&mut volume), [Tried::Opens; 2], "{length} bytes at {at}");
        drop(volume);
        assert!(!disk.volume().was_repaired(), "{length} bytes at {at}");
        // The JSON of both is what it was.
        assert!(disk.bytes()[4096..COPY] == before[4096..COPY]);
    }
}

#[test]
fn without_both_copies_the_headers_are_lost_whatever_else_is() {
    for fill in [0, 0xa5] {
        let disk = Disk::with_a_volume();
        disk.write(0, &vec![fill; 2 * COPY]);
        assert!(matches!(disk.read(), Contents::HeadersLost), "{fill}");
        disk.write(0, &vec![fill; HEADER as usize]);
        assert!(matches!(disk.read(), Contents::HeadersLost), "{fill}");
    }
    // Both copies are damaged, and neither is gone.
    let disk = Disk::with_a_volume();
    disk.write(300, b"x");
    disk.write(COPY as u64 + 6000, b"x");
    assert!(matches!(disk.read(), Contents::HeadersLost));
}

#[test]
fn a_damaged_slot_is_told_from_a_damaged_disk_and_leaves_the_other_way() {
    for (number, expected) in [(0, [Tried::WrongKey, Tried::Opens]), (1, [Tried::Opens, Tried::WrongKey])] {
        let disk = Disk::with_a_volume();
        disk.write(SLOTS_AT as u64 + number * SLOT + 1000, b"damage");
        let mut volume = disk.volume();
        assert_eq!(tries(&mut volume), expected);
        assert!(!volume.was_repaired());
    }
}

#[test]
fn a_slot_that_is_gone_is_told_from_a_wrong_key() {
    let disk = Disk::with_a_volume();
    let mut crypt = header::load(&disk.path(), false).unwrap().unwrap();
    header::destroy_slot(&mut crypt, &disk.path(), TPM_SLOTS[0]).unwrap();
    drop(crypt);
    let mut volume = disk.volume();
    assert_eq!(tries(&mut volume), [Tried::NoSlot, Tried::Opens]);
    volume.replace_tpm_key(&secret(RECOVERY), &secret(TPM), &sealed(2)).unwrap();
    assert_eq!(tries(&mut volume), [Tried::Opens; 2]);
    assert_eq!(volume.sealed(), Some(sealed(2)));
}

#[test]
fn the_slots_of_the_tpms_key_take_turns() {
    let disk = Disk::with_a_volume();
    for number in 2..6 {
        let key = format!("key {number}");
        let mut volume = disk.volume();
        volume.replace_tpm_key(&secret(RECOVERY), &secret(key.as_bytes()), &sealed(number)).unwrap();
        let mut volume = disk.volume();
        assert_eq!(volume.sealed(), Some(sealed(number)));
        assert_eq!(volume.try_key(Way::Tpm, &secret(key.as_bytes())).unwrap(), Tried::Opens);
        assert_eq!(tries(&mut volume), [Tried::WrongKey, Tried::Opens]);
        let mut crypt = header::load(&disk.path(), false).unwrap().unwrap();
        let there = TPM_SLOTS.map(|slot| header::has_slot(&mut crypt, slot));
        assert_eq!(there, [number % 2 == 1, number % 2 == 0]);
    }
}

#[test]
fn a_replacement_without_the_right_key_changes_no_way_in() {
    let disk = Disk::with_a_volume();
    let wrong = disk.volume().replace_tpm_key(&secret(b"wrong"), &secret(b"new"), &sealed(2));
    assert!(matches!(wrong, Err(VolumeError::Header { .. })));
    let mut volume = disk.volume();
    assert_eq!(tries(&mut volume), [Tried::Opens; 2]);
    assert_eq!(volume.sealed(), Some(sealed(1)));
}

#[test]
fn a_replacement_that_was_cut_keeps_the_old_key_or_the_new_one_with_its_own_sealed() {
    let disk = Disk::with_a_volume();
    let (path, new) = (disk.path(), secret(b"new"));
    let mut crypt = header::load(&path, false).unwrap().unwrap();
    header::add_key(&mut crypt, &path, TPM_SLOTS[1], &secret(RECOVERY), &new).unwrap();
    let mut volume = disk.volume();
    assert_eq!((volume.sealed(), tries(&mut volume)), (Some(sealed(1)), [Tried::Opens; 2]));

    let mut crypt = header::load(&path, false).unwrap().unwrap();
    let old = header::tpm_way(&mut crypt);
    header::point_token(&mut crypt, &path, old.as_ref(), TPM_SLOTS[1], &sealed(2)).unwrap();
    let mut volume = disk.volume();
    assert_eq!(volume.sealed(), Some(sealed(2)));
    assert_eq!(volume.try_key(Way::Tpm, &new).unwrap(), Tried::Opens);
    // The next replacement takes the slot that was left.
    volume.replace_tpm_key(&secret(RECOVERY), &secret(b"newer"), &sealed(3)).unwrap();
    let mut volume = disk.volume();
    assert_eq!(volume.try_key(Way::Tpm, &secret(b"newer")).unwrap(), Tried::Opens);
    assert_eq!(volume.try_key(Way::Tpm, &new).unwrap(), Tried::WrongKey);
}

#[test]
fn a_partition_that_was_cut_off_is_a_volume_without_its_end() {
    let disk = Disk::with_a_volume();
    let cut_to = |size| OpenOptions::new().write(true).open(disk.path()).unwrap().set_len(size).unwrap();
    cut_to(LEAST - (1 << 20));
    assert!(!disk.volume().has_its_end());
    for size in [HEADER + TAIL_ROOM - 1, HEADER, 1 << 20, 4096, 1, 0] {
        cut_to(size);
        assert!(matches!(disk.read(), Contents::TooSmall { size: found } if found == size));
        assert!(matches!(erase(&disk.path()), Err(VolumeError::TooSmall { .. })));
    }
}

#[test]
fn a_volume_is_made_where_nothing_is_and_nowhere_else() {
    let first = First { tpm: &secret(TPM), recovery: &secret(RECOVERY), sealed: &sealed(1) };
    let work = tempfile::tempdir().unwrap();
    let disk = Disk::with_a_volume();
    for damage in [&b""[..], b"XFSB", &[0; 2 * COPY]] {
        disk.write(0, damage);
        let before = disk.bytes();
        let refused = create(&disk.path(), &first, work.path(), &mut || ());
        assert!(matches!(refused, Err(VolumeError::Occupied { .. })));
        assert!(disk.bytes() == before);
    }
    let refused = create(&Disk::blank(LEAST - 1).path(), &first, work.path(), &mut || ());
    assert!(matches!(refused, Err(VolumeError::TooSmall { .. })));
}

#[test]
fn a_file_system_over_a_volume_is_foreign_and_is_left_alone() {
    let disk = Disk::with_a_volume();
    // ext4's superblock, over the first copy; the second one is whole.
    let mut superblock = vec![0; 1024];
    (superblock[0], superblock[56], superblock[57]) = (9, 0x53, 0xef);
    for first_sector in [vec![], vec![0; 1024]] {
        disk.write(0, &first_sector);
        disk.write(1024, &superblock);
        let before = disk.bytes();
        assert!(matches!(disk.read(), Contents::Foreign { what: "ext4" }));
        assert!(disk.bytes() == before);
    }
}

#[test]
fn somebody_elses_luks2_is_foreign() {
    let disk = Disk::with_a_volume();
    disk.write(LEAST - 4096, &[0; 4096]);
    assert!(matches!(disk.read(), Contents::Volume(_)), "its label is enough");
    let mut crypt = header::load(&disk.path(), false).unwrap().unwrap();
    crypt.context_handle().set_label(Some("theirs"), None).unwrap();
    assert!(matches!(disk.read(), Contents::Volume(_)), "its token is enough");
    crypt.token_handle().json_set(libcryptsetup_rs::TokenInput::RemoveToken(0)).unwrap();
    assert!(matches!(disk.read(), Contents::Foreign { what: "LUKS2" }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// What may hold somebody's data is never taken for nothing: blank is what is zero all over, unfinished what says so.
    #[test]
    fn damage_never_makes_a_volume_blank_or_unfinished(
        damages in prop::collection::vec((0..HEADER as usize, 1usize..HEADER as usize, any::<u8>()), 1..4),
        keeps_its_end in any::<bool>(),
    ) {
        let mut head = vec![0x31; HEADER as usize];
        head[..8].copy_from_slice(b"LUKS\xba\xbe\0\x02");
        head[COPY..COPY + 8].copy_from_slice(b"SKUL\xba\xbe\0\x02");
        for (at, length, fill) in damages {
            let end = (at + length).min(HEADER as usize);
            head[at..end].fill(fill);
        }
        let tail = if keeps_its_end { crate::format::tail_mark("uuid") } else { vec![0; BLOCK] };
        let nothing_is_left = !keeps_its_end && head.iter().all(|b| *b == 0);
        let looks = judge(&head, &tail);
        prop_assert!(looks != Looks::Unfinished && (looks == Looks::Blank) == nothing_is_left, "{looks:?}");
    }
}
