//! The program that auditors get, linked statically: `scripts/build clients` makes it, and the step `clients` of `scripts/test` runs this.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::fs;
use std::path::Path;
use std::process::Command;

const STATIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../target/x86_64-unknown-linux-gnu/release");

/// In a root where there is nothing but the program.
#[test]
#[ignore = "it takes the static program: scripts/test clients"]
fn it_runs_where_there_is_nothing_else() {
    let root = tempfile::TempDir::new().unwrap();
    for (program, said) in [("coffer-verify", "--evidence <FILE>"), ("coffer-factory", "sign-record")] {
        fs::copy(Path::new(STATIC).join(program), root.path().join(program)).unwrap();
        let mut command = Command::new("/usr/sbin/chroot");
        let output = command.arg(root.path()).arg(format!("/{program}")).arg("--help").env_clear().output().unwrap();
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && text.contains(said), "{program}: {text}");
    }
    // With an argument that is no file, it gets as far as opening it.
    fs::write(root.path().join("evidence"), b"x").unwrap();
    fs::create_dir_all(root.path().join("roots")).unwrap();
    let mut command = Command::new("/usr/sbin/chroot");
    command.arg(root.path()).arg("/coffer-verify");
    command.args(["--evidence", "evidence", "--reference", "evidence", "--roots", "roots", "--nonce", "00"]);
    let output = command.env_clear().output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("release.pem"));
}
