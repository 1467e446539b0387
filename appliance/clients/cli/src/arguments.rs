//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

mod compute;
mod console;
mod system;

pub(crate) use compute::{Compute, Packing};
pub(crate) use console::{Console, Trust, Which};
pub(crate) use system::{ActivateCredential, Attest, KeepReference, Pin, SecureBoot, TpmCommand};

/// The client of a Coffer box.
#[derive(Parser)]
#[command(version, about)]
pub(crate) struct Arguments {
    /// JSON on standard output instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The folder of enrolments [default: $XDG_CONFIG_HOME/coffer or ~/.config/coffer].
    #[arg(long, global = true)]
    pub(crate) config: Option<PathBuf>,
    /// Which enrolled box.
    #[arg(long = "box", global = true, default_value = "default")]
    pub(crate) box_name: String,
    /// The box's address, when it is not the one it was enrolled at.
    #[arg(long, global = true)]
    pub(crate) host: Option<String>,
    /// The port of the service, when it is not the one at enrolment. (That of the enrolment itself is --enrol-port.)
    #[arg(long, global = true)]
    pub(crate) port: Option<u16>,
    /// Seconds without a sign of life from the box after which it is given up. A box that works hard still gives one.
    #[arg(long, global = true, default_value_t = 30, value_parser = clap::value_parser!(u64).range(2..=3600))]
    pub(crate) silence: u64,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Pair with a box: type the code from its screen, get a certificate. Who was enrolled at a box that has a new identity keeps its
    /// name.
    Enrol(Enrol),
    /// What the box says of itself, and what its TPM says, judged here: whether it is the TPM of the enrolment and this connection
    /// its own, and what it runs, if `keep-reference` was given what to compare with.
    Status,
    /// Keep a release's reference values and what you trust, for `status` to judge the box by.
    KeepReference(KeepReference),
    /// Have the box show all that it can of itself, for `coffer-verify`.
    Attest(Attest),
    /// Give the box what its vendor signed about this machine; its evidence has it from then on (administrators).
    DeviceRecord {
        /// The record: JWS in JSON.
        file: PathBuf,
    },
    /// Say what a change of Secure Boot's keys will do to this box, and have the box expect it (administrators).
    SecureBoot(SecureBoot),
    /// A PIN that somebody types at the box's screen at each start (administrators).
    #[command(subcommand)]
    Pin(Pin),
    /// Look after the TPM (administrators).
    #[command(subcommand)]
    Tpm(TpmCommand),
    /// Have the TPM decrypt what was encrypted for it (administrators and auditors): it shows whose attestation key it is.
    ActivateCredential(ActivateCredential),
    /// Create, list and destroy keys.
    #[command(subcommand)]
    Keys(Keys),
    /// Compute on the box.
    #[command(subcommand)]
    Compute(Compute),
    /// Look after jobs.
    #[command(subcommand)]
    Jobs(Jobs),
    /// List and revoke clients (administrators).
    #[command(subcommand)]
    Clients(Clients),
    /// What waits for a second person (administrators).
    Requests,
    /// Agree to what another person asked for (administrators).
    Approve(Approve),
    /// Keys in a file that two people open together (administrators).
    #[command(subcommand)]
    Backup(Backup),
    /// Keys from such a file (administrators).
    #[command(subcommand)]
    Restore(Restore),
    /// A new pairing code, for one more client (administrators).
    PairingCode(Invitation),
    /// The box's console, in a browser on this machine, without a certificate warning and with nobody in between: a pairing code, or the
    /// enrolment of this machine, proves the box.
    Console(Console),
    /// The authority of the console's certificate, proven in the same way, for browsers that are to trust it.
    Trust(Trust),
    /// Another certificate for this client, before the old one's end or after it.
    Renew(Renew),
    /// Read the audit log and check its chain.
    #[command(subcommand)]
    Audit(Audit),
    /// The box's counters, in Prometheus' text form.
    Metrics,
}

#[derive(Args)]
pub(crate) struct Enrol {
    /// The pairing code on the box's screen.
    #[arg(long)]
    pub(crate) code: String,
    /// This client's name on the box, to be sure: the code is for one name.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Seconds that the certificate is to be valid; 0: a year.
    #[arg(long, default_value_t = 0)]
    pub(crate) valid_for: u32,
    /// The port of the enrolment service.
    #[arg(long, default_value_t = proto::ENROLMENT_PORT)]
    pub(crate) enrol_port: u16,
    /// Where this machine is enrolled at another box under the same --box: keep that enrolment beside, under another name.
    #[arg(long)]
    pub(crate) replace: bool,
}

#[derive(Args)]
pub(crate) struct Renew {
    /// Seconds that the certificate is to be valid; 0: a year.
    #[arg(long, default_value_t = 0)]
    pub(crate) valid_for: u32,
    /// The port of the enrolment service.
    #[arg(long, default_value_t = proto::ENROLMENT_PORT)]
    pub(crate) enrol_port: u16,
    /// Where the box has a new identity, as after its TPM was replaced: its pin, which its screen shows. It is the first four groups
    /// of any of its pairing codes; a whole code will do.
    #[arg(long)]
    pub(crate) pin: Option<String>,
}

