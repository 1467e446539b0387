//! Against swtpm, with tpm2-tools to do what a thief does, and to look.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::process::Stdio;
use std::str::FromStr;

use secrets::Secret;
use software_tpm::SoftwareTpm;
use tempfile::TempDir;
use tpm_lockout::{Lockout, LockoutError};
use tss_esapi::tcti_ldr::TctiNameConf;

const STORAGE_ROOT: u32 = 0x8100_0001;
const AUTHORIZATION: &str = "the owner's";

#[test]
fn the_owner_has_guesses_forgotten_and_nobody_else_has() {
    let state = TempDir::new().unwrap();
    let tpm = SoftwareTpm::power_on(state.path());
    tpm.tool("tpm2_createprimary", &["-C", "o", "-G", "ecc", "-c", "srk.ctx"]);
    tpm.tool("tpm2_evictcontrol", &["-C", "o", "-c", "srk.ctx", &format!("{STORAGE_ROOT:#x}")]);
    tpm.tool("tpm2_nvdefine", &["-C", "o", "-s", "8", "-p", "right", "-a", "authread|authwrite", "0x1800200"]);
    tpm.tool("tpm2_dictionarylockout", &["-s", "-n", "2", "-t", "3600", "-l", "3600"]);
    tpm.tool("tpm2_changeauth", &["-c", "lockout", AUTHORIZATION]);

    guess_wrongly(&tpm);
    assert!(!opens_with(&tpm, "right"), "the TPM is not locked: this test tries nothing");
    reset(&tpm, AUTHORIZATION).unwrap();
    assert!(opens_with(&tpm, "right"));

    guess_wrongly(&tpm);
    let refused = reset(&tpm, "somebody's").unwrap_err();
    assert!(matches!(refused, LockoutError::Command { action: "reset its lockout", .. }), "{refused:?}");
    assert!(!opens_with(&tpm, "right"));
    // After a wrong one the TPM hears the right one no more, for an hour.
    assert!(reset(&tpm, AUTHORIZATION).is_err());
}

#[test]
fn what_does_not_fit_and_what_is_not_there_is_said() {
    let state = TempDir::new().unwrap();
    let tpm = SoftwareTpm::power_on(state.path());
    let mut lockout = Lockout::open(tcti(&tpm)).unwrap();
    let missing = lockout.reset(STORAGE_ROOT, &Secret::new(vec![1; 32])).unwrap_err();
    assert!(matches!(missing, LockoutError::Command { action: "look at what stands in it", .. }), "{missing:?}");
    drop(lockout);
    tpm.tool("tpm2_createprimary", &["-C", "o", "-G", "ecc", "-c", "srk.ctx"]);
    tpm.tool("tpm2_evictcontrol", &["-C", "o", "-c", "srk.ctx", &format!("{STORAGE_ROOT:#x}")]);
    let mut lockout = Lockout::open(tcti(&tpm)).unwrap();
    // The TPM has room for three sessions: none may stay behind.
    for _ in 0..4 {
        let long = lockout.reset(STORAGE_ROOT, &Secret::new(vec![1; 65])).unwrap_err();
        assert!(matches!(long, LockoutError::TooLong(65)), "{long:?}");
    }
}

fn tcti(tpm: &SoftwareTpm) -> TctiNameConf {
    TctiNameConf::from_str(&tpm.tcti()).unwrap()
}

fn reset(tpm: &SoftwareTpm, authorization: &str) -> Result<(), LockoutError> {
    Lockout::open(tcti(tpm)).unwrap().reset(STORAGE_ROOT, &Secret::new(authorization.into()))
}

fn guess_wrongly(tpm: &SoftwareTpm) {
    for guess in ["a", "b"] {
        assert!(!opens_with(tpm, guess));
    }
}

fn opens_with(tpm: &SoftwareTpm, guess: &str) -> bool {
    let mut command = tpm.command("tpm2_nvwrite", &["-C", "0x1800200", "-P", guess, "-i-", "0x1800200"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), &[7; 8]).unwrap();
    child.wait().unwrap().success()
}
