//! A box without a card, from its first boot to another TPM: what its services do and survive, and when its data volume opens
//! by itself, when it stays closed, and what the recovery key does.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use end_to_end::{BOOT, Box, JOB, POWER_OFF, checks};
use harness::client::Client;
use harness::disk::{copy_sparse, esp, extract_data_volume, has_uki, read_uki, uki_path};
use harness::write_log::{self, WriteLog};
use harness::{Machine, Settings};
use imager::build::DISK;

use crate::services;

#[test]
fn a_box_without_a_card() {
    checks::run("a_box_without_a_card", |checks| {
        let made = Box::test();
        let log = made.folder.path().join("write-log");
        let mut machine = checks.step("first_boot", || made.boot(&made.settings().write_log(&log)));
        let recovery = checks.step("a_new_data_volume_and_its_recovery_key", || created(&machine));
        checks.check("a_service_that_a_row_added_finds_everything_closed", || services::probe(&machine));
        checks.check("what_a_service_writes_is_printable_short_and_limited", || services::talk(&machine));
        checks.check("the_address_comes_from_a_service", || services::address(&machine));
        let client = checks.step("enrolment", || made.enrolled(&machine));
        checks.check("its_evidence_is_judged_by_what_an_auditor_has", || crate::evidence::judged(&made, &client));
        checks.check("its_client_judges_it_too", || crate::evidence::judged_by_the_client(&made, &client));
        checks.check("the_sdk_judges_it_too", || crate::evidence::judged_by_the_sdk(&machine, &client));
        checks.check("rsa_other_peoples_keys_and_obfuscation", || operators(&client, made.folder.path()));
        checks.check("a_forbidden_system_call_kills_the_service_and_is_said_and_it_comes_back", || jails(&machine));
        checks.check("a_killed_service_comes_back_and_serves", || kills(&machine, &client));
        checks.step("power_off", || machine.power_off(POWER_OFF).unwrap());

        checks.check("a_power_cut_while_the_slot_is_marked_good_leaves_a_whole_image", || {
            whole_at_every_write(&made, &log)
        });

        checks.check("extra_kernel_parameters_keep_it_closed_until_the_recovery_key_is_typed", || {
            closed_by_parameters(&made.settings().kernel_parameters("loglevel=7"), &recovery);
        });
        // Without the parameters the same TPM opens it as before: the recovery changed nothing.
        checks.check("the_next_boot_unseals", || unseals_and_shows_the_recovery_key(&made, &recovery));
        checks.check("stock_cryptsetup_opens_the_volume_with_the_recovery_key", || cryptsetup_opens(&made, &recovery));

        let other = made.settings().tpm(&made.folder.path().join("another-tpm"));
        checks.check("another_tpm_keeps_it_closed_until_the_recovery_key_is_typed", || {
            closed_to_another_tpm(&other, &recovery);
        });
        checks.check("another_tpm_was_given_the_key_by_the_recovery", || {
            let machine = made.boot(&other);
            assert_eq!(volume(&machine).as_deref(), Some("unsealed"));
        });
    });
}

/// How the data volume was opened.
fn volume(machine: &Machine) -> Option<String> {
    machine.console().value("coffer: data volume ")
}

/// Gives the recovery key.
fn created(machine: &Machine) -> String {
    assert_eq!(volume(machine).as_deref(), Some("created"));
    machine.console().value("coffer: recovery key ").expect("a recovery key on the console")
}

/// The first boot counts the image's tries in its name, and then takes the counter off: after each sector that either of them
/// wrote to the EFI system partition the image is there. With the folder alone synced, a name without content is.
fn whole_at_every_write(made: &Box, log: &Path) {
    let disk = made.folder.path().join("replayed.img");
    copy_sparse(&made.image.join(DISK), &disk).unwrap();
    let image = read_uki(&disk).unwrap();
    let log = WriteLog::read(log).unwrap();
    let writes: Vec<_> = log.within(esp(&disk).unwrap()).collect();
    // The firmware's and ours: their folder's sector at least, twice.
    assert!(writes.len() >= 4, "{}", writes.len());
    let name = uki_path(&disk).unwrap();
    for (count, write) in writes.iter().enumerate() {
        write_log::apply([*write], &disk).unwrap();
        assert!(has_uki(&disk, &image).unwrap(), "no whole image after {} of {} sectors", count + 1, writes.len());
    }
    let good = uki_path(&disk).unwrap();
    assert!(name.contains('+') && !good.contains('+'), "{name} became {good}");
}

