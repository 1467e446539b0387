//! The person's browser. Its command line is seen by everybody on this machine, so that the address is not on it: it is in a file that
//! only this person reads, and that sends on to it.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use data_encoding::HEXLOWER;
use ring::rand::{SecureRandom, SystemRandom};

use crate::error::{CliError, file};

/// The file is gone when this is.
pub(crate) struct Opened {
    path: PathBuf,
    child: Child,
}

pub(crate) fn open(address: &str) -> Result<Opened, CliError> {
    let mut name = [0; 8];
    SystemRandom::new().fill(&mut name).map_err(|_| CliError::Randomness)?;
    // Where this user's programs alone read, if there is such a place; browsers in a sandbox of their own see none of it.
    let folder = std::env::var_os("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let path = folder.join(format!("coffer-console-{}.html", HEXLOWER.encode(&name)));
    let page = format!("<!doctype html><meta charset=utf-8><meta http-equiv=refresh content=\"0; url={address}\">\n");
    let mut made = fs::OpenOptions::new();
    let mut made = made.write(true).create_new(true).mode(0o600).open(&path).map_err(file("making", &path))?;
    made.write_all(page.as_bytes()).map_err(file("writing", &path))?;
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let child =
        Command::new(program).arg(&path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    match child {
        Ok(child) => Ok(Opened { path, child }),
        Err(e) => {
            let _ = fs::remove_file(&path);
            Err(file("opening the browser with", program)(e))
        }
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        // It has handed the file on long ago; a browser itself is not ended with us.
        let _ = self.child.try_wait();
    }
}
