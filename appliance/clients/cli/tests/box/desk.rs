//! A box, and a person who is enrolled at it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use engine::Engine;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::InProcess;
use crate::support::keyd::SoftwareKeyd;

pub(crate) struct Desk {
    pub(crate) box_: InProcess,
    pub(crate) folder: TempDir,
}

impl Desk {
    pub(crate) fn new() -> Desk {
        let folder = TempDir::new().unwrap();
        let keyd: Arc<SoftwareKeyd> = SoftwareKeyd::new();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let box_ = InProcess::start(&data, &keyd, Engine::without_card("a test"));
        Desk { box_, folder }
    }

    /// With an administrator enrolled.
    pub(crate) fn enrolled() -> Desk {
        let desk = Desk::new();
        let enrolled = desk.enrol("admin", &[]);
        assert!(enrolled.status.success(), "{}", text(&enrolled));
        desk
    }

    /// With a key of the name "k".
    pub(crate) fn with_key() -> Desk {
        let desk = Desk::enrolled();
        desk.json(&["keys", "create", "k"]);
        desk
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    pub(crate) fn enrol(&self, name: &str, more: &[&str]) -> Output {
        let (port, enrol_port) = (self.box_.service.port().to_string(), self.box_.enrolment.port().to_string());
        let code = self.box_.code(name);
        let mut command = self.program();
        command.args(["enrol", "--host", "127.0.0.1", "--port", &port, "--enrol-port", &enrol_port, "--code", &code]);
        command.args(more).output().unwrap()
    }

    pub(crate) fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coffer"));
        command.arg("--config").arg(self.config());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.program().args(arguments).output().unwrap()
    }

    /// What a command prints that succeeds.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.program().arg("--json").args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", text(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What a command says that fails.
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?}: {}", text(&output));
        text(&output)
    }

    pub(crate) fn write(&self, name: &str, content: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        shown(&path)
    }
}

pub(crate) fn shown(path: &Path) -> String {
    path.display().to_string()
}

pub(crate) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
