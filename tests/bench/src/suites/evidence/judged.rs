//! One evidence judged, in this process.

use std::hint::black_box;
use std::time::{SystemTime, UNIX_EPOCH};

use evidence_box::{Machine, Vendor};
use verifier::{Input, Outcome, Roots, appraise};

use super::{BITS, NONCE, SUITE};
use crate::measure::alone;
use crate::suites::Bench;
use crate::{BenchError, Case, check};

pub(super) fn run(bench: &mut Bench, vendor: &Vendor, machine: &mut Machine) -> Result<(), BenchError> {
    let bad = |_| BenchError::Wrong { what: "the evidence's own preparation".into() };
    let mut roots = Roots::default();
    roots.add_endorsement_root(machine.root()).map_err(bad)?;
    roots.add_release_key(&vendor.public("release")).map_err(bad)?;
    roots.add_device_record_key(&vendor.public("device-record")).map_err(bad)?;
    let reference = vendor.signed_values(&Vendor::values());
    let evidence = machine.evidence(&NONCE).to_bytes().unwrap_or_default();
    let input = Input {
        evidence: &evidence,
        reference: Some(&reference),
        roots: &roots,
        nonce: &NONCE,
        now: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()),
        previous: None,
        serial: None,
        channel: None,
        activation: None,
        allow_development: false,
    };
    let found = alone(&bench.plan, || {
        let report = appraise(black_box(&input)).ok();
        check(report.is_some_and(|r| r.outcome() == Outcome::Affirming), "an evidence judged")?;
        Ok(1)
    })?;
    bench.add(Case::rate(SUITE, "evidences judged", BITS, "1/s", &found).bounded("50 ms each", 20.0).target(1.0));
    Ok(())
}
