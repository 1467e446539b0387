//! The firmware's variables of a box that is off: whether Secure Boot is on, and by whose keys.

use std::fs;
use std::path::Path;
use std::process::Command;

use data_encoding::HEXLOWER_PERMISSIVE;
use imager::tool::Tool;
use serde_json::Value;

use crate::{HarnessError, Settings};

const EMPTY: &str = "/usr/share/OVMF/OVMF_VARS_4M.fd";
/// The owner of keys that are put in; nothing depends on it.
const OWNER: &str = "7f3a3e0a-8a5c-4a39-9a0e-6f6f2d6d5b11";
const SECONDS: u64 = 60;

/// No keys: the firmware starts whatever there is.
pub fn switch_secure_boot_off(settings: &Settings) -> Result<(), HarnessError> {
    let variables = settings.variables();
    fs::copy(EMPTY, &variables).map(drop).map_err(HarnessError::file("write", variables))
}

/// Secure Boot by these keys alone: the certificate is PK, KEK and db.
pub fn enrol(settings: &Settings, certificate: &Path) -> Result<(), HarnessError> {
    change(Path::new(EMPTY), settings, &["--set-pk", "--add-kek", "--add-db"], certificate)
}

/// One certificate more in db.
pub fn trust_also(settings: &Settings, certificate: &Path) -> Result<(), HarnessError> {
    change(&settings.variables(), settings, &["--add-db"], certificate)
}

/// What a variable holds, as virt-firmware reads it.
pub fn variable(settings: &Settings, name: &str) -> Result<Vec<u8>, HarnessError> {
    let path = settings.variables().with_extension("json");
    let mut command = Command::new("virt-fw-vars");
    command.arg("--input").arg(settings.variables()).arg("--output-json").arg(&path);
    Tool::new(command, SECONDS).run()?;
    let text = fs::read(&path).map_err(HarnessError::file("read", &path))?;
    let problem = |what: &str| HarnessError::Box { problem: format!("its firmware's variables: {what}") };
    let all: Value = serde_json::from_slice(&text).map_err(|e| problem(&e.to_string()))?;
    let found = all["variables"].as_array().into_iter().flatten().find(|v| v["name"] == name);
    let data = found.and_then(|v| v["data"].as_str()).ok_or_else(|| problem(&format!("no {name}")))?;
    HEXLOWER_PERMISSIVE.decode(data.as_bytes()).map_err(|e| problem(&e.to_string()))
}

fn change(from: &Path, settings: &Settings, options: &[&str], certificate: &Path) -> Result<(), HarnessError> {
    let variables = settings.variables();
    let new = variables.with_extension("new");
    let mut command = Command::new("virt-fw-vars");
    command.arg("--input").arg(from).arg("--output").arg(&new).arg("--secure-boot");
    for option in options {
        command.args([option, OWNER]).arg(certificate);
    }
    Tool::new(command, SECONDS).run()?;
    fs::rename(&new, &variables).map_err(HarnessError::file("write", variables))
}
