//! Boxes with other disks than the image's.

use end_to_end::{BOOT, Box, POWER_OFF, checks};
use harness::disk::{data_volume, unreadable};
use harness::{Machine, Settings};
use imager::span::Span;

/// A copy of the volume's header.
const COPY: u64 = 16 << 10;

#[test]
fn a_disk_with_sectors_of_4096_bytes() {
    checks::run("a_disk_with_sectors_of_4096_bytes", |checks| {
        let made = Box::test();
        let settings = made.settings().sector_size(4096).disk_mebibytes(2048);
        let mut machine = checks.step("first_boot", || made.boot(&settings));
        assert_eq!(machine.console().value("coffer: data volume ").as_deref(), Some("created"));
        checks.check("the_slot_was_marked_good", || {
            assert_eq!(machine.console().wait_value("coffer: boot slot ", BOOT).unwrap(), "a.efi marked good");
        });
        checks.check("the_volume_has_the_rest_of_the_disk", || {
            let volume = data_volume(&settings.disk()).unwrap();
            assert_eq!(volume.start + volume.length, 2047 << 20);
        });
        checks.step("power_off", || machine.power_off(POWER_OFF).unwrap());
        checks.check("it_opens_again_and_a_blank_second_disk_is_left_alone", || {
            let second = made.folder.path().join("second.img");
            std::fs::File::create(&second).unwrap().set_len(64 << 20).unwrap();
            unseals(&made, &settings.clone().second_disk(&second));
            assert!(std::fs::read(&second).unwrap().iter().all(|b| *b == 0));
        });
    });
}

#[test]
fn a_disk_that_cannot_be_read_in_places() {
    checks::run("a_disk_that_cannot_be_read_in_places", |checks| {
        let made = Box::test();
        let settings = made.settings();
        checks.step("first_boot", || made.boot(&settings).power_off(POWER_OFF).unwrap());
        let start = data_volume(&settings.disk()).unwrap().start;
        let faulty = |start, length| settings.clone().disk_fault(unreadable(Span { start, length }, 4096));

        checks.check("the_first_copy_of_the_header_is_enough", || unseals(&made, &faulty(start + COPY, COPY)));
        checks.check("the_second_copy_of_the_header_is_enough", || unseals(&made, &faulty(start, COPY)));
        checks.check("without_both_it_is_said_that_the_disk_cannot_be_read", || {
            let machine = faulty(start, 2 * COPY).start().unwrap();
            machine.console().wait_for("reading the header from /dev/vda2: Input/output error", BOOT).unwrap();
        });
        checks.check("nothing_was_lost", || unseals(&made, &settings));
    });
}

fn unseals(made: &Box, settings: &Settings) {
    let mut machine: Machine = made.boot(settings);
    assert_eq!(machine.console().value("coffer: data volume ").as_deref(), Some("unsealed"));
    machine.power_off(POWER_OFF).unwrap();
}
