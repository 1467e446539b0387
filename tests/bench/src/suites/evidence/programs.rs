//! The whole program on one evidence, beside tpm2-tools on the same: `coffer-verify` does its fifteen checks while `tpm2_checkquote`
//! and `tpm2_eventlog` check the quote, replay the log, and print it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use data_encoding::HEXLOWER;
use evidence_box::{Machine, Vendor};

use super::{BITS, NONCE, SUITE};
use crate::measure::compare;
use crate::suites::Bench;
use crate::{BenchError, Case, check};

const PROGRAM: &str = "target/release/coffer-verify";

pub(super) fn run(bench: &mut Bench, vendor: &Vendor, machine: &mut Machine) -> Result<(), BenchError> {
    let folder = std::env::temp_dir().join(format!("bench-evidence-{}", std::process::id()));
    lay_out(&folder, vendor, machine)?;
    let found = compare(&bench.plan, || ours(&folder), || theirs(&folder));
    fs::remove_dir_all(&folder).map_err(BenchError::file("remove", &folder))?;
    let (name, peer) = ("evidences judged, by programs", "tpm2_checkquote and tpm2_eventlog");
    bench.add(Case::rates(SUITE, name, BITS, "1/s", peer, &found?).note("theirs: the quote and the log alone"));
    Ok(())
}

/// The auditor's folder, with the evidence's parts for the others.
fn lay_out(folder: &Path, vendor: &Vendor, machine: &mut Machine) -> Result<(), BenchError> {
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).map_err(BenchError::file("write", path))
    };
    let tpm = folder.join("roots/tpm");
    fs::create_dir_all(&tpm).map_err(BenchError::file("make", &tpm))?;
    let maker = machine.software.authority().0;
    fs::copy(&maker, tpm.join("maker.pem")).map_err(BenchError::file("copy", maker))?;
    put("roots/release.pem", vendor.public("release").as_ref())?;
    put("roots/device-record.pem", vendor.public("device-record").as_ref())?;
    put("reference.json", &vendor.signed_values(&Vendor::values()))?;
    put("evidence.cbor", &machine.evidence(&NONCE).to_bytes().unwrap_or_default())?;
    succeeds(&program()?, &["unpack".into(), at(folder, "evidence.cbor"), at(folder, "parts")])
}

fn ours(folder: &Path) -> Result<usize, BenchError> {
    let mut arguments: Vec<OsString> = vec!["--nonce".into(), HEXLOWER.encode(&NONCE).into()];
    for (option, name) in [("--evidence", "evidence.cbor"), ("--reference", "reference.json"), ("--roots", "roots")] {
        arguments.extend([option.into(), at(folder, name)]);
    }
    succeeds(&program()?, &arguments)?;
    Ok(1)
}

fn theirs(folder: &Path) -> Result<usize, BenchError> {
    let mut arguments: Vec<OsString> = vec!["-g".into(), "sha256".into(), "-q".into(), HEXLOWER.encode(&NONCE).into()];
    let parts = [
        ("-u", "attestation-key.pub"),
        ("-m", "quote.attest"),
        ("-s", "quote.signature"),
        ("-f", "pcr-values"),
        ("-e", "event.log"),
    ];
    for (option, name) in parts {
        arguments.extend([option.into(), at(&folder.join("parts"), name)]);
    }
    succeeds(Path::new("tpm2_checkquote"), &arguments)?;
    succeeds(Path::new("tpm2_eventlog"), &[at(&folder.join("parts"), "event.log")])?;
    Ok(1)
}

fn succeeds(program: &Path, arguments: &[OsString]) -> Result<(), BenchError> {
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    check(status.map_err(BenchError::file("run", program))?.success(), program.display().to_string())
}

fn program() -> Result<PathBuf, BenchError> {
    fs::canonicalize(PROGRAM).map_err(BenchError::file("find", PROGRAM))
}

fn at(folder: &Path, name: &str) -> OsString {
    folder.join(name).into()
}
