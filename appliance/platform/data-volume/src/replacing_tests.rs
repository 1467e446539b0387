//! A power cut while the TPM's key is replaced. libcryptsetup writes a slot, then the first copy of the header, then the second
//! one, each synced before the next (seen with strace, libcryptsetup 2.7.5); what is under way may be there in any part.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::format::{COPY, SLOTS_AT};
use crate::header::{self, TPM_SLOTS};
use crate::testing::{Disk, RECOVERY, TPM, sealed, secret};
use crate::ways::{Tried, Way};

const SECTOR: usize = 512;
const NEW: &[u8] = b"the key for the next TPM";

/// What the disk may hold while `before` becomes `after`: for each of the three parts those before it are new, those behind it old,
/// and its own sectors are a mixture. Of the sectors that change `kept` says which are there.
fn states(before: &[u8], after: &[u8], kept: &[bool]) -> Vec<Vec<u8>> {
    let parts = [SLOTS_AT..before.len(), 0..COPY, COPY..SLOTS_AT];
    let mut disk = before.to_vec();
    let mut states = vec![disk.clone()];
    for part in parts {
        let changed = part.clone().step_by(SECTOR).filter(|at| before[*at..at + SECTOR] != after[*at..at + SECTOR]);
        for (at, _) in changed.zip(kept.iter().cycle()).filter(|(_, kept)| **kept) {
            disk[at..at + SECTOR].copy_from_slice(&after[at..at + SECTOR]);
        }
        states.push(disk.clone());
        disk[part.clone()].copy_from_slice(&after[part]);
        states.push(disk.clone());
    }
    states
}

/// The sealed key is the old one and the old key opens, or the new one and the new key does; and the recovery key always does.
fn assert_ways_in(disk: &Disk, told: &str) {
    let mut volume = disk.volume();
    let key = if volume.sealed() == Some(sealed(1)) { TPM } else { NEW };
    assert!([Some(sealed(1)), Some(sealed(2))].contains(&volume.sealed()), "{told}");
    for (way, key) in [(Way::Tpm, key), (Way::Recovery, RECOVERY)] {
        assert_eq!(volume.try_key(way, &secret(key)).unwrap(), Tried::Opens, "{told}: {way:?}");
    }
    // And another replacement is possible.
    volume.replace_tpm_key(&secret(RECOVERY), &secret(b"newest"), &sealed(3)).unwrap();
    assert_eq!(volume.try_key(Way::Tpm, &secret(b"newest")).unwrap(), Tried::Opens, "{told}");
}

#[test]
fn at_every_instant_the_sealed_key_opens_its_slot() {
    let disk = Disk::with_a_volume();
    let path = disk.path();
    let mut images = vec![disk.bytes()];
    let mut crypt = header::load(&path, false).unwrap().unwrap();
    let old = header::tpm_way(&mut crypt);
    header::add_key(&mut crypt, &path, TPM_SLOTS[1], &secret(RECOVERY), &secret(NEW)).unwrap();
    images.push(disk.bytes());
    header::point_token(&mut crypt, &path, old.as_ref(), TPM_SLOTS[1], &sealed(2)).unwrap();
    images.push(disk.bytes());
    header::destroy_slot(&mut crypt, &path, TPM_SLOTS[0]).unwrap();
    images.push(disk.bytes());
    drop(crypt);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(2));
    runner
        .run(&prop::collection::vec(any::<bool>(), 1..64), |kept| {
            for (change, images) in images.windows(2).enumerate() {
                for (state, bytes) in states(&images[0], &images[1], &kept).iter().enumerate() {
                    disk.write(0, bytes);
                    assert_ways_in(&disk, &format!("change {change}, state {state}, {kept:?}"));
                }
            }
            Ok(())
        })
        .unwrap();
}
