//! What the firmware refuses: an image that is not, byte for byte, what the vendor signed.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::process::{Command, Stdio};
use std::time::Duration;

use end_to_end::{BOOT, Box};
use harness::disk::{sign_uki, tamper_uki, unsign_uki};

/// Long enough for a good image to have printed its first line.
const SILENCE: Duration = Duration::from_secs(40);

fn refused(change: impl Fn(&std::path::Path)) {
    let made = Box::test();
    let settings = made.settings();
    settings.prepare().unwrap();
    change(&settings.disk());
    let machine = settings.start().unwrap();
    let (which, line) = machine
        .console()
        .wait_for_any(&["Access Denied", "Access denied", "Security Violation", "Security violation", "coffer: "], BOOT)
        .expect("the firmware says something");
    assert_ne!(which, 4, "the changed image ran: {line}");
    assert!(machine.console().wait_for("coffer: ", SILENCE).is_err(), "the changed image ran");
}

#[test]
fn one_changed_bit() {
    refused(|disk| tamper_uki(disk).unwrap());
}

#[test]
fn no_signature() {
    refused(|disk| unsign_uki(disk).unwrap());
}

#[test]
fn another_signature() {
    let keys = tempfile::tempdir().unwrap();
    let (key, certificate) = (keys.path().join("key.pem"), keys.path().join("certificate.pem"));
    let made = Command::new("openssl")
        .args([
            "req",
            "-new",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=impostor/",
            "-days",
            "30",
            "-keyout",
        ])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(made.success());
    refused(|disk| sign_uki(disk, &key, &certificate).unwrap());
}
