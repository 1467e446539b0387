//! An evidence, judged.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use attestation::evidence::SIZE_MAX;
use coffer_verify::{VerifyError, files, roots};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde::Deserialize;
use verifier::{Activation, Check, Input, Outcome, Report, Verdict, Words, appraise};

use crate::arguments::EvidenceArguments;
use crate::output::say;

const EVIDENCE_MAX: u64 = SIZE_MAX as u64;
const REFERENCE_MAX: u64 = 1 << 20;
const SMALL_MAX: u64 = 64 << 10;

/// What `coffer-factory make-credential` keeps for the auditor, with the box's answer added.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Challenge {
    endorsement_key: String,
    attestation_key_name: String,
    secret: String,
    answer: String,
}

/// Whether it is affirming.
pub(crate) fn run(arguments: &EvidenceArguments) -> Result<bool, VerifyError> {
    let nonce = given(&arguments.nonce, "nonce")?;
    let nonce = HEXLOWER_PERMISSIVE.decode(nonce.as_bytes()).map_err(|_| VerifyError::Nonce)?;
    let evidence = files::read(given(&arguments.evidence, "evidence")?, EVIDENCE_MAX)?;
    let reference = files::read(given(&arguments.reference, "reference")?, REFERENCE_MAX)?;
    let roots = roots::read(given(&arguments.roots, "roots")?)?;
    let previous = arguments.previous.as_ref().map(|path| files::read(path, EVIDENCE_MAX)).transpose()?;
    let channel = arguments.channel.as_deref().map(channel).transpose()?;
    let challenge = arguments.activation.as_deref().map(challenge).transpose()?;
    let activation = challenge.as_ref().map(|[endorsement_key, attestation_key_name, secret, answer]| Activation {
        endorsement_key,
        attestation_key_name,
        secret,
        answer,
    });
    let report = appraise(&Input {
        evidence: &evidence,
        reference: Some(&reference),
        roots: &roots,
        nonce: &nonce,
        now: arguments.time.map_or_else(clock, Ok)?,
        previous: previous.as_deref(),
        serial: arguments.serial.as_deref(),
        channel: channel.as_deref(),
        activation,
        allow_development: arguments.allow_development,
    })?;
    if let Some(path) = &arguments.html {
        files::write(path, report.html().as_bytes())?;
    }
    if let Some(path) = &arguments.json {
        let text = match &arguments.sign_ear {
            Some(key) => report.ear_jwt(&String::from_utf8_lossy(&files::read(key, SMALL_MAX)?))?,
            None => format!("{:#}", report.ear()),
        };
        files::write(path, format!("{text}\n").as_bytes())?;
    }
    say(as_text(&report, arguments.language == "zh").trim_end_matches('\n'))?;
    Ok(report.outcome() == Outcome::Affirming)
}

fn given<'a, T>(argument: &'a Option<T>, name: &'static str) -> Result<&'a T, VerifyError> {
    argument.as_ref().ok_or(VerifyError::Missing(name))
}

fn clock() -> Result<u64, VerifyError> {
    SystemTime::now().duration_since(UNIX_EPOCH).map(|d| d.as_secs()).map_err(|_| VerifyError::Clock)
}

fn channel(path: &Path) -> Result<Vec<u8>, VerifyError> {
    let certificates = files::certificates(files::read(path, SMALL_MAX)?);
    certificates.into_iter().next().ok_or(VerifyError::Content { path: path.into(), what: "certificate" })
}

fn challenge(path: &Path) -> Result<[Vec<u8>; 4], VerifyError> {
    let bytes = files::read(path, SMALL_MAX)?;
    let challenge: Challenge =
        serde_json::from_slice(&bytes).map_err(|source| VerifyError::Activation { path: path.into(), source })?;
    let decoded = |hex: &String| {
        let bad = |_| VerifyError::Content { path: path.into(), what: "challenge in hexadecimal digits" };
        HEXLOWER.decode(hex.as_bytes()).map_err(bad)
    };
    let Challenge { endorsement_key, attestation_key_name, secret, answer } = &challenge;
    Ok([decoded(endorsement_key)?, decoded(attestation_key_name)?, decoded(secret)?, decoded(answer)?])
}

fn as_text(report: &Report, chinese: bool) -> String {
    let pick = |words: Words| if chinese { words.chinese } else { words.english };
    let mut out = String::new();
    for check in report.checks() {
        let (mark, reason) = match &check.verdict {
            Verdict::Pass => ("pass   ", None),
            Verdict::Unknown(reason) => ("unknown", Some(reason)),
            Verdict::Fail(reason) => ("FAIL   ", Some(reason)),
        };
        out += &format!("{:2} {mark} {}\n", check.number, pick(Check::title(check.number)));
        out += &reason.map(|r| format!("           {}\n", pick(r.words()))).unwrap_or_default();
    }
    for claim in report.claims() {
        out += &format!("{}: {}\n", pick(claim.subject.words()), claim.value);
    }
    let outcome = match (report.outcome(), chinese) {
        (Outcome::Affirming, false) => "AFFIRMING: every check passed",
        (Outcome::Unknown, false) => "NOT AFFIRMING: not everything could be checked",
        (Outcome::Contraindicated, false) => "NOT AFFIRMING: at least one check failed",
        (Outcome::Affirming, true) => "肯定:全部检查通过",
        (Outcome::Unknown, true) => "不肯定:并非所有检查都能进行",
        (Outcome::Contraindicated, true) => "不肯定:至少一项检查未通过",
    };
    format!("{out}{outcome}\n")
}
