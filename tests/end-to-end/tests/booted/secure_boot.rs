//! What the firmware refuses: an image that is not, byte for byte, what the vendor signed.

use std::path::Path;
use std::process::{Command, Stdio};

use end_to_end::{BOOT, Box};
use harness::disk::{sign_uki, tamper_uki, unsign_uki};

/// What the firmware says when it has tried all there is to boot and waits for a person. It loads nothing after that.
const GAVE_UP: &str = "No bootable option or device was found";
const REFUSALS: [&str; 4] = ["Access Denied", "Access denied", "Security Violation", "Security violation"];
/// What every line of a system that runs begins with.
const RUNS: &str = "coffer: ";

/// A good image runs before the firmware gives up, as all other tests show; one that is changed must not run at all.
fn refused(change: impl Fn(&Path)) {
    let made = Box::test();
    let settings = made.settings();
    settings.prepare().unwrap();
    change(&settings.disk());
    let machine = settings.start().unwrap();
    let console = machine.console();
    let (which, line) = console.wait_for_any(&[GAVE_UP, RUNS], BOOT).expect("the firmware gives up");
    assert_eq!(which, 0, "the changed image ran: {line}");
    assert!(REFUSALS.iter().any(|words| console.find(words).is_some()), "{:#?}", console.lines());
    assert!(console.find(RUNS).is_none(), "the changed image ran: {:#?}", console.lines());
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
