//! The order of the writes against a power cut at every instant: of the steps, and of any part of what is under way.

use proptest::prelude::*;

use crate::format::{BLOCK, HEADER, LEAST, SLOTS_AT};
use crate::placing::{self, Step, header_goes};
use crate::testing::{Disk, RECOVERY, TPM, secret};
use crate::volume::Contents;
use crate::ways::{Tried, Way};

/// The pieces of a step that a disk writes whole or not at all.
fn pieces(step: &Step, sector: usize) -> Vec<(u64, &[u8])> {
    step.iter()
        .flat_map(|write| {
            let offsets = (0..).map(move |n| write.at + n * sector as u64);
            offsets.zip(write.bytes.chunks(sector))
        })
        .collect()
}

/// What must be found where a volume was about to be made.
fn assert_nothing_or_whole(disk: &Disk, told: &str) {
    match disk.read() {
        Contents::Blank | Contents::Unfinished => {}
        Contents::Volume(mut volume) => {
            assert_eq!(volume.try_key(Way::Tpm, &secret(TPM)).unwrap(), Tried::Opens, "{told}");
            assert_eq!(volume.try_key(Way::Recovery, &secret(RECOVERY)).unwrap(), Tried::Opens, "{told}");
            assert!(volume.sealed().is_some() && volume.has_its_end() && !volume.was_repaired(), "{told}");
        }
        other => panic!("{told}: {other:?}"),
    }
}

/// What must be found where a volume was about to be erased.
fn assert_whole_or_nothing_known(disk: &Disk, told: &str) {
    match disk.read() {
        Contents::Volume(mut volume) => {
            assert_eq!(volume.try_key(Way::Recovery, &secret(RECOVERY)).unwrap(), Tried::Opens, "{told}");
        }
        Contents::Blank | Contents::Unfinished => {}
        other => panic!("{told}: {other:?}"),
    }
}

#[test]
fn after_any_number_of_writes_there_is_nothing_or_a_whole_volume() {
    let disk = Disk::blank(LEAST);
    let steps = disk.steps();
    let mut seen = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        // A look now and then within the long step: each reads 16 MiB.
        let pieces = pieces(step, 512);
        let every = (pieces.len() / 24).max(1);
        for (count, (at, bytes)) in pieces.iter().enumerate() {
            disk.write(*at, bytes);
            if count % every == 0 || count < 3 {
                assert_nothing_or_whole(&disk, &format!("step {number}, {} sectors", count + 1));
            }
        }
        assert_nothing_or_whole(&disk, &format!("step {number}"));
        seen.push(format!("{:?}", disk.read()).split('(').next().unwrap().to_string());
    }
    assert_eq!(seen, ["Unfinished", "Unfinished", "Volume"]);
}

#[test]
fn the_last_step_changes_one_sector_of_either_size() {
    let disk = Disk::blank(LEAST);
    let steps = disk.steps();
    let (marked, finished) = (&steps[0][0].bytes, &steps[2][0].bytes);
    assert_eq!((steps[2].len(), finished.len(), marked.len()), (1, BLOCK, BLOCK));
    assert!(marked[..512] != finished[..512] && marked[512..] == finished[512..]);
}

#[test]
fn an_unfinished_one_is_made_again_and_an_erased_one_is_blank() {
    let disk = Disk::with_a_volume();
    disk.write(0, &crate::format::unfinished_mark());
    assert!(matches!(disk.read(), Contents::Unfinished));
    placing::run(&disk.steps(), &disk.path()).unwrap();
    assert_nothing_or_whole(&disk, "made again");
    assert!(matches!(disk.read(), Contents::Volume(_)));
    crate::erase(&disk.path()).unwrap();
    assert!(matches!(disk.read(), Contents::Blank));
    assert!(disk.bytes()[..HEADER as usize].iter().all(|b| *b == 0));
    // Erasing what is blank, and what is somebody else's, is no more.
    disk.write(0, b"XFSB");
    assert!(matches!(disk.read(), Contents::Foreign { what: "XFS" }));
    crate::erase(&disk.path()).unwrap();
    assert!(matches!(disk.read(), Contents::Blank));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Any part of the step that is under way may be on the disk.
    #[test]
    fn any_part_of_a_step_leaves_nothing_or_a_whole_volume(
        step in 0usize..3, comes in any::<bool>(), large in any::<bool>(), kept in prop::collection::vec(any::<bool>(), 64),
    ) {
        let disk = if comes { Disk::blank(LEAST) } else { Disk::with_a_volume() };
        let steps = if comes { disk.steps() } else { header_goes(LEAST) };
        placing::run(&steps[..step], &disk.path()).unwrap();
        // The first sectors one by one, which hold the headers; the long rest in stretches.
        for (at, bytes) in pieces(&steps[step], if large { BLOCK } else { 512 }) {
            let number = if at < SLOTS_AT as u64 { at as usize / 512 } else { at as usize / (HEADER as usize / 64) };
            if kept[number % kept.len()] {
                disk.write(at, bytes);
            }
        }
        let told = format!("step {step}, {kept:?}");
        if comes { assert_nothing_or_whole(&disk, &told) } else { assert_whole_or_nothing_known(&disk, &told) }
    }
}
