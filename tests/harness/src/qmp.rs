//! QEMU's control socket (QMP): one command, one answer.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::HarnessError;

/// For a whole memory to be written to a file, too.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sends one command ("system_powerdown") with its arguments, and returns what QEMU answers.
pub(crate) fn execute(socket: &Path, command: &str, arguments: &Value) -> Result<Value, HarnessError> {
    let stream = UnixStream::connect(socket).map_err(problem)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(problem)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(problem)?;
    let mut session = Session { reader: BufReader::new(stream.try_clone().map_err(problem)?), writer: stream };
    session.read()?;
    session.command("qmp_capabilities", &json!({}))?;
    session.command(command, arguments)
}

struct Session {
    reader: BufReader<UnixStream>,
    writer: UnixStream,
}

impl Session {
    fn command(&mut self, name: &str, arguments: &Value) -> Result<Value, HarnessError> {
        writeln!(self.writer, "{}", json!({"execute": name, "arguments": arguments})).map_err(problem)?;
        let until = Instant::now() + PATIENCE;
        // Events come in between.
        while Instant::now() < until {
            let answer = self.read()?;
            if let Some(error) = answer.get("error") {
                return Err(HarnessError::Control { problem: format!("{name} was refused: {error}") });
            }
            if let Some(value) = answer.get("return") {
                return Ok(value.clone());
            }
        }
        Err(HarnessError::Control { problem: format!("no answer to {name}") })
    }

    fn read(&mut self) -> Result<Value, HarnessError> {
        let mut line = String::new();
        match self.reader.read_line(&mut line).map_err(problem)? {
            0 => Err(HarnessError::Control { problem: "closed by the emulator".into() }),
            _ => serde_json::from_str(&line).map_err(problem),
        }
    }
}

fn problem(error: impl std::fmt::Display) -> HarnessError {
    HarnessError::Control { problem: error.to_string() }
}
