//! A connection that another thread has open when a program of tpm2-tools starts.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::os::unix::net::UnixStream;
use std::process::Stdio;

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use software_tpm::SoftwareTpm;
use tempfile::TempDir;

#[test]
fn a_tool_does_not_wait_for_a_connection_that_it_inherited() {
    let state = TempDir::new().unwrap();
    let software = SoftwareTpm::power_on(state.path());
    // As tpm2-tss opens it.
    let connection = UnixStream::connect(software.socket()).unwrap();
    fcntl(&connection, FcntlArg::F_SETFD(FdFlag::empty())).unwrap();
    let mut tool = software.command("tpm2_getrandom", &["4"]).stdout(Stdio::null()).spawn().unwrap();
    drop(connection);
    assert!(tool.wait().unwrap().success());
}
