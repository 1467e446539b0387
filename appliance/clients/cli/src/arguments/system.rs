//! Of what the box runs, how it starts, and what it shows of that.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub(crate) enum Pin {
    /// Set it, or another one: 6 to 20 digits, asked for here, or one line of the standard input.
    Set,
    /// Have none any more.
    End,
}

#[derive(Subcommand)]
pub(crate) enum TpmCommand {
    /// Have it forget the wrong authorizations that it counts: somebody guessed, and `coffer status` says how often.
    ResetLockout,
}

#[derive(Args)]
pub(crate) struct SecureBoot {
    /// A variable and the file of what it will be, EFI signature lists: db=FILE; PK, KEK, db or dbx. None: no change is planned.
    #[arg(long = "set", value_name = "NAME=FILE", value_parser = setting)]
    pub(crate) set: Vec<(String, PathBuf)>,
    /// Have the box open after that change, too. Without it the box is told nothing.
    #[arg(long)]
    pub(crate) plan: bool,
}

fn setting(text: &str) -> Result<(String, PathBuf), String> {
    let (name, path) = text.split_once('=').ok_or("NAME=FILE is expected")?;
    Ok((name.into(), path.into()))
}

#[derive(Args)]
pub(crate) struct KeepReference {
    /// The release's reference values, as the vendor signed them.
    #[arg(long)]
    pub(crate) reference: PathBuf,
    /// A folder as `coffer-verify` takes it: release.pem, device-record.pem, tpm/, tpm-intermediates/.
    #[arg(long)]
    pub(crate) roots: PathBuf,
}

#[derive(Args)]
pub(crate) struct Attest {
    /// 16 to 32 bytes of the verifier's own, hexadecimal. They must be random and new: what was said before answers an old one.
    #[arg(long)]
    pub(crate) nonce: String,
    /// Where the evidence is written to.
    #[arg(long)]
    pub(crate) out: PathBuf,
}

#[derive(Args)]
pub(crate) struct ActivateCredential {
    /// As tpm2_makecredential writes it.
    pub(crate) file: PathBuf,
    /// Where what was decrypted is written to.
    #[arg(long)]
    pub(crate) out: PathBuf,
}
