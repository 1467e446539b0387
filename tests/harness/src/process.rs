//! Child processes that never outlive us.

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::HarnessError;

const POLL: Duration = Duration::from_millis(5);

/// A running program, killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    child: Child,
}

impl Process {
    /// Starts `program` in a process group of its own (a Ctrl-C is for us, who end it in order), its messages going to `log`.
    pub(crate) fn start(program: &str, arguments: &[String], log: &Path, pipes: bool) -> Result<Process, HarnessError> {
        let messages = File::create(log).map_err(HarnessError::file("make", log))?;
        // setpriv has the kernel kill the program when the thread that started it ends: no handler of ours is needed for that.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--", program]).args(arguments).process_group(0);
        let second = messages.try_clone().map_err(HarnessError::file("open", log))?;
        match pipes {
            true => command.stdin(Stdio::piped()).stdout(Stdio::piped()),
            false => command.stdin(Stdio::null()).stdout(second),
        };
        command.stderr(messages);
        let child = spawn(command).map_err(|source| HarnessError::Start { program: program.into(), source })?;
        Ok(Process { name: program.rsplit('/').next().unwrap_or(program).into(), child })
    }

    pub(crate) fn pipes(&mut self) -> Option<(ChildStdin, ChildStdout)> {
        self.child.stdin.take().zip(self.child.stdout.take())
    }

    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    pub(crate) fn wait(&mut self, timeout: Duration) -> Result<ExitStatus, HarnessError> {
        let until = Instant::now() + timeout;
        loop {
            if let Some(status) = self.ended() {
                return Ok(status);
            }
            if Instant::now() >= until {
                let what = format!("the end of {}", self.name);
                return Err(HarnessError::Timeout { what, waited: timeout, last: Vec::new() });
            }
            thread::sleep(POLL);
        }
    }

    /// SIGKILL, and gone when this returns.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// For a program that ends by itself when its peer is gone, but should not be trusted to.
    pub(crate) fn end_within(&mut self, patience: Duration) {
        if self.wait(patience).is_err() {
            self.kill();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Waits until a program that was just started has made its socket.
pub(crate) fn await_socket(process: &mut Process, socket: &Path, log: &Path) -> Result<(), HarnessError> {
    const PATIENCE: Duration = Duration::from_secs(10);
    let until = Instant::now() + PATIENCE;
    while !socket.exists() {
        if let Some(status) = process.ended() {
            let output = std::fs::read_to_string(log).unwrap_or_default().trim().to_string();
            return Err(HarnessError::Failed { program: process.name.clone(), status: status.to_string(), output });
        }
        if Instant::now() >= until {
            let what = format!("the start of {}", process.name);
            return Err(HarnessError::Timeout { what, waited: PATIENCE, last: Vec::new() });
        }
        thread::sleep(POLL);
    }
    Ok(())
}

/// Starts a command from a thread that lives as long as the process. The kernel's parent-death signal is sent when the *thread*
/// that started a child ends, and a test may hand its machine to another thread.
fn spawn(command: Command) -> io::Result<Child> {
    type Request = (Command, Sender<io::Result<Child>>);
    static SPAWNER: OnceLock<Sender<Request>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (sender, receiver) = channel::<Request>();
        thread::spawn(move || {
            for (mut command, reply) in receiver {
                let _ = reply.send(command.spawn());
            }
        });
        sender
    });
    let (reply, answer) = channel();
    let gone = || io::Error::other("the thread that starts processes is gone");
    spawner.send((command, reply)).map_err(|_| gone())?;
    answer.recv().map_err(|_| gone())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper(folder: &Path) -> Process {
        Process::start("sleep", &["60".into()], &folder.join("log"), false).unwrap()
    }

    fn is_running(id: u32) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        !stat.is_empty() && !stat.contains(") Z ")
    }

    #[test]
    fn a_process_ends_with_its_owner_and_not_with_a_thread() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_path_buf();
        let mut process = thread::spawn(move || sleeper(&path)).join().unwrap();
        let id = process.child.id();
        thread::sleep(Duration::from_millis(100));
        assert!(process.ended().is_none(), "it ended with the thread that asked for it");
        assert!(matches!(process.wait(Duration::from_millis(50)), Err(HarnessError::Timeout { .. })));
        drop(process);
        assert!(!is_running(id));
    }

    #[test]
    fn a_program_that_ends_at_once_is_reported_with_what_it_said() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut process = Process::start("ls", &["/no/such/file".into()], &log, false).unwrap();
        let error = await_socket(&mut process, &folder.path().join("socket"), &log).unwrap_err();
        assert!(error.to_string().contains("/no/such/file"), "{error}");
    }
}
