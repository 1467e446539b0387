//! When the data volume opens by itself, when it stays closed, and what the recovery key does.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Write;
use std::process::{Command, Stdio};

use end_to_end::{BOOT, Box, POWER_OFF};
use harness::disk::extract_data_volume;

/// A box after its first boot, switched off, and its recovery key.
fn made() -> (Box, String) {
    let made = Box::test();
    let mut machine = made.boot(&made.settings());
    assert_eq!(machine.console().value("coffer: data volume ").as_deref(), Some("created"));
    let recovery = machine.console().value("coffer: recovery key ").expect("a recovery key on the console");
    machine.power_off(POWER_OFF).unwrap();
    (made, recovery)
}

#[test]
fn the_second_boot_unseals_and_stock_cryptsetup_opens_the_volume_with_the_recovery_key() {
    let (made, recovery) = made();
    let mut machine = made.boot(&made.settings());
    assert_eq!(machine.console().value("coffer: data volume ").as_deref(), Some("unsealed"));
    assert!(machine.console().find("recovery key").is_none(), "the recovery key is shown once");
    machine.power_off(POWER_OFF).unwrap();
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
    assert!(opens(&recovery));
    assert!(!opens("0000-0000-0000-0000-0000-0000-0000-0000"));
}

#[test]
fn extra_kernel_parameters_keep_it_closed_until_the_recovery_key_is_typed() {
    let (made, recovery) = made();
    let settings = made.settings().kernel_parameters("loglevel=7");
    let mut machine = settings.start().unwrap();
    // The next line is awaited, so that this one is whole.
    machine.console().wait_for("type the recovery key", BOOT).unwrap();
    let why = machine.console().find("data volume stays closed").unwrap();
    assert!(why.contains("PCR 12"), "{why}");
    machine.console().send_line("0000-1111").unwrap();
    machine.console().wait_for("does not open", BOOT).unwrap();
    machine.console().send_line(&recovery.to_lowercase()).unwrap();
    machine.console().wait_for("coffer: data volume recovery", BOOT).unwrap();
    machine.power_cut();
    // Without the parameters the same TPM opens it as before: the recovery changed nothing.
    let machine = made.boot(&made.settings());
    assert_eq!(machine.console().value("coffer: data volume ").as_deref(), Some("unsealed"));
}

#[test]
fn another_tpm_keeps_it_closed_and_is_given_the_key_after_a_recovery() {
    let (made, recovery) = made();
    let settings = made.settings().tpm(&made.folder.path().join("another-tpm"));
    let mut machine = settings.start().unwrap();
    // The next line is awaited, so that this one is whole.
    machine.console().wait_for("type the recovery key", BOOT).unwrap();
    let why = machine.console().find("data volume stays closed").unwrap();
    assert!(why.contains("another TPM"), "{why}");
    machine.console().send_line(&recovery).unwrap();
    machine.console().wait_for("coffer: data volume recovery", BOOT).unwrap();
    machine.console().wait_for("coffer: ready", BOOT).unwrap();
    machine.power_off(POWER_OFF).unwrap();
    let machine = made.boot(&settings);
    assert_eq!(machine.console().value("coffer: data volume ").as_deref(), Some("unsealed"));
}
