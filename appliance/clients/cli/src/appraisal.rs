//! Whether the box at the other end is the one that this machine enrolled at, by its evidence over this very connection; and, by
//! reference values and roots that were kept, what it runs.

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use attestation::evidence::SIZE_MAX;
use coffer_verify::{files, roots};
use proto::v1::GetEvidenceRequest;
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Value, json};
use verifier::{Check, Input, Report, Roots, Subject, Verdict, appraise};

use crate::arguments::KeepReference;
use crate::connect::Connection;
use crate::error::{CliError, chain, file};
use crate::output::Output;
use crate::profile::{EVIDENCE, Enrolment, Profile, REFERENCE, ROOTS};

const REFERENCE_MAX: u64 = 1 << 20;
const ROOT_MAX: u64 = 1 << 20;

/// What an evidence came to, of the TPM that this machine knows: none of the checks failed.
pub(crate) struct Appraisal {
    report: Report,
    attestation_key: String,
    /// Nobody knew the TPM before.
    is_new: bool,
    has_reference: bool,
}

/// What a box showed.
pub(crate) enum Shown {
    Judged(Appraisal),
    /// Nothing, and why: what it says of itself is its word alone. Of a box that never showed which TPM it has; any other is not
    /// believed without.
    Nothing(String),
}

/// What the evidence is compared with.
struct Known {
    reference: Option<Vec<u8>>,
    roots: Roots,
}

/// Asks for evidence and judges it. The first one of an enrolment says which TPM the box has, and every other must be the same
/// one's.
pub(crate) async fn of(connection: &mut Connection, profile: &Profile, own: &Enrolment) -> Result<Shown, CliError> {
    let reference = profile.path(REFERENCE);
    let known = match reference.exists() {
        true => known(&reference, &profile.path(ROOTS))?,
        false => Known { reference: None, roots: Roots::default() },
    };
    match by(connection, profile, own, &known).await {
        Ok(appraisal) => Ok(Shown::Judged(appraisal)),
        Err(e @ CliError::NoEvidence(_)) if own.address.attestation_key.is_none() => Ok(Shown::Nothing(chain(&e))),
        Err(e) => Err(e),
    }
}

/// The evidence that was judged last.
pub(crate) fn kept(profile: &Profile) -> Result<Vec<u8>, CliError> {
    Ok(files::read(&profile.path(EVIDENCE), SIZE_MAX as u64)?)
}

/// Keeps reference values and roots, if they are the vendor's and this box fits them.
pub(crate) async fn keep_reference(
    connection: &mut Connection,
    profile: &Profile,
    own: &Enrolment,
    wanted: &KeepReference,
    output: &Output,
) -> Result<(), CliError> {
    let known = known(&wanted.reference, &wanted.roots)?;
    let appraisal = by(connection, profile, own, &known).await?;
    copy_roots(&wanted.roots, &profile.path(ROOTS))?;
    profile.write(REFERENCE, known.reference.as_deref().unwrap_or_default())?;
    output.result(appraisal.as_json(), &format!("kept; {}", appraisal.as_text()));
    Ok(())
}

async fn by(
    connection: &mut Connection,
    profile: &Profile,
    own: &Enrolment,
    known: &Known,
) -> Result<Appraisal, CliError> {
    // Read before this one is asked for, so that it is older: the TPM's counters only grow.
    let kept = profile.path(EVIDENCE);
    let previous = kept.exists().then(|| files::read(&kept, SIZE_MAX as u64)).transpose()?;
    let mut nonce = [0u8; 32];
    SystemRandom::new().fill(&mut nonce).map_err(|_| CliError::Randomness)?;
    let request = GetEvidenceRequest { nonce: nonce.to_vec() };
    let shown = connection.client.get_evidence(request).await;
    let evidence = shown.map_err(|e| CliError::NoEvidence(Box::new(e.into())))?.into_inner().evidence;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let report = appraise(&Input {
        evidence: &evidence,
        reference: known.reference.as_deref(),
        roots: &known.roots,
        nonce: &nonce,
        now,
        // That of another TPM says nothing of this one.
        previous: previous.as_deref().filter(|_| own.address.attestation_key.is_some()),
        serial: None,
        channel: Some(&connection.certificate),
        activation: None,
        // The claims name a development release as one.
        allow_development: true,
    })?;
    let failed: Vec<String> = report.checks().iter().filter_map(failure).collect();
    if !failed.is_empty() {
        return Err(CliError::Untrusted { failed });
    }
    let key = report.claims().iter().find(|c| c.subject == Subject::AttestationKey).map(|c| c.value.clone());
    let attestation_key = key.ok_or_else(|| CliError::Answer("its evidence proves nothing".into()))?;
    let is_new = match &own.address.attestation_key {
        Some(known) if *known != attestation_key => {
            return Err(CliError::AnotherTpm { known: known.clone(), found: attestation_key });
        }
        known => known.is_none(),
    };
    if is_new {
        profile.know_tpm(own, &attestation_key)?;
    }
    profile.write(EVIDENCE, &evidence)?;
    Ok(Appraisal { report, attestation_key, is_new, has_reference: known.reference.is_some() })
}

