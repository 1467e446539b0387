//! What the firmware refuses: an image that is not, byte for byte, what the vendor signed, and any part of one.
//!
//! What a thief can put on the EFI system partition of a box that he cannot sign for, and what becomes of it:
//!
//! | what | what stops it |
//! |---|---|
//! | the kernel out of the image, started by the firmware or by an entry of the boot loader | it has no signature (here) |
//! | an EFI shell, a driver in EFI/systemd/drivers, an addon (*.addon.efi), another boot loader | no signature of the db's key |
//! | an entry with other options for the image | systemd-stub takes its own command line alone, and measures what it is given (PCR 12) |
//! | a device tree, a splash, microcode | no program; a type 1 entry's initrd is for a kernel, and no kernel starts by itself |
//! | credentials, system and configuration extensions; kernel parameters in SMBIOS | unsigned, and measured (PCR 12, 13): nobody reads them, the volume stays closed (`without_a_card`) |
//! | another of the vendor's images, an older one | it starts, with its own PCR 11 and security version: it is the floor in the TPM that stops it |
//! | keys to enrol (loader/keys) | `secure-boot-enroll off`, and the firmware is not in setup mode |
//!
//! The vendor's key has signed two kinds of file: systemd-boot, which starts nothing that the firmware has not checked, and whole images.

use std::path::Path;
use std::process::{Command, Stdio};

use end_to_end::{BOOT, Box};
use harness::disk::{boot_kernel_by_entry, boot_kernel_by_firmware, sign_uki, tamper_uki, unsign_uki};

/// What the firmware says when it has tried all there is to boot and waits for a person. It loads nothing after that.
const GAVE_UP: &str = "No bootable option or device was found";
/// systemd-boot 257 falls over once the only entry that it has was refused: nothing runs after that either.
const FELL_OVER: &str = "X64 Exception Type";
const REFUSALS: [&str; 4] = ["Access Denied", "Access denied", "Security Violation", "Security violation"];
/// What every line of a system that runs begins with, and the first line of any Linux that is not told to be quiet.
const RUNS: [&str; 2] = ["coffer: ", "Linux version"];

/// A good image runs before the firmware gives up, as all other tests show; one that is changed must not run at all.
fn refused(change: impl Fn(&Path)) {
    let made = Box::test();
    let settings = made.settings();
    settings.prepare().unwrap();
    change(&settings.disk());
    let machine = settings.start().unwrap();
    let console = machine.console();
    let ends = [GAVE_UP, FELL_OVER, RUNS[0], RUNS[1]];
    let (which, line) = console.wait_for_any(&ends, BOOT).expect("the firmware gives up");
    assert!(which < 2, "the changed image ran: {line}");
    assert!(REFUSALS.iter().any(|words| console.find(words).is_some()), "{:#?}", console.lines());
    assert!(RUNS.iter().all(|words| console.find(words).is_none()), "the changed image ran: {:#?}", console.lines());
}

#[test]
fn one_changed_bit() {
    refused(|disk| tamper_uki(disk).unwrap());
}

#[test]
fn no_signature() {
    refused(|disk| unsign_uki(disk).unwrap());
}

/// It was signed once, and took any initramfs.
#[test]
fn the_kernel_alone_by_the_firmware() {
    refused(|disk| boot_kernel_by_firmware(disk).unwrap());
}

#[test]
fn the_kernel_with_another_initramfs_by_the_boot_loader() {
    refused(|disk| boot_kernel_by_entry(disk, b"another system").unwrap());
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
