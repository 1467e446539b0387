//! What the command line takes.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

#[derive(Parser)]
#[command(
    about = "Judges a box's evidence, and its audit log, alone: no network, no TPM, no configuration",
    after_help = "Exit status: 0 affirming, 1 not affirming, 2 there was nothing to judge.",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) evidence: EvidenceArguments,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Judge an audit log: changed, missing, swapped lines, a lost end, another log
    Log(LogArguments),
    /// Take an evidence apart, into the files that other programs read
    Unpack(UnpackArguments),
}

#[derive(Args)]
pub(crate) struct EvidenceArguments {
    /// The evidence that the box made
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) evidence: Option<PathBuf>,
    /// The reference values of its release, as the vendor signed them
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) reference: Option<PathBuf>,
    /// What you trust: tpm/ and tpm-intermediates/ (certificates), release.pem and device-record.pem (the vendor's public keys)
    #[arg(long, value_name = "FOLDER", required = true)]
    pub(crate) roots: Option<PathBuf>,
    /// The nonce that you asked with, in hexadecimal digits
    #[arg(long, value_name = "HEX", required = true)]
    pub(crate) nonce: Option<String>,
    /// An earlier evidence of the same box: its TPM's counters may not be higher
    #[arg(long, value_name = "FILE")]
    pub(crate) previous: Option<PathBuf>,
    /// The serial number on the machine
    #[arg(long, value_name = "NUMBER")]
    pub(crate) serial: Option<String>,
    /// The certificate that the service showed to you (DER or PEM): it must be this box's
    #[arg(long, value_name = "FILE")]
    pub(crate) channel: Option<PathBuf>,
    /// A credential challenge of yours and its answer (coffer-factory make-credential)
    #[arg(long, value_name = "FILE")]
    pub(crate) activation: Option<PathBuf>,
    /// Take a development release for a release, whose keys anyone may have
    #[arg(long)]
    pub(crate) allow_development: bool,
    /// Seconds since 1970, instead of this computer's clock: to make an earlier report again
    #[arg(long, value_name = "SECONDS")]
    pub(crate) time: Option<u64>,
    /// Write a report to read and print, in English and Chinese
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Write the result for programs (EAT attestation result, draft-ietf-rats-ear-04)
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Sign what --json writes, as a JWT, with this P-256 key (PKCS#8 PEM)
    #[arg(long, value_name = "KEY", requires = "json")]
    pub(crate) sign_ear: Option<PathBuf>,
    /// en or zh
    #[arg(long, default_value = "en", value_parser = ["en", "zh"])]
    pub(crate) language: String,
}

#[derive(Args)]
pub(crate) struct LogArguments {
    /// Lines as `coffer audit show` prints them
    pub(crate) file: PathBuf,
    /// An evidence that this program found good: its head of the log must be in the file, signed by the same key
    #[arg(long, value_name = "FILE")]
    pub(crate) evidence: Option<PathBuf>,
    /// A copy of the log that you took earlier: the file must go on from it
    #[arg(long, value_name = "FILE")]
    pub(crate) earlier: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct UnpackArguments {
    pub(crate) evidence: PathBuf,
    /// Made if it is not there
    pub(crate) folder: PathBuf,
}