/// The operators that leave the usual path of a job, inside the jails and with keys behind a TPM.
fn operators(client: &Client, folder: &Path) {
    let file = |name: &str| folder.join(name).to_str().unwrap().to_string();
    let call = |words: &[&str]| client.call(words, JOB).unwrap();

    // An RSA key: there and back, and a signature of the right length; interactive batches leave no job.
    call(&["keys", "create", "r", "--kind", "rsa"]);
    let (message, sealed, clear, signature) = (file("message"), file("sealed"), file("clear"), file("signature"));
    std::fs::write(&message, b"not for everybody").unwrap();
    call(&["compute", "rsa-encrypt", &message, &sealed, "--key", "r"]);
    call(&["compute", "rsa-decrypt", &sealed, &clear, "--key", "r"]);
    assert_eq!(std::fs::read(&clear).unwrap(), b"not for everybody");
    call(&["compute", "rsa-sign", &message, &signature, "--key", "r"]);
    assert_eq!(std::fs::metadata(&signature).unwrap().len(), 256);
    assert_eq!(call(&["jobs", "list"])["jobs"].as_array().unwrap().len(), 0);

    // Somebody else's key without hs: what is encrypted for it is decrypted with its owner's key, obfuscated in between.
    let own = call(&["keys", "create", "p"]);
    let imported = call(&["keys", "import", "partner", "--n", own["n"].as_str().unwrap()]);
    assert_eq!(imported["imported"], true);
    let table = file("table.csv");
    std::fs::write(&table, "1,-2\n30,400\n").unwrap();
    let encrypted = call(&["compute", "encrypt", &table, "--key", "p"]);
    let again = call(&["compute", "obfuscate", encrypted["id"].as_str().unwrap(), "--key", "p"]);
    let found = call(&["compute", "decrypt", again["id"].as_str().unwrap(), "--key", "p"]);
    assert_eq!(found["values"], serde_json::json!(["1", "-2", "30", "400"]));
    let theirs = call(&["compute", "encrypt", &table, "--key", "partner"]);
    assert_eq!(theirs["state"], "done");
    assert!(client.call(&["keys", "import", "even", "--n", &"fe".repeat(256)], 60).is_err());
    assert_eq!(call(&["audit", "verify"])["chain"], "whole");
}

fn jails(machine: &Machine) {
    let console = machine.console();
    for service in ["computed", "keyd", "auditd", "networkd", "consoled", "probe"] {
        console.mark();
        console.send_line(&format!("break-sandbox {service}")).unwrap();
        console
            .wait_for(&format!("service {service} was killed: it made a system call that its jail forbids"), BOOT)
            .unwrap();
        console.wait_for("coffer: ready", BOOT).unwrap();
    }
}

/// Who loses a server starts again with it; who loses a client goes on.
fn kills(machine: &Machine, client: &Client) {
    let core: &[&str] = &["auditd", "computed", "consoled", "keyd", "probe"];
    let sets: [(&str, &[&str]); 6] = [
        ("computed", &["computed"]),
        ("consoled", &["consoled"]),
        ("networkd", &["networkd"]),
        ("probe", &["probe"]),
        ("keyd", core),
        ("auditd", core),
    ];
    for (service, set) in sets {
        let before = services::pids(machine);
        machine.console().mark();
        machine.console().send_line(&format!("kill {service}")).unwrap();
        machine.console().wait_for(&format!("service {service} was killed by SIGKILL"), BOOT).unwrap();
        machine.console().wait_for("coffer: ready", BOOT).unwrap();
        let after = services::pids(machine);
        assert_eq!(services::changed(&before, &after), set, "after the end of {service}");
        client.status().unwrap();
    }
    assert_eq!(client.call(&["audit", "verify"], 60).unwrap()["chain"], "whole");
}

/// PCR 12 is not zero: the TPM does not open it, and is not given the key anew.
fn closed_by_parameters(settings: &Settings, recovery: &str) {
    let mut machine = settings.start().unwrap();
    let console = machine.console();
    let why = closed(&machine);
    assert!(why.contains("COF-1006") && why.contains("PCR 12"), "{why}");
    console.send_line("0000-1111").unwrap();
    console.wait_for("does not open", BOOT).unwrap();
    console.send_line(&recovery.to_lowercase()).unwrap();
    console.wait_for("coffer: data volume recovery", BOOT).unwrap();
    machine.power_cut();
}

/// Nobody has said that it is written down.
fn unseals_and_shows_the_recovery_key(made: &Box, recovery: &str) {
    let mut machine = made.boot(&made.settings());
    assert_eq!(volume(&machine).as_deref(), Some("unsealed"));
    assert_eq!(machine.console().value("coffer: recovery key ").as_deref(), Some(recovery));
    machine.power_off(POWER_OFF).unwrap();
}

fn cryptsetup_opens(made: &Box, recovery: &str) {
    let volume = made.folder.path().join("volume");
    extract_data_volume(&made.settings().disk(), &volume).unwrap();
    let opens = |key: &str| {
        let mut cryptsetup = Command::new("cryptsetup")
            .args(["open", "--test-passphrase", "--key-file", "-"])
            .arg(&volume)
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        cryptsetup.stdin.take().unwrap().write_all(key.as_bytes()).unwrap();
        cryptsetup.wait().unwrap().success()
    };
    assert!(opens(recovery));
    assert!(!opens("0000-0000-0000-0000-0000-0000-0000-0000"));
}

fn closed_to_another_tpm(settings: &Settings, recovery: &str) {
    let mut machine = settings.start().unwrap();
    let why = closed(&machine);
    assert!(why.contains("COF-1003"), "{why}");
    machine.console().send_line(recovery).unwrap();
    machine.console().wait_for("coffer: data volume recovery", BOOT).unwrap();
    machine.console().wait_for("coffer: ready", BOOT).unwrap();
    machine.power_off(POWER_OFF).unwrap();
}

/// Waits until the box asks for the recovery key, and gives its reason.
fn closed(machine: &Machine) -> String {
    // The line after the reason is awaited, so that the reason is whole.
    machine.console().wait_for("type the recovery key", BOOT).unwrap();
    machine.console().find("data volume stays closed").unwrap()
}
