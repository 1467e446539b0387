//! A box's evidence, judged by the crate that coffer-verify is made of.

use pyo3::prelude::*;
use verifier::{Input, Roots, appraise};

use crate::errors::raise;

/// The result (EAT attestation result) as JSON. Certificates are DER, keys SubjectPublicKeyInfo in PEM.
#[pyfunction]
#[pyo3(signature = (
    evidence, reference, nonce, now, *, maker_roots, maker_intermediates, release_keys, device_record_keys, previous,
    serial, channel, allow_development
))]
#[expect(clippy::too_many_arguments, reason = "named ones, and coffer.evidence is what people call")]
pub(crate) fn judge_evidence(
    py: Python<'_>,
    evidence: Vec<u8>,
    reference: Option<Vec<u8>>,
    nonce: Vec<u8>,
    now: u64,
    maker_roots: Vec<Vec<u8>>,
    maker_intermediates: Vec<Vec<u8>>,
    release_keys: Vec<String>,
    device_record_keys: Vec<String>,
    previous: Option<Vec<u8>>,
    serial: Option<String>,
    channel: Option<Vec<u8>>,
    allow_development: bool,
) -> PyResult<String> {
    let mut roots = Roots::default();
    let added = maker_roots
        .into_iter()
        .try_for_each(|der| roots.add_endorsement_root(der))
        .and_then(|()| maker_intermediates.into_iter().try_for_each(|der| roots.add_intermediate(der)))
        .and_then(|()| release_keys.iter().try_for_each(|pem| roots.add_release_key(pem)))
        .and_then(|()| device_record_keys.iter().try_for_each(|pem| roots.add_device_record_key(pem)));
    added.map_err(|e| raise(py, "EvidenceError", &error_chain::chain(&e), None))?;
    let input = Input {
        evidence: &evidence,
        reference: reference.as_deref(),
        roots: &roots,
        nonce: &nonce,
        now,
        previous: previous.as_deref(),
        serial: serial.as_deref(),
        channel: channel.as_deref(),
        activation: None,
        allow_development,
    };
    match py.detach(|| appraise(&input)) {
        Ok(report) => Ok(report.ear().to_string()),
        Err(e) => Err(raise(py, "EvidenceError", &error_chain::chain(&e), None)),
    }
}
