//! An evidence from a box in the emulator, as a client takes it: `coffer attest`, from its start to the file.

use std::path::Path;
use std::time::Duration;

use data_encoding::HEXLOWER;
use harness::client::Client;
use harness::{HarnessError, Machine};

use super::{BITS, SUITE};
use crate::measure::alone;
use crate::suites::Bench;
use crate::{BenchError, Case, check};

/// Made by `scripts/build dev`, with the client beside it.
const IMAGE: &str = "target/image/dev";
const CLIENT: &str = "target/release/coffer";
const BOOT: Duration = Duration::from_secs(300);
const POWER_OFF: Duration = Duration::from_secs(120);
const SECONDS: u64 = 120;

pub(super) fn run(bench: &mut Bench) -> Result<(), BenchError> {
    let folder = std::env::temp_dir().join(format!("bench-box-{}", std::process::id()));
    // A box has the whole machine, as it has in the tests.
    bench.cores.unpin()?;
    let found = measured(bench, &folder);
    bench.cores.pin()?;
    std::fs::remove_dir_all(&folder).map_err(BenchError::file("remove", &folder))?;
    let case = found?.threads(bench.cores.count());
    bench.add(case);
    Ok(())
}

fn measured(bench: &Bench, folder: &Path) -> Result<Case, BenchError> {
    let failed = |e: HarnessError| BenchError::Service { what: e.to_string() };
    let settings = Machine::settings(Path::new(IMAGE), &folder.join("box"));
    let mut machine = settings.start().map_err(failed)?;
    machine.console().wait_for("coffer: ready", BOOT).map_err(failed)?;
    let code = machine.console().wait_value("coffer: pairing code ", BOOT).map_err(failed)?;
    let client = Client::new(Path::new(CLIENT), &folder.join("client"), machine.ports());
    client.enrol(&code).map_err(failed)?;
    let (file, mut number) = (folder.join("evidence.cbor"), 0u64);
    let found = alone(&bench.plan, || {
        number += 1;
        let nonce = [&[0; 24][..], &number.to_be_bytes()].concat();
        let words = ["attest", "--nonce", &HEXLOWER.encode(&nonce), "--out", &file.display().to_string()];
        client.call(&words, SECONDS).map_err(failed)?;
        let bytes = std::fs::read(&file).map_err(BenchError::file("read", &file))?;
        let taken = attestation::Evidence::from_bytes(&bytes);
        check(taken.is_ok_and(|evidence| evidence.nonce == nonce), "an evidence taken")?;
        Ok(1)
    })?;
    machine.power_off(POWER_OFF).map_err(failed)?;
    let case = Case::rate(SUITE, "evidences taken in the emulator", BITS, "1/s", &found);
    Ok(case.bounded("2 s each", 0.5).target(1.0))
}
