//! Another image beside the one that works: it is marked good when the whole box works with it, and gives way by itself when not.

use std::path::Path;

use end_to_end::{BOOT, Box, POWER_OFF, checks};
use harness::disk::{add_image, images, read_uki, without_system};
use harness::{Machine, Settings};
use imager::keys::Keys;

#[test]
fn an_image_has_to_work_before_it_is_marked_good() {
    checks::run("an_image_has_to_work_before_it_is_marked_good", |checks| {
        let made = Box::test();
        let settings = made.settings().reboots();
        checks.step("the_first_image_is_marked_good_when_everything_serves", || {
            let mut machine = made.boot(&settings);
            assert!(machine.console().find("marked good").is_none(), "{:#?}", machine.console().lines());
            marked_good(&machine, "a.efi");
            machine.power_off(POWER_OFF).unwrap();
            assert_eq!(names(&settings), ["a.efi"]);
        });
        let image = read_uki(&settings.disk()).unwrap();
        checks.check("one_that_panics_gives_way", || {
            let keys = Path::new(&std::env::var("COFFER_CACHE").unwrap()).join("keys/development");
            let signed = without_system(&image, &Keys::development(&keys).unwrap().secure_boot).unwrap();
            add_image(&settings.disk(), "b+1.efi", &signed).unwrap();
            let mut machine = settings.start().unwrap();
            given_up(&machine, "b+0-1.efi: it never came so far");
            machine.power_off(POWER_OFF).unwrap();
            assert_eq!(names(&settings), ["a.efi", "b+0-1.efi"]);
        });
        checks.check("one_whose_services_die_gives_way_and_says_so", || {
            add_image(&settings.disk(), "b+3.efi", &image).unwrap();
            let mut machine = made.boot(&settings);
            machine.console().send_line("kill computed").unwrap();
            machine.console().send_line("end-trial").unwrap();
            let given = machine.console().wait_for("coffer: this image is given up: ", BOOT).unwrap();
            assert!(given.contains("its services did not all serve") && given.contains("a.efi is next"), "{given}");
            machine.console().mark();
            given_up(&machine, "b+0-1.efi (version ");
            machine.console().wait_for("coffer: ready", BOOT).unwrap();
            machine.power_off(POWER_OFF).unwrap();
            assert_eq!(names(&settings), ["a.efi", "b+0-1.efi"]);
        });
        checks.check("one_that_works_is_marked_good_and_stays", || {
            add_image(&settings.disk(), "b+3.efi", &image).unwrap();
            let mut machine = made.boot(&settings);
            assert_eq!(machine.console().value("coffer: data volume ").as_deref(), Some("unsealed"));
            marked_good(&machine, "b.efi");
            assert!(machine.console().find("COF-3005").is_none(), "{:#?}", machine.console().lines());
            machine.power_off(POWER_OFF).unwrap();
            assert_eq!(names(&settings), ["a.efi", "b.efi"]);
        });
    });
}

fn marked_good(machine: &Machine, name: &str) {
    let marked = machine.console().wait_value("coffer: boot slot ", BOOT).unwrap();
    assert_eq!(marked, format!("{name} marked good"));
}

/// The image before runs again, and says what became of the other one.
fn given_up(machine: &Machine, why: &str) {
    let line = machine.console().wait_for("COF-3005", BOOT).unwrap();
    assert!(line.contains(why), "{line}");
}

fn names(settings: &Settings) -> Vec<String> {
    let mut names = images(&settings.disk()).unwrap();
    names.sort();
    names
}
