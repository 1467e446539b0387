//! The way through an appraisal.

use attestation::own_log::Loaded;
use attestation::{Evidence, EvidenceError, Hash, evidence::NONCE_SIZES};
use data_encoding::HEXLOWER;

use crate::checks::logs::Logs;
use crate::checks::{Board, channel, identity, image, logs, signed, times, whole};
use crate::claim::{Claim, Subject};
use crate::report::{Inputs, Report};
use crate::roots::Roots;

/// What an appraisal goes by; it looks at nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    pub evidence: &'a [u8],
    /// The reference values of the release that the box says it runs, as the vendor signed them. Without them nothing can be said of
    /// what runs there.
    pub reference: Option<&'a [u8]>,
    pub roots: &'a Roots,
    /// What the verifier asked with, once.
    pub nonce: &'a [u8],
    /// Seconds since 1970 by the verifier's clock. Certificates of TPM makers are judged by it, and nothing else is.
    pub now: u64,
    /// An earlier evidence of the same box.
    pub previous: Option<&'a [u8]>,
    /// The machine that was meant.
    pub serial: Option<&'a str>,
    /// The certificate that the service showed to whoever asks, DER.
    pub channel: Option<&'a [u8]>,
    pub activation: Option<Activation<'a>>,
    /// Take a development release for a release: its keys protect nothing.
    pub allow_development: bool,
}

/// A credential challenge that the verifier made for these two keys, and the answer to it.
#[derive(Clone, Copy, Debug)]
pub struct Activation<'a> {
    /// TPMT_PUBLIC.
    pub endorsement_key: &'a [u8],
    pub attestation_key_name: &'a [u8],
    pub secret: &'a [u8],
    pub answer: &'a [u8],
}

/// There is nothing to judge.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    #[error("the nonce has {size} bytes: 16 to 32 are expected")]
    Nonce { size: usize },
    #[error("the evidence can't be used")]
    Evidence(#[source] EvidenceError),
}

/// Checks everything, and says what each check came to.
pub fn appraise(input: &Input<'_>) -> Result<Report, Unusable> {
    if !NONCE_SIZES.contains(&input.nonce.len()) {
        return Err(Unusable::Nonce { size: input.nonce.len() });
    }
    let evidence = Evidence::from_bytes(input.evidence).map_err(Unusable::Evidence)?;
    let mut board = Board::default();
    // What was signed.
    let parts = board.enter(2, signed::structures(&evidence));
    let key = board.enter(4, signed::attestation_key(&parts));
    let attested = board.enter(3, signed::signature(&evidence, &key));
    let nonce = board.enter(1, signed::nonce(&evidence, &attested, input.nonce));
    let digest = board.enter(8, signed::selection(&attested));
    let pcrs = board.enter(9, signed::values(&evidence, &digest));
    // Whose it is.
    let record = board.enter(7, identity::device_record(&evidence, input));
    board.enter(5, identity::one_tpm(&evidence, &parts, &record, input));
    let maker = board.enter(6, identity::endorsement(&evidence, &parts, input));
    // What runs there.
    let logs = board.enter(10, logs::replay(&evidence, &pcrs));
    let reference = board.enter(14, image::reference(input));
    let image = board.enter(11, image::values(&attested, &pcrs, &logs, &reference));
    board.enter(12, times::times(&evidence, &attested, &key, input.previous, &reference));
    let service = board.enter(13, channel::channel(&evidence, &parts, &attested, &logs, &reference, input));
    board.enter(15, whole::whole(&evidence, &attested, &reference));

    let mut claims = Claims { board: &board, claims: Vec::new() };
    let pcr = |index: u8| pcrs.as_ref().and_then(|p| p.get(&index)).map(|value| HEXLOWER.encode(value));
    claims.add(Subject::Serial, &[5, 7], record.as_ref().map(|r| r.serial.clone()));
    claims.add(Subject::Model, &[5, 7], record.as_ref().map(|r| r.model.clone()));
    claims.add(Subject::TpmMaker, &[5, 6], maker);
    claims.add(Subject::AttestationKey, &[], Some(Hash::of(&evidence.attestation_key).to_string()));
    let release = reference.as_ref().map(|r| match r.development {
        true => format!("{} ({}) DEVELOPMENT", r.release, r.profile),
        false => format!("{} ({})", r.release, r.profile),
    });
    claims.add(Subject::Release, &[8, 9, 10, 11, 14], release);
    let version = reference.as_ref().map(|r| r.security_version.to_string());
    claims.add(Subject::SecurityVersion, &[8, 9, 10, 11, 14], version);
    claims.add(Subject::Floor, &[11], image.as_ref().map(|i| i.floor.to_string()));
    claims.add(Subject::SecureBoot, &[8, 9, 10, 11, 14], image.as_ref().map(|_| "on".into()));
    claims.add(Subject::Refused, &[8, 9, 10, 11], image.and_then(|i| i.refused).map(|r| r.to_string()));
    claims.add(Subject::Image, &[8, 9], pcr(11));
    claims.add(Subject::Firmware, &[8, 9], pcr(0));
    if let Some(logs) = &logs {
        loaded(&mut claims, logs);
    }
    claims.add(Subject::ServiceCertificate, &[13], service.map(|s| s.to_string()));
    let quote = attested.as_ref().map(|a| &a.quote);
    claims.add(Subject::TpmClock, &[12], quote.map(|q| q.clock.to_string()));
    claims.add(Subject::Resets, &[12], quote.map(|q| format!("{}, {}", q.reset_count, q.restart_count)));
    let claims = claims.claims;
    let inputs = Inputs {
        evidence: Hash::of(input.evidence),
        reference: input.reference.map(Hash::of),
        previous: input.previous.map(Hash::of),
        now: input.now,
    };
    Ok(Report { checks: board.in_order(), claims, inputs, nonce: nonce.unwrap_or_default() })
}

fn loaded(claims: &mut Claims<'_>, logs: &Logs<'_>) {
    for loaded in &logs.loaded {
        // By a system that check 11 knows: another one could extend what it likes.
        let (subject, value) = match loaded {
            Loaded::Volume(uuid) => (Subject::Volume, uuid.clone()),
            Loaded::Opened(by) => (Subject::Opened, by.clone()),
            Loaded::Configuration(digest) => (Subject::Configuration, Hash(*digest).to_string()),
            Loaded::Services(digest) => (Subject::Services, Hash(*digest).to_string()),
            Loaded::Card { address, identity, build } => {
                (Subject::Card, format!("{address} {identity} {}", Hash(*build)))
            }
        };
        claims.add(subject, &[8, 9, 10, 11, 14], Some(value));
    }
}

struct Claims<'a> {
    board: &'a Board,
    claims: Vec<Claim>,
}

impl Claims<'_> {
    /// Adds it if these checks have passed, and the first four, without which nothing is anybody's word.
    fn add(&mut self, subject: Subject, on: &[u8], value: Option<String>) {
        let rests_on = [&[1, 2, 3, 4], on].concat();
        if let Some(value) = value.filter(|_| self.board.passed(&rests_on)) {
            self.claims.push(Claim { subject, value, rests_on });
        }
    }
}
