//! The `coffer` command line client, as a user calls it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use imager::tool::Tool;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::HarnessError;
use crate::machine::Ports;

const SECONDS: u64 = 60;
/// A job may take long on an emulated processor.
const JOB_SECONDS: u64 = 900;

/// A client of one box, with its enrolment in a folder.
#[derive(Clone, Debug)]
pub struct Client {
    program: PathBuf,
    folder: PathBuf,
    ports: Ports,
}

impl Client {
    /// `program` is the built `coffer`; its keys and certificates are in `folder`.
    pub fn new(program: &Path, folder: &Path, ports: Ports) -> Client {
        Client { program: program.into(), folder: folder.into(), ports }
    }

    /// Of its enrolments.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Pairs with the box by the code on its console.
    pub fn enrol(&self, code: &str) -> Result<(), HarnessError> {
        let port = self.ports.enrolment.to_string();
        self.call(&["enrol", "--code", code, "--enrol-port", &port], SECONDS).map(drop)
    }

    /// The box's state, and its evidence, which the client has judged.
    pub fn status(&self) -> Result<Status, HarnessError> {
        self.typed(&["status"], SECONDS)
    }

    /// Makes the key if the box has none of that name.
    pub fn ensure_key(&self, name: &str) -> Result<(), HarnessError> {
        let keys = self.call(&["keys", "list"], SECONDS)?;
        let list = keys.as_array().or_else(|| keys["keys"].as_array());
        if !list.is_some_and(|list| list.iter().any(|key| key["name"] == name)) {
            self.call(&["keys", "create", name], JOB_SECONDS)?;
        }
        Ok(())
    }

    /// The main job on a table in the form of the breast cancer data set.
    pub fn compute_table(
        &self,
        table: &Path,
        key: &str,
        weights: &str,
        scale: u32,
    ) -> Result<TableResult, HarnessError> {
        let (lines, columns) = (crate::table::SKIPPED_LINES.to_string(), crate::table::DROPPED_COLUMNS.to_string());
        let (table, scale, weights) = (table.display().to_string(), scale.to_string(), format!("--weights={weights}"));
        let words = [
            "compute",
            "table",
            &table,
            "--key",
            key,
            &weights,
            "--scale",
            &scale,
            "--skip-lines",
            &lines,
            "--drop-columns",
            &columns,
        ];
        self.typed(&words, JOB_SECONDS)
    }

    /// Any command of the client's, and the JSON that it prints.
    pub fn call(&self, words: &[&str], seconds: u64) -> Result<Value, HarnessError> {
        self.call_with(words, Stdio::null(), seconds)
    }

    /// The same, with something to read.
    pub fn call_with(&self, words: &[&str], input: Stdio, seconds: u64) -> Result<Value, HarnessError> {
        let mut command = Command::new(&self.program);
        command.arg("--json").arg("--config").arg(&self.folder).args(["--host", "127.0.0.1", "--port"]);
        command.arg(self.ports.service.to_string()).args(words);
        let output = Tool::new(command, seconds).with_input(input).run()?;
        if output.trim_ascii().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&output)
            .map_err(|e| HarnessError::Client { command: words.join(" "), problem: format!("not JSON ({e})") })
    }

    fn typed<T: DeserializeOwned>(&self, words: &[&str], seconds: u64) -> Result<T, HarnessError> {
        let value = self.call(words, seconds)?;
        serde_json::from_value(value)
            .map_err(|e| HarnessError::Client { command: words[0].into(), problem: e.to_string() })
    }
}

/// What `coffer status` says, as far as it is needed here.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct Status {
    pub secure_boot: bool,
    pub data_volume: String,
    pub degraded: Vec<String>,
    pub engine: String,
    pub card: CardStatus,
    pub pcr11: String,
}

#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
pub struct CardStatus {
    pub kind: String,
    pub state: String,
    pub interrupts: u64,
    pub dma_bytes: u64,
    pub jobs: u64,
    pub verified: u64,
}

/// What `coffer compute table` says. Whole numbers of any size are text.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct TableResult {
    pub rows: usize,
    pub columns: usize,
    pub column_sums: Vec<String>,
    pub product: Vec<String>,
}
