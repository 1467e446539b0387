//! A firmware in which somebody changed Secure Boot.

use std::path::Path;
use std::process::{Command, Stdio};

use end_to_end::{Box, JOB, checks};
use harness::firmware;

use super::person::Person;
use super::reseal_cuts::{self, Change, Recorder};

#[test]
fn a_box_whose_secure_boot_is_not_what_it_was() {
    checks::run("a_box_whose_secure_boot_is_not_what_it_was", |checks| {
        let made = Box::test();
        let settings = made.settings();
        let work = |name: &str| made.folder.path().join(name);
        checks.check("a_new_box_with_secure_boot_off_sets_nothing_up_and_says_so", || {
            settings.prepare().unwrap();
            firmware::switch_secure_boot_off(&settings).unwrap();
            let person = Person::switches_on(&settings);
            person.finds_it_locked("COF-1016");
            person.switches_off();
            std::fs::copy(made.image.join("vars.fd"), settings.disk().with_file_name("vars.fd")).unwrap();
        });
        let [change, another] = ["change", "another"].map(|name| {
            let certificate = work(&format!("{name}.crt"));
            make_certificate(&work(&format!("{name}.key")), &certificate);
            Change::trust_also(&settings, &certificate, &work(name))
        });
        let (mut recorder, recorded) = Recorder::start(&made, &settings);
        let recovery = checks.step("first_boot_and_a_change_of_the_firmwares_keys_is_planned", || {
            let person = Person::switches_on(&recorded);
            person.sees("coffer: ready");
            let recovery = person.machine.console().value("coffer: recovery key ").unwrap();
            let client = made.enrolled(&person.machine);
            person.types(&format!("confirm {}", &recovery[recovery.len() - 4..]), "is confirmed");
            reseal_cuts::make_key(&made, &client);
            let set = format!("db={}", change.db.display());
            let said = client.call(&["secure-boot", "--set", &set], JOB).unwrap();
            assert_eq!(said["planned"], false);
            // For the first time, in another one's place, given up, and meant.
            for planned in [Some(&another), Some(&change), None, Some(&change)] {
                let pcr7 = recorder.plan(&client, planned);
                assert_eq!(said["pcr7"] == *pcr7, planned.is_some_and(|planned| planned.db == change.db));
            }
            // Without the certificate that started the image nothing would start.
            let empty = work("empty.esl");
            std::fs::write(&empty, b"").unwrap();
            let set = format!("db={}", empty.display());
            let refused = client.call(&["secure-boot", "--set", &set, "--plan"], JOB).unwrap_err().to_string();
            assert!(refused.contains("nothing would start"), "{refused}");
            person.switches_off();
            recovery
        });
        let old = settings.disk().with_file_name("vars.fd");
        recorder.cuts(checks);
        let kept = work("kept.fd");
        std::fs::copy(&old, &kept).unwrap();
        for (name, variables) in
            [("until_it_is_made_nothing_changes", &kept), ("once_made_it_needs_no_recovery_key", &change.variables)]
        {
            checks.check(name, || {
                std::fs::copy(variables, &old).unwrap();
                let person = Person::switches_on(&settings);
                opens_by_itself(&person);
                made.client(&person.machine).status().unwrap();
                person.switches_off();
            });
        }
        checks.check("what_was_approved_of_before_is_so_no_longer_and_the_recovery_key_approves_of_it", || {
            std::fs::copy(&kept, &old).unwrap();
            let person = Person::switches_on(&settings);
            person.finds_it_locked("COF-1011");
            person.types("retry", "COF-1011");
            person.types(&recovery, "data volume recovery");
            person.awaits("operational");
            person.switches_off();
            let person = Person::switches_on(&settings);
            opens_by_itself(&person);
            person.switches_off();
        });
        checks.check("with_secure_boot_off_only_the_recovery_key_opens_it", || {
            firmware::switch_secure_boot_off(&settings).unwrap();
            let person = Person::switches_on(&settings);
            person.finds_it_locked("COF-1011");
            person.types(&recovery, "data volume recovery");
            person.awaits("degraded");
            person.switches_off();
        });
    });
}

fn opens_by_itself(person: &Person) {
    person.sees("coffer: ready");
    assert_eq!(person.machine.console().value("coffer: data volume ").as_deref(), Some("unsealed"));
}

fn make_certificate(key: &Path, certificate: &Path) {
    let mut command = Command::new("openssl");
    command.args(["req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=other/", "-days", "30"]);
    command.arg("-keyout").arg(key).arg("-out").arg(certificate);
    assert!(command.stderr(Stdio::null()).status().unwrap().success());
}