impl Shown {
    pub(crate) fn as_json(&self) -> Value {
        match self {
            Shown::Judged(appraisal) => appraisal.as_json(),
            Shown::Nothing(why) => json!({ "none": why }),
        }
    }

    pub(crate) fn as_text(&self) -> String {
        match self {
            Shown::Judged(appraisal) => appraisal.as_text(),
            Shown::Nothing(why) => format!("NOTHING PROVES WHAT THIS BOX IS: {why}"),
        }
    }

    pub(crate) fn claim(&self, subject: Subject) -> Option<&str> {
        let Shown::Judged(appraisal) = self else { return None };
        appraisal.report.claims().iter().find(|c| c.subject == subject).map(|c| c.value.as_str())
    }
}

impl Appraisal {
    fn as_json(&self) -> Value {
        let checks = self.report.checks().iter().map(|check| {
            let (verdict, reason) = match &check.verdict {
                Verdict::Pass => ("pass", None),
                Verdict::Unknown(reason) => ("unknown", Some(reason.words().english)),
                Verdict::Fail(reason) => ("fail", Some(reason.words().english)),
            };
            let title = Check::title(check.number).english;
            json!({ "number": check.number, "title": title, "verdict": verdict, "reason": reason })
        });
        json!({
            "attestation_key": self.attestation_key,
            "known_since_enrolment": !self.is_new,
            "checks": checks.collect::<Vec<_>>(),
            "claims": self.report.claims().iter().map(|c| json!({ c.subject.key(): c.value })).collect::<Vec<_>>(),
        })
    }

    fn as_text(&self) -> String {
        let passed = self.report.checks().iter().filter(|c| c.verdict == Verdict::Pass).count();
        let tpm = match self.is_new {
            true => "the TPM is known from now on",
            false => "the TPM of the enrolment",
        };
        let mut text = format!("evidence over this connection: {tpm}; of 15 checks {passed} passed, none failed");
        match self.has_reference {
            false => text += " (what it runs needs reference values: coffer keep-reference)",
            true => self.report.checks().iter().filter_map(unknown).for_each(|line| text += &format!("\n    {line}")),
        }
        text
    }
}

fn failure(check: &Check) -> Option<String> {
    let Verdict::Fail(reason) = &check.verdict else { return None };
    Some(format!("{} ({})", Check::title(check.number).english, reason.words().english))
}

fn unknown(check: &Check) -> Option<String> {
    let Verdict::Unknown(reason) = &check.verdict else { return None };
    Some(format!("not known: {} ({})", Check::title(check.number).english, reason.words().english))
}

fn known(reference: &Path, folder: &Path) -> Result<Known, CliError> {
    Ok(Known { reference: Some(files::read(reference, REFERENCE_MAX)?), roots: roots::read(folder)? })
}

/// All that [`roots::read`] reads.
fn copy_roots(from: &Path, to: &Path) -> Result<(), CliError> {
    if to.exists() {
        fs::remove_dir_all(to).map_err(file("removing", to))?;
    }
    for folder in ["tpm", "tpm-intermediates", ""] {
        files::make_folder(&to.join(folder))?;
        for path in files::listed(&from.join(folder))? {
            let name = path.file_name().unwrap_or_default();
            files::write(&to.join(folder).join(name), &files::read(&path, ROOT_MAX)?)?;
        }
    }
    Ok(())
}
