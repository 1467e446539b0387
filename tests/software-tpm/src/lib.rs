//! swtpm for tests: a software TPM on sockets of its own, and tpm2-tools on it.
//!
//! Unix sockets, not ports: the number of a port that one test leaves is given to the next, which then talks to another test's TPM.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// For swtpm to listen, on a machine that does much else.
const START: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(5);
/// Seconds for one program of tpm2-tools. It waits for as long as somebody else's connection is open.
const TOOL_SECONDS: &str = "120";

/// Closes what tpm2-tss leaves open over an exec, and becomes the program. A child that was born in the middle of another thread's
/// command would hold that command's connection, and swtpm, which serves one at a time, would never come to the child's own.
const ALONE: &str = r#"for fd in /proc/self/fd/*; do fd=${fd##*/}; ((fd > 2)) && eval "exec $fd>&-"; done; exec "$@""#;

/// A TPM that is on; dropping it cuts its power.
pub struct SoftwareTpm {
    process: Child,
    folder: TempDir,
}

impl SoftwareTpm {
    /// Power-on (TPM2_Startup with CLEAR) of the TPM whose state is in the folder `state`; an empty folder is a new TPM.
    pub fn power_on(state: &Path) -> SoftwareTpm {
        let folder = TempDir::new().unwrap();
        let socket = folder.path().join("tpm");
        let process = alone("swtpm")
            .args(["socket", "--tpm2", "--flags", "not-need-init,startup-clear", "--tpmstate"])
            .arg(format!("dir={}", state.display()))
            .arg("--server")
            .arg(format!("type=unixio,path={}", socket.display()))
            .arg("--ctrl")
            .arg(format!("type=unixio,path={}.ctrl", socket.display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("swtpm (scripts/in-root has it)");
        let mut software = SoftwareTpm { process, folder };
        software.await_control();
        software
    }

    /// Where it takes commands as bytes, from one connection at a time. What it is asked beside them (swtpm_ioctl(3)) has the same
    /// name with `.ctrl` behind it.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("tpm")
    }

    /// The same for tpm2-tss and tpm2-tools: the name of a TCTI and its configuration.
    pub fn tcti(&self) -> String {
        format!("swtpm:path={}", self.socket().display())
    }

    /// A program of tpm2-tools on this TPM, in a folder that lasts as long as the TPM is on. It has two minutes.
    pub fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = alone("timeout");
        command.args([TOOL_SECONDS, program]).args(arguments).env("TPM2TOOLS_TCTI", self.tcti());
        command.current_dir(self.folder.path()).stdin(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Whether a program of tpm2-tools succeeds. Panics where it does not end in time.
    pub fn runs(&self, program: &str, arguments: &[&str]) -> bool {
        let status = self.command(program, arguments).stdout(Stdio::null()).status().unwrap();
        // What `timeout` answers for itself: it ended the program, or there is none.
        assert!(!matches!(status.code(), Some(124..=127)), "{program} {arguments:?}: {status}");
        status.success()
    }

    /// Panics where it does not succeed.
    pub fn tool(&self, program: &str, arguments: &[&str]) {
        assert!(self.runs(program, arguments), "{program} {arguments:?}");
    }

    /// What a program of tpm2-tools writes to its standard output.
    pub fn prints(&self, program: &str, arguments: &[&str]) -> String {
        String::from_utf8(self.command(program, arguments).output().unwrap().stdout).unwrap()
    }

    /// It opens last, and, unlike the other one, takes more than one connection.
    fn await_control(&mut self) {
        let (control, until) = (format!("{}.ctrl", self.socket().display()), Instant::now() + START);
        while UnixStream::connect(&control).is_err() {
            assert!(Instant::now() < until, "swtpm does not listen");
            assert_eq!(self.process.try_wait().unwrap(), None, "swtpm has ended");
            sleep(PAUSE);
        }
    }
}

impl Drop for SoftwareTpm {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn alone(program: &str) -> Command {
    let mut command = Command::new("bash");
    command.args(["-c", ALONE, "bash", program]);
    command
}
