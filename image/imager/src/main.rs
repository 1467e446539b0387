//! imager: builds, checks and writes the signed image of a box.
#![forbid(unsafe_code)]

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use imager::build::{Inputs, build};
use imager::{ImagerError, stamp, verify, write};

#[derive(Parser)]
#[command(about = "Builds, checks and writes the signed image of a box", version)]
struct Arguments {
    #[command(subcommand)]
    command: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Build an image (in the tool root: scripts/in-root)
    Build {
        #[arg(long)]
        profile: PathBuf,
        /// bzImage, with its version beside it in bzImage.release
        #[arg(long)]
        kernel: PathBuf,
        /// Folder of the built programs
        #[arg(long)]
        binaries: PathBuf,
        #[arg(long)]
        out: PathBuf,
        /// Where libraries and the boot loader come from
        #[arg(long, default_value = "/")]
        root: PathBuf,
        #[arg(long, default_value = "Cargo.lock")]
        lock: PathBuf,
        /// The vendor's keys, for a release profile
        #[arg(long)]
        keys: Option<PathBuf>,
        /// Where development keys are kept; made if there are none
        #[arg(long, default_value = "/cache/keys/development")]
        development_keys: PathBuf,
        /// Build even if the image that is there was built from the same inputs
        #[arg(long)]
        force: bool,
    },
    /// Check an image against its manifest
    Verify { folder: PathBuf },
    /// Write an image to a whole disk
    Write {
        #[arg(long)]
        image: PathBuf,
        #[arg(long)]
        to: PathBuf,
        /// Give up the data volume that is on the disk
        #[arg(long)]
        erase: bool,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            let mut text = e.to_string();
            let mut cause = e.source();
            while let Some(e) = cause {
                text += &format!(": {e}");
                cause = e.source();
            }
            eprintln!("imager: {text}");
            ExitCode::FAILURE
        }
    }
}

fn run(action: Action) -> Result<(), ImagerError> {
    match action {
        Action::Build { profile, kernel, binaries, out, root, lock, keys, development_keys, force } => {
            let inputs = Inputs { profile, kernel, binaries, root, lock, keys, development_keys };
            if !force && stamp::matches(&out, &stamp::of(&inputs)?) {
                eprintln!("imager: {} is current", out.display());
                return Ok(());
            }
            stamp::clear(&out);
            build(&inputs, &out, &mut |line| eprintln!("imager: {line}"))?;
            // Taken again: the first build makes the keys.
            stamp::set(&out, &stamp::of(&inputs)?)
        }
        Action::Verify { folder } => {
            println!("{} checks, all equal", verify::verify(&folder)?);
            Ok(())
        }
        Action::Write { image, to, erase } => {
            let mut shown = 0;
            write::write(&image, &to, erase, &mut |done, size| {
                let percent = done * 100 / size.max(1);
                if percent >= shown + 10 || done == size {
                    shown = percent;
                    eprintln!("imager: {percent} %");
                }
            })
        }
    }
}
