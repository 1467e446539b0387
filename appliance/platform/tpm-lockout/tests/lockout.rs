//! Against swtpm, with tpm2-tools to do what a thief does, and to look.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::thread::sleep;
use std::time::{Duration, Instant};

use secrets::Secret;
use tempfile::TempDir;
use tpm_lockout::{Lockout, LockoutError};
use tss_esapi::tcti_ldr::TctiNameConf;

const STORAGE_ROOT: u32 = 0x8100_0001;
const AUTHORIZATION: &str = "the owner's";

#[test]
fn the_owner_has_guesses_forgotten_and_nobody_else_has() {
    let tpm = SoftwareTpm::new();
    tpm.tool("tpm2_createprimary", &["-C", "o", "-G", "ecc", "-c", "srk.ctx"]);
    tpm.tool("tpm2_evictcontrol", &["-C", "o", "-c", "srk.ctx", &format!("{STORAGE_ROOT:#x}")]);
    tpm.tool("tpm2_nvdefine", &["-C", "o", "-s", "8", "-p", "right", "-a", "authread|authwrite", "0x1800200"]);
    tpm.tool("tpm2_dictionarylockout", &["-s", "-n", "2", "-t", "3600", "-l", "3600"]);
    tpm.tool("tpm2_changeauth", &["-c", "lockout", AUTHORIZATION]);

    tpm.guess_wrongly();
    assert!(!tpm.opens_with("right"), "the TPM is not locked: this test tries nothing");
    tpm.reset(AUTHORIZATION).unwrap();
    assert!(tpm.opens_with("right"));

    tpm.guess_wrongly();
    let refused = tpm.reset("somebody's").unwrap_err();
    assert!(matches!(refused, LockoutError::Command { action: "reset its lockout", .. }), "{refused:?}");
    assert!(!tpm.opens_with("right"));
    // After a wrong one the TPM hears the right one no more, for an hour.
    assert!(tpm.reset(AUTHORIZATION).is_err());
}

#[test]
fn what_does_not_fit_and_what_is_not_there_is_said() {
    let tpm = SoftwareTpm::new();
    let mut lockout = Lockout::open(tpm.tcti()).unwrap();
    let missing = lockout.reset(STORAGE_ROOT, &Secret::new(vec![1; 32])).unwrap_err();
    assert!(matches!(missing, LockoutError::Command { action: "look at what stands in it", .. }), "{missing:?}");
    drop(lockout);
    tpm.tool("tpm2_createprimary", &["-C", "o", "-G", "ecc", "-c", "srk.ctx"]);
    tpm.tool("tpm2_evictcontrol", &["-C", "o", "-c", "srk.ctx", &format!("{STORAGE_ROOT:#x}")]);
    let mut lockout = Lockout::open(tpm.tcti()).unwrap();
    // The TPM has room for three sessions: none may stay behind.
    for _ in 0..4 {
        let long = lockout.reset(STORAGE_ROOT, &Secret::new(vec![1; 65])).unwrap_err();
        assert!(matches!(long, LockoutError::TooLong(65)), "{long:?}");
    }
}

/// One connection at a time.
struct SoftwareTpm {
    process: Child,
    folder: TempDir,
    port: u16,
}

impl SoftwareTpm {
    fn new() -> SoftwareTpm {
        let (folder, port) = (TempDir::new().unwrap(), free_port_pair());
        let process = Command::new("swtpm")
            .args(["socket", "--tpm2", "--flags", "not-need-init,startup-clear", "--tpmstate"])
            .arg(format!("dir={}", folder.path().display()))
            .args(["--server", &format!("type=tcp,port={port},bindaddr=127.0.0.1")])
            .args(["--ctrl", &format!("type=tcp,port={},bindaddr=127.0.0.1", port + 1)])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("swtpm (scripts/in-root has it)");
        let until = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port + 1)).is_err() {
            assert!(Instant::now() < until, "swtpm does not listen");
            sleep(Duration::from_millis(10));
        }
        SoftwareTpm { process, folder, port }
    }

    fn tcti(&self) -> TctiNameConf {
        TctiNameConf::from_str(&self.tcti_text()).unwrap()
    }

    fn tcti_text(&self) -> String {
        format!("swtpm:host=127.0.0.1,port={}", self.port)
    }

    fn reset(&self, authorization: &str) -> Result<(), LockoutError> {
        Lockout::open(self.tcti()).unwrap().reset(STORAGE_ROOT, &Secret::new(authorization.into()))
    }

    fn guess_wrongly(&self) {
        for guess in ["a", "b"] {
            assert!(!self.opens_with(guess));
        }
    }

    fn opens_with(&self, guess: &str) -> bool {
        let mut command = self.command("tpm2_nvwrite");
        command.args(["-C", "0x1800200", "-P", guess, "-i-", "0x1800200"]);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(child.stdin.as_mut().unwrap(), &[7; 8]).unwrap();
        child.wait().unwrap().success()
    }

    fn tool(&self, program: &str, arguments: &[&str]) {
        assert!(self.command(program).args(arguments).status().unwrap().success(), "{program} {arguments:?}");
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("TPM2TOOLS_TCTI", self.tcti_text()).current_dir(self.folder.path());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

impl Drop for SoftwareTpm {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The library takes the port of control to be the next one.
fn free_port_pair() -> u16 {
    for _ in 0..100 {
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        if port < u16::MAX && TcpListener::bind(("127.0.0.1", port + 1)).is_ok() {
            return port;
        }
    }
    panic!("no two free ports");
}
