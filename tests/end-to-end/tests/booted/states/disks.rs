//! A disk that is missing, doubled, damaged, or not ours.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;

use end_to_end::{Box, checks};
use harness::disk::{copy_sparse, data_volume, unreadable};
use imager::span::Span;

use super::person::Person;

/// Of one copy of the header; two of them, and then the key slots.
const COPY: u64 = 16 << 10;

#[test]
fn a_box_whose_disk_is_not_what_it_was() {
    checks::run("a_box_whose_disk_is_not_what_it_was", |checks| {
        let made = Box::test();
        let settings = made.settings();
        let disk = settings.disk();
        let recovery = checks.step("first_boot", || {
            let person = Person::switches_on(&settings);
            person.sees("coffer: ready");
            let recovery = person.machine.console().value("coffer: recovery key ").unwrap();
            person.switches_off();
            recovery
        });
        let volume = data_volume(&disk).unwrap();
        let kept = made.folder.path().join("kept.img");
        copy_sparse(&disk, &kept).unwrap();
        let restore = || copy_sparse(&kept, &disk).unwrap();

        checks.check("the_recovery_key_is_shown_until_it_is_confirmed", || {
            let person = Person::switches_on(&settings);
            person.sees("coffer: ready");
            assert_eq!(person.machine.console().value("coffer: recovery key "), Some(recovery.clone()));
            person.switches_off();
        });
        checks.check("a_damaged_header_is_made_anew_from_its_copy", || {
            overwrite(&disk, volume.start, 4096);
            let person = Person::switches_on(&settings);
            person.sees("coffer: ready");
            person.sees("COF-3002");
            person.switches_off();
            restore();
        });
        checks.check("a_damaged_slot_of_the_tpms_key_leaves_the_recovery_key", || {
            overwrite(&disk, volume.start + 2 * COPY, 4096);
            let person = Person::switches_on(&settings);
            person.finds_it_locked("COF-1008");
            person.types(&recovery, "data volume recovery");
            person.sees("coffer: ready");
            person.switches_off();
            let person = Person::switches_on(&settings);
            person.sees("coffer: data volume unsealed");
            person.switches_off();
            restore();
        });
        checks.check("a_disk_that_cannot_be_read_is_named", || {
            // All but a few blocks of the header, which is more than a disk with a scratch.
            let fault = unreadable(Span { start: volume.start, length: 1 << 20 }, 16 << 10);
            let person = Person::switches_on(&settings.clone().disk_fault(fault));
            person.finds_it_locked("COF-1105");
            person.types("retry", "COF-1105");
            person.switches_off();
        });
        checks.check("of_two_disks_a_person_chooses", || {
            let second = made.folder.path().join("second.img");
            copy_sparse(&kept, &second).unwrap();
            let person = Person::switches_on(&settings.clone().second_disk(&second));
            person.finds_it_locked("COF-1102");
            person.types("choose-disk 3", "there is no disk 3");
            person.types("choose-disk 1", "data volume unsealed");
            person.sees("coffer: ready");
            person.switches_off();
        });
        checks.check("without_its_headers_it_is_erased_only_when_somebody_means_it", || {
            overwrite(&disk, volume.start, 2 * COPY);
            let person = Person::switches_on(&settings);
            person.finds_it_locked("COF-1103");
            let asked = person.types("erase", "if you mean it, type: erase ");
            person.types("erase XXXXX", "if you mean it");
            let word = |line: &str| line.split("type: erase ").nth(1).unwrap()[..4].to_string();
            assert_ne!(word(&asked), "XXXX");
            let asked = person.types("erase", "if you mean it, type: erase ");
            person.types(&format!("erase {}", word(&asked)), "data volume created");
            person.sees("coffer: ready");
            assert_ne!(person.machine.console().value("coffer: recovery key "), Some(recovery.clone()));
            person.switches_off();
            restore();
        });
        checks.check("somebody_elses_data_are_not_touched", || {
            fill(&disk, volume.start, 16 << 20, 0);
            fill(&disk, volume.start + volume.length - 4096, 4096, 0);
            let file = OpenOptions::new().write(true).open(&disk).unwrap();
            file.write_all_at(b"NTFS    ", volume.start + 3).unwrap();
            let before = start_of(&disk, volume.start);
            let person = Person::switches_on(&settings);
            person.finds_it_locked("COF-1104");
            person.sees("NTFS");
            person.switches_off();
            assert!(start_of(&disk, volume.start) == before);
            restore();
        });
    });
}

fn overwrite(disk: &Path, at: u64, length: u64) {
    fill(disk, at, length, 0x5a);
}

fn fill(disk: &Path, at: u64, length: u64, with: u8) {
    let file = OpenOptions::new().write(true).open(disk).unwrap();
    file.write_all_at(&vec![with; length as usize], at).unwrap();
}

fn start_of(disk: &Path, at: u64) -> Vec<u8> {
    let mut bytes = vec![0; 16 << 20];
    OpenOptions::new().read(true).open(disk).unwrap().read_exact_at(&mut bytes, at).unwrap();
    bytes
}