#[derive(Args)]
pub(crate) struct Invitation {
    /// The client's name on the box: one that no client has or had.
    #[arg(long)]
    pub(crate) name: String,
    /// administrator, operator or auditor.
    #[arg(long, default_value = "operator")]
    pub(crate) role: String,
    /// Seconds that the code is good: a minute to a week.
    #[arg(long, default_value_t = 24 * 3600)]
    pub(crate) valid_for: u32,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum KeyKind {
    Paillier,
    Rsa,
    OkamotoUchiyama,
    Elgamal,
    DiffieHellman,
}

#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Make a key that never leaves the box.
    Create {
        name: String,
        #[arg(long, value_enum, default_value_t = KeyKind::Paillier)]
        kind: KeyKind,
        /// Of the modulus: Paillier and RSA 2048 (the default), 3072 or 4096; Okamoto-Uchiyama 3072 (the default) or 4608.
        #[arg(long)]
        bits: Option<u32>,
        /// Of a Diffie-Hellman key: modp2048, modp3072, modp4096, ffdhe2048, ffdhe3072 (the default) or ffdhe4096.
        #[arg(long, conflicts_with = "bits")]
        group: Option<String>,
        /// What it may be used for: encrypt, decrypt, evaluate, with RSA sign, with Diffie-Hellman derive alone [default: all].
        #[arg(long, value_delimiter = ',')]
        operations: Vec<String>,
        /// How many jobs or batches may decrypt or sign with it; then nothing does any more [default: any number].
        #[arg(long, default_value_t = 0)]
        uses: u64,
        /// Seconds from now after which it is for nothing, by the box's clock [default: for ever].
        #[arg(long, default_value_t = 0)]
        valid_for: u64,
        /// To destroy it takes a second person, an administrator.
        #[arg(long)]
        dual_control: bool,
    },
    /// Take in somebody else's public key, its numbers in hexadecimal.
    Import {
        name: String,
        #[arg(long, required_unless_present = "h")]
        n: Option<String>,
        /// Paillier's h^n mod n^2, if it is known: encryption is faster then.
        #[arg(long, conflicts_with = "e")]
        hs: Option<String>,
        /// RSA's public exponent: with it the key is an RSA key, without it and g a Paillier key.
        #[arg(long)]
        e: Option<String>,
        /// Okamoto-Uchiyama's generator: with it the key is one of that scheme.
        #[arg(long, conflicts_with_all = ["hs", "e"])]
        g: Option<String>,
        /// ElGamal's public key, an encoded point: alone, without n.
        #[arg(long = "h", id = "h", conflicts_with_all = ["n", "hs", "e", "g"])]
        point: Option<String>,
        /// What it may be used for: encrypt, evaluate [default: both].
        #[arg(long, value_delimiter = ',')]
        operations: Vec<String>,
    },
    List,
    /// Destroy a key, for good: no copy of anything in the box opens it again. Backups of it are copies that still do.
    Destroy {
        /// Name or id.
        key: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum Backup {
    /// Make the key pair that half of a backup is sealed to: each of the two people has one, and keeps its file.
    Key { file: PathBuf },
    /// Ask for a backup of an owner's keys. Another administrator has to approve; then fetch it.
    Ask {
        owner: String,
        /// Names or ids [default: all that have a private part].
        keys: Vec<String>,
        /// The file that `coffer backup key` made.
        #[arg(long)]
        backup_key: PathBuf,
    },
    /// Write a backup that was approved to a file.
    Fetch { request: String, file: PathBuf },
}

#[derive(Subcommand)]
pub(crate) enum Restore {
    /// Ask for the keys of a backup to be taken into this box. Another administrator has to approve; then finish it.
    Ask {
        file: PathBuf,
        /// The file of the key pair that a half of the backup was sealed to.
        #[arg(long)]
        backup_key: PathBuf,
    },
    /// Send the keys of a backup whose restore was approved.
    Finish { request: String, file: PathBuf },
}

#[derive(Args)]
pub(crate) struct Approve {
    /// As coffer requests lists it.
    pub(crate) request: String,
    /// For a backup or a restore: the file of this person's key pair.
    #[arg(long)]
    pub(crate) backup_key: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum Jobs {
    List {
        /// Every client's jobs (administrators).
        #[arg(long)]
        all: bool,
    },
    Watch {
        job: String,
    },
    /// Stop a job; administrators may stop anybody's.
    Cancel {
        job: String,
    },
    Delete {
        job: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum Clients {
    List,
    Revoke {
        /// The certificate's serial number.
        serial: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum Audit {
    /// Print the log.
    Show,
    /// Check that no line was changed, removed or put in.
    Verify,
}
