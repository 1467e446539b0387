//! Somebody who guesses at the TPM of a box that is off.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The TPM locks itself long before.
const GUESSES_MAX: usize = 40;
const START: Duration = Duration::from_secs(10);

/// Guesses at an object of the guesser's own, whose authorization counts as anybody's, until the TPM takes no more.
pub(super) fn locks(tpm_folder: &Path) {
    let tpm = Bench::start(tpm_folder);
    let attributes = "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|decrypt";
    let made = ["-C", "n", "-G", "ecc", "-p", "right", "-a", attributes, "-c", "mine.ctx"];
    assert!(tpm.runs("tpm2_createprimary", &made));
    let locked = (0..GUESSES_MAX).any(|_| {
        // Nothing here keeps house: what a tool loads stays, and there is room for three.
        assert!(tpm.runs("tpm2_flushcontext", &["-t"]));
        assert!(!tpm.runs("tpm2_create", &["-C", "mine.ctx", "-P", "wrong", "-u", "a.pub", "-r", "a.priv"]));
        tpm.prints("tpm2_getcap", &["properties-variable"]).contains("inLockout:                 1")
    });
    assert!(locked, "{}", tpm.prints("tpm2_getcap", &["properties-variable"]));
}

/// The box's TPM, on somebody's bench.
struct Bench {
    process: Child,
    folder: TempDir,
}

impl Bench {
    fn start(tpm_folder: &Path) -> Bench {
        let folder = TempDir::new().unwrap();
        let socket = folder.path().join("tpm");
        let process = Command::new("swtpm")
            .args(["socket", "--tpm2", "--flags", "not-need-init,startup-clear", "--tpmstate"])
            .arg(format!("dir={}", tpm_folder.join("state").display()))
            .arg("--server")
            .arg(format!("type=unixio,path={}", socket.display()))
            .arg("--ctrl")
            .arg(format!("type=unixio,path={}.ctrl", socket.display()))
            .spawn()
            .unwrap();
        let until = Instant::now() + START;
        while !folder.path().join("tpm.ctrl").exists() {
            assert!(Instant::now() < until, "swtpm does not listen");
            sleep(Duration::from_millis(20));
        }
        Bench { process, folder }
    }

    fn runs(&self, program: &str, arguments: &[&str]) -> bool {
        self.command(program, arguments).stdout(Stdio::null()).status().unwrap().success()
    }

    fn prints(&self, program: &str, arguments: &[&str]) -> String {
        String::from_utf8(self.command(program, arguments).output().unwrap().stdout).unwrap()
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.env("TPM2TOOLS_TCTI", format!("swtpm:path={}/tpm", self.folder.path().display()));
        command.current_dir(self.folder.path()).args(arguments).stderr(Stdio::null());
        command
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
