//! What can go wrong around a box.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use imager::ImagerError;
use thiserror::Error;

#[derive(Debug, Error)]
pub enum HarnessError {
    #[error("cannot {action} {}", path.display())]
    File { action: &'static str, path: PathBuf, source: io::Error },
    #[error("{program} could not be started")]
    Start { program: String, source: io::Error },
    #[error("{program} failed ({status}): {output}")]
    Failed { program: String, status: String, output: String },
    #[error("{what} did not happen within {} s{}", waited.as_secs_f32(), last_lines(last))]
    Timeout { what: String, waited: Duration, last: Vec<String> },
    #[error("the emulator ended while waiting for {what}{}", last_lines(last))]
    Ended { what: String, last: Vec<String> },
    #[error("the emulator's control socket: {problem}")]
    Control { problem: String },
    #[error(transparent)]
    Image(#[from] ImagerError),
    #[error("the data partition is missing from {}", path.display())]
    NoDataPartition { path: PathBuf },
    #[error("the table {}: {problem}", path.display())]
    Table { path: PathBuf, problem: String },
    #[error("the client's answer to {command}: {problem}")]
    Client { command: String, problem: String },
    #[error("the box: {problem}")]
    Box { problem: String },
    #[error("interrupted")]
    Interrupted,
}

impl HarnessError {
    pub(crate) fn file(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> HarnessError {
        let path = path.as_ref().to_path_buf();
        move |source| HarnessError::File { action, path, source }
    }
}

fn last_lines(lines: &[String]) -> String {
    match lines.is_empty() {
        true => String::new(),
        false => format!("; the console's last lines:\n    {}", lines.join("\n    ")),
    }
}
