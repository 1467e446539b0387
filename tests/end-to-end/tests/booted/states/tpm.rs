//! A TPM that is missing, another one, or does not keep what is needed.

use end_to_end::{Box, checks};

use super::guesser;
use super::person::Person;

#[test]
fn a_box_whose_tpm_is_not_what_it_was() {
    checks::run("a_box_whose_tpm_is_not_what_it_was", |checks| {
        let made = Box::test();
        let settings = made.settings();
        let recovery = checks.step("first_boot_and_its_recovery_key_is_confirmed", || {
            let person = Person::switches_on(&settings);
            person.sees("coffer: ready");
            let recovery = person.machine.console().value("coffer: recovery key ").unwrap();
            // Before or after the line that says ready.
            let code = person.machine.console().wait_value("coffer: pairing code ", end_to_end::BOOT).unwrap();
            person.awaits("unprovisioned");
            made.client(&person.machine).enrol(&code).unwrap();
            person.awaits("operational");
            person.sees("notice: COF-3001");
            person.types("confirm 0000", "not the last four");
            person.types(&format!("confirm {}", &recovery[recovery.len() - 4..]), "is confirmed");
            person.switches_off();
            recovery
        });

        checks.check("without_a_tpm_it_is_locked_and_the_power_button_switches_it_off", || {
            let person = Person::switches_on(&settings.clone().without_tpm());
            person.finds_it_locked("COF-1001");
            person.types("help", "choose-disk N");
            person.types("0000-1111", "does not open the data volume");
            person.types("retry", "COF-1001");
            // The network does not wait for the data.
            person.sees("network eth0: 10.0.2.15/24 by DHCP");
            person.presses_the_button();
        });
        checks.check("without_a_tpm_the_recovery_key_opens_it", || {
            let person = Person::switches_on(&settings.clone().without_tpm());
            person.finds_it_locked("COF-1001");
            person.types(&recovery.to_lowercase(), "data volume recovery");
            person.sees("COF-2404");
            person.awaits("degraded");
            person.switches_off();
        });
        checks.check("a_tpm_without_sha256_is_named", || {
            let other = settings.clone().tpm(&made.folder.path().join("sha1-tpm")).tpm_banks("sha1");
            let person = Person::switches_on(&other);
            person.finds_it_locked("COF-1004");
            person.types(&recovery, "data volume recovery");
            person.awaits("degraded");
            person.switches_off();
        });
        checks.check(
            "the_old_tpm_opens_it_as_before_and_what_somebody_guessed_meanwhile_is_shown_and_forgotten",
            || {
                guesser::locks(settings.tpm_folder());
                let person = Person::switches_on(&settings);
                person.sees("coffer: ready");
                assert_eq!(person.machine.console().value("coffer: data volume ").as_deref(), Some("unsealed"));
                assert!(person.machine.console().find("recovery key").is_none(), "it was confirmed");
                person.awaits("operational");
                let client = made.client(&person.machine);
                let tpm = || client.call(&["status"], 60).unwrap()["tpm"].clone();
                let before = tpm();
                assert!(before["locked"] == true && before["failed"] == before["failed_max"], "{before}");
                client.call(&["tpm", "reset-lockout"], 60).unwrap();
                let after = tpm();
                assert!(after["locked"] == false && after["failed"] == 0, "{after}");
                person.switches_off();
            },
        );
        checks.check("another_tpm_and_the_recovery_key_and_everybody_gets_in_again", || {
            let other = settings.clone().tpm(&made.folder.path().join("another-tpm"));
            let person = Person::switches_on(&other);
            person.finds_it_locked("COF-1003");
            person.types(&recovery, "data volume recovery");
            person.sees("coffer: ready");
            let old = made.client(&person.machine);
            assert!(old.status().is_err(), "the old certificate is void");
            let pin =
                person.machine.console().wait_value("coffer renew --host ADDRESS --pin ", end_to_end::BOOT).unwrap();
            let port = person.machine.ports().enrolment.to_string();
            old.call(&["renew", "--pin", &pin, "--enrol-port", &port], 60).unwrap();
            old.status().unwrap();
            // An administrator who has lost his key, or the first one of a box that nobody had.
            let new = made.client_named("new", &person.machine);
            new.enrol(&person.machine.console().wait_value("coffer: pairing code ", end_to_end::BOOT).unwrap())
                .unwrap();
            new.status().unwrap();
            person.awaits("operational");
            person.switches_off();
            let person = Person::switches_on(&other);
            person.sees("coffer: ready");
            assert_eq!(person.machine.console().value("coffer: data volume ").as_deref(), Some("unsealed"));
            person.switches_off();
        });
    });
}

#[test]
fn a_new_box_without_a_tpm_sets_nothing_up_and_says_so() {
    checks::run("a_new_box_without_a_tpm_sets_nothing_up_and_says_so", |_| {
        let made = Box::test();
        let person = Person::switches_on(&made.settings().without_tpm());
        person.finds_it_locked("COF-1107");
        person.sees("no TPM");
        person.types("anything", "there is no such command");
        person.switches_off();
        let person = Person::switches_on(&made.settings());
        person.sees("coffer: ready");
        assert_eq!(person.machine.console().value("coffer: data volume ").as_deref(), Some("created"));
    });
}
