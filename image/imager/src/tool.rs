//! Runs the programs of the tool root that do what no crate does, each with a limit on its time and nothing of this
//! process's environment that could change its output.

use std::io::{Read, Seek};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::ImagerError;

/// 1980-01-01, the first moment that FAT knows: the time of day for programs that ask.
const EPOCH: &str = "315532800";

pub struct Tool {
    command: Command,
    input: Stdio,
    seconds: u64,
}

impl Tool {
    pub fn new(command: Command, seconds: u64) -> Tool {
        Tool { command, input: Stdio::null(), seconds }
    }

    /// What it reads; otherwise nothing.
    pub fn with_input(self, input: Stdio) -> Tool {
        Tool { input, ..self }
    }

    /// What it printed.
    pub fn run(mut self) -> Result<Vec<u8>, ImagerError> {
        let tool = self.command.get_program().to_string_lossy().into_owned();
        let starting = |source| ImagerError::ToolStart { tool: tool.clone(), source };
        // Files and not pipes: a program that prints a lot must not wait for us while we wait for it.
        let (mut stdout, mut stderr) =
            (tempfile::tempfile().map_err(starting)?, tempfile::tempfile().map_err(starting)?);
        self.command
            .env("SOURCE_DATE_EPOCH", EPOCH)
            .env("TZ", "UTC")
            .env("LC_ALL", "C.UTF-8")
            .env("PYTHONHASHSEED", "0");
        self.command.stdin(self.input);
        self.command.stdout(stdout.try_clone().map_err(starting)?).stderr(stderr.try_clone().map_err(starting)?);
        let mut child = self.command.spawn().map_err(starting)?;
        let until = Instant::now() + Duration::from_secs(self.seconds);
        let status = loop {
            if let Some(status) = child.try_wait().map_err(starting)? {
                break status;
            }
            if Instant::now() > until {
                let _ = child.kill();
                let _ = child.wait();
                return Err(ImagerError::ToolTimeout { tool, seconds: self.seconds });
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        stdout.rewind().and_then(|()| stdout.read_to_end(&mut out)).map_err(starting)?;
        stderr.rewind().and_then(|()| stderr.read_to_end(&mut err)).map_err(starting)?;
        if status.success() {
            return Ok(out);
        }
        err.extend(&out);
        let output = String::from_utf8_lossy(&err).trim().to_string();
        Err(ImagerError::ToolFailed { tool, status: status.to_string(), output })
    }
}

/// The one program that is called in several places.
pub(crate) mod openssl {
    use std::path::Path;
    use std::process::Command;

    use super::{ImagerError, Tool};

    pub(crate) const SECONDS: u64 = 60;

    pub(crate) fn run(arguments: &[&str], paths: &[&Path]) -> Result<Vec<u8>, ImagerError> {
        let mut command = Command::new("openssl");
        command.args(arguments).args(paths);
        Tool::new(command, SECONDS).run()
    }
}
