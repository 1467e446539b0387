//! Of the console, for a person's browser.

use std::path::PathBuf;

use clap::Args;

/// Which box, and how it is known.
#[derive(Args)]
pub(crate) struct Which {
    /// The box's address or name [default: --host, or where this machine is enrolled].
    #[arg(value_name = "BOX")]
    pub(crate) address: Option<String>,
    /// A pairing code on the box's screen, or its first four groups, which are all that is looked at: no code is used up. Without it
    /// this machine has to be enrolled at the box.
    #[arg(long)]
    pub(crate) code: Option<String>,
    /// The port of the enrolment service.
    #[arg(long, default_value_t = proto::ENROLMENT_PORT)]
    pub(crate) enrol_port: u16,
}

#[derive(Args)]
pub(crate) struct Console {
    #[command(flatten)]
    pub(crate) which: Which,
    /// The port of the console on the box.
    #[arg(long, default_value_t = proto::CONSOLE_PORT)]
    pub(crate) console_port: u16,
    /// Open the browser, too.
    #[arg(long)]
    pub(crate) open: bool,
    /// Seconds without a page asked for, after which it ends.
    #[arg(long, default_value_t = 1800, value_parser = clap::value_parser!(u64).range(1..=86400))]
    pub(crate) idle: u64,
}

#[derive(Args)]
pub(crate) struct Trust {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Where the certificate is written to [default: COFFER-NAME.pem].
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// Where another certificate is there already, put this one in its place.
    #[arg(long)]
    pub(crate) replace: bool,
    /// Have this user's Chromium and Firefox trust it (by certutil, of libnss3-tools).
    #[arg(long)]
    pub(crate) install: bool,
    /// Have them trust it no more. BOX is then the box's own name, coffer-XXXXXX, and no box is asked.
    #[arg(long, conflicts_with_all = ["install", "replace", "out", "code"])]
    pub(crate) remove: bool,
}
