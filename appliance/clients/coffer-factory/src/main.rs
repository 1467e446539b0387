//! coffer-factory: a machine's device record, made only for a TPM that its maker vouches for and that has answered a challenge.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use attestation::evidence::SIZE_MAX;
use attestation::{DeviceRecord, Evidence, Hash, jws, name};
use clap::{Args, Parser, Subcommand};
use coffer_factory::credential::{self, CredentialError};
use coffer_verify::{VerifyError, files, roots};
use data_encoding::HEXLOWER;
use error_chain::chain;
use serde::{Deserialize, Serialize};
use verifier::{Activation, Input, Verdict, appraise};

const SMALL_MAX: u64 = 64 << 10;
/// What the factory must know before it signs: all that the TPM says, that it is one TPM, and whose make it is.
const NEEDED: [u8; 6] = [1, 2, 3, 4, 5, 6];

#[derive(Parser)]
#[command(about = "What the vendor's factory does about a machine", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a challenge that only the TPM of this evidence can answer
    MakeCredential(MakeCredential),
    /// Sign which TPM is in which machine, once it has answered
    SignRecord(SignRecord),
}

#[derive(Args)]
struct MakeCredential {
    /// An evidence of the machine
    #[arg(long, value_name = "FILE")]
    evidence: PathBuf,
    /// For the machine (the file that tpm2_activatecredential reads)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// For yourself: it holds the answer
    #[arg(long, value_name = "FILE")]
    keep: PathBuf,
}

#[derive(Args)]
struct SignRecord {
    #[arg(long, value_name = "FILE")]
    evidence: PathBuf,
    /// The challenge that was kept
    #[arg(long, value_name = "FILE")]
    keep: PathBuf,
    /// What the machine answered, in hexadecimal digits
    #[arg(long, value_name = "HEX")]
    answer: String,
    /// tpm/ and tpm-intermediates/: certificates of TPM makers
    #[arg(long, value_name = "FOLDER")]
    roots: PathBuf,
    #[arg(long)]
    serial: String,
    #[arg(long)]
    model: String,
    /// YYYY-MM-DD
    #[arg(long)]
    date: String,
    /// The vendor's key for device records: P-256, PKCS#8 PEM
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// As `coffer-verify --activation` reads it, once the answer is in it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    endorsement_key: String,
    attestation_key_name: String,
    secret: String,
    answer: String,
}

#[derive(Debug, thiserror::Error)]
enum FactoryError {
    #[error(transparent)]
    File(#[from] VerifyError),
    #[error("{path}")]
    Evidence {
        path: PathBuf,
        #[source]
        source: attestation::EvidenceError,
    },
    #[error("the evidence holds no endorsement key")]
    NoEndorsementKey,
    #[error(transparent)]
    Credential(#[from] CredentialError),
    #[error("{path} is no challenge that was kept")]
    Kept { path: PathBuf },
    #[error("the evidence is not good enough for a record: check {number}: {why}")]
    Check { number: u8, why: String },
    #[error("the evidence is not good enough for a record")]
    Unusable(#[source] verifier::Unusable),
    #[error("{0:?} is no date (YYYY-MM-DD)")]
    Date(String),
    #[error("signing the record")]
    Sign(#[source] jws::JwsError),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::MakeCredential(arguments) => make_credential(&arguments),
        Command::SignRecord(arguments) => sign_record(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("coffer-factory: {}", chain(&e));
            ExitCode::FAILURE
        }
    }
}

fn make_credential(arguments: &MakeCredential) -> Result<(), FactoryError> {
    let (_, evidence) = evidence(&arguments.evidence)?;
    let key = evidence.endorsement.key.ok_or(FactoryError::NoEndorsementKey)?;
    let name = name(&evidence.attestation_key);
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|_| CredentialError::Randomness)?;
    let challenge = credential::make(&key, &name, &secret)?;
    let kept = Kept {
        endorsement_key: HEXLOWER.encode(&key),
        attestation_key_name: HEXLOWER.encode(&name),
        secret: HEXLOWER.encode(&secret),
        answer: String::new(),
    };
    let kept = serde_json::to_vec_pretty(&kept).map_err(|_| FactoryError::Kept { path: arguments.keep.clone() })?;
    files::write(&arguments.keep, &kept)?;
    Ok(files::write(&arguments.out, &challenge.to_tools_file())?)
}

fn sign_record(arguments: &SignRecord) -> Result<(), FactoryError> {
    let (bytes, evidence) = evidence(&arguments.evidence)?;
    check(arguments, &bytes, &evidence)?;
    let key = evidence.endorsement.key.as_ref().ok_or(FactoryError::NoEndorsementKey)?;
    let is_date = arguments.date.len() == 10
        && arguments
            .date
            .bytes()
            .enumerate()
            .all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
    if !is_date {
        return Err(FactoryError::Date(arguments.date.clone()));
    }
    let record = DeviceRecord {
        format: 1,
        serial: arguments.serial.clone(),
        model: arguments.model.clone(),
        endorsement_key: Hash::of(key),
        endorsement_certificate: evidence.endorsement.certificate.as_ref().map(|c| Hash::of(c)),
        attestation_key: Hash::of(&evidence.attestation_key),
        date: arguments.date.clone(),
    };
    let pem = files::read(&arguments.key, SMALL_MAX)?;
    let signed = jws::sign(&record, &String::from_utf8_lossy(&pem)).map_err(FactoryError::Sign)?;
    Ok(files::write(&arguments.out, &signed)?)
}

/// A key in software could answer as well: the maker's certificate says that this one is in a TPM.
fn check(arguments: &SignRecord, bytes: &[u8], evidence: &Evidence) -> Result<(), FactoryError> {
    let bad = || FactoryError::Kept { path: arguments.keep.clone() };
    let kept: Kept = serde_json::from_slice(&files::read(&arguments.keep, SMALL_MAX)?).map_err(|_| bad())?;
    let decoded = |hex: &str| HEXLOWER.decode(hex.as_bytes()).map_err(|_| bad());
    let (key, name) = (decoded(&kept.endorsement_key)?, decoded(&kept.attestation_key_name)?);
    let (secret, answer) = (decoded(&kept.secret)?, decoded(&arguments.answer)?);
    let activation =
        Activation { endorsement_key: &key, attestation_key_name: &name, secret: &secret, answer: &answer };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let report = appraise(&Input {
        evidence: bytes,
        reference: None,
        roots: &roots::makers(&arguments.roots)?,
        // The challenge is what is fresh here.
        nonce: &evidence.nonce,
        now,
        previous: None,
        serial: None,
        channel: None,
        activation: Some(activation),
        allow_development: true,
    })
    .map_err(FactoryError::Unusable)?;
    for check in report.checks().iter().filter(|c| NEEDED.contains(&c.number)) {
        if let Verdict::Fail(reason) | Verdict::Unknown(reason) = &check.verdict {
            return Err(FactoryError::Check { number: check.number, why: reason.words().english });
        }
    }
    Ok(())
}

fn evidence(path: &Path) -> Result<(Vec<u8>, Evidence), FactoryError> {
    let bytes = files::read(path, SIZE_MAX as u64)?;
    match Evidence::from_bytes(&bytes) {
        Ok(evidence) => Ok((bytes, evidence)),
        Err(source) => Err(FactoryError::Evidence { path: path.into(), source }),
    }
}
