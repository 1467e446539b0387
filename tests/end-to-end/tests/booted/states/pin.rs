//! A box that asks for a PIN at its start.

use std::fs::{self, File};
use std::process::Stdio;

use end_to_end::{Box, JOB, checks};
use harness::client::Client;

use super::person::Person;

const PIN: &str = "48 39 20";
const WRONG: &str = "111222";

#[test]
fn a_box_that_asks_for_a_pin() {
    checks::run("a_box_that_asks_for_a_pin", |checks| {
        let made = Box::test();
        let settings = made.settings();
        let set = |client: &Client, pin: &str| {
            let file = made.folder.path().join("pin");
            fs::write(&file, format!("{pin}\n")).unwrap();
            client.call_with(&["pin", "set"], Stdio::from(File::open(file).unwrap()), JOB)
        };
        let recovery = checks.step("first_boot_and_a_pin_is_set", || {
            let person = Person::switches_on(&settings);
            person.sees("coffer: ready");
            let recovery = person.machine.console().value("coffer: recovery key ").unwrap();
            let client = made.enrolled(&person.machine);
            person.types(&format!("confirm {}", &recovery[recovery.len() - 4..]), "is confirmed");
            for (wrong, said) in [("12345", "6 to 20 digits"), ("letters", "digits alone"), ("000000", "one digit")] {
                let refused = set(&client, wrong).unwrap_err().to_string();
                assert!(refused.contains(said), "{refused}");
            }
            assert_eq!(client.call(&["status"], JOB).unwrap()["tpm"]["pin"], false);
            set(&client, PIN).unwrap();
            assert_eq!(client.call(&["status"], JOB).unwrap()["tpm"]["pin"], true);
            person.switches_off();
            recovery
        });
        checks.check("a_wrong_one_and_none_open_nothing_and_the_right_one_does", || {
            let person = Person::switches_on(&settings);
            person.finds_it_locked("COF-1017");
            person.types("retry", "COF-1017");
            person.types("48", "6 to 20 digits");
            person.types(WRONG, "COF-1018");
            person.types(PIN, "data volume unsealed");
            person.awaits("operational");
            let console = person.machine.console().lines().concat();
            assert!(!console.contains("483920") && !console.contains(PIN) && !console.contains(WRONG), "not shown");
            made.client(&person.machine).status().unwrap();
            person.switches_off();
        });
        checks.check("the_recovery_key_opens_it_without_and_ends_it", || {
            let person = Person::switches_on(&settings);
            person.finds_it_locked("COF-1017");
            person.types(&recovery, "data volume recovery");
            person.awaits("operational");
            assert_eq!(made.client(&person.machine).call(&["status"], JOB).unwrap()["tpm"]["pin"], false);
            person.switches_off();
            let person = Person::switches_on(&settings);
            person.sees("coffer: ready");
            assert_eq!(person.machine.console().value("coffer: data volume ").as_deref(), Some("unsealed"));
            person.switches_off();
        });
    });
}
