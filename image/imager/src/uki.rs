//! The unified kernel image: kernel, initramfs, command line and the signed policy in one file, by ukify.
//!
//! The kernel in it has no signature of its own, so that no firmware starts it with another initramfs: systemd-stub, whose signature
//! covers it, tells the firmware so for the moment in which it loads it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{ImagerError, read, write};
use crate::keys::{Keys, PolicyPhase};
use crate::tool::Tool;
use crate::{authenticode, manifest, pcr, policy};

const UKIFY_SECONDS: u64 = 120;

/// What goes into it.
pub struct UkiSections<'a> {
    pub kernel: &'a [u8],
    pub kernel_release: &'a str,
    pub initramfs: &'a [u8],
    pub os_release: &'a str,
    pub command_line: &'a str,
    pub security_version: u32,
    pub stub: PathBuf,
}

/// The signed image. `work` is a folder for files in between.
pub fn assemble(sections: &UkiSections, keys: &Keys, work: &Path) -> Result<Vec<u8>, ImagerError> {
    fs::create_dir_all(work).map_err(ImagerError::file("make", work))?;
    for (name, bytes) in [
        ("linux", sections.kernel),
        ("initrd", sections.initramfs),
        ("osrel", sections.os_release.as_bytes()),
        ("cmdline", sections.command_line.as_bytes()),
    ] {
        write(&work.join(name), bytes)?;
    }
    // ukify would read the one of the machine.
    write(&work.join("ukify.conf"), b"")?;
    // First without the policy, which is about what the rest measures to.
    let base = pcr::of_uki(&ukify(sections, keys, work, None)?)?;
    let policies = policy::sign(base, sections.security_version, keys)?;
    let file = work.join("pcrsig");
    write(&file, &manifest::compact(&policies))?;
    let whole = ukify(sections, keys, work, Some(&file))?;
    if pcr::of_uki(&whole)? != base {
        let (what, problem) = ("the unified kernel image".into(), "the signed policy changed what is measured".into());
        return Err(ImagerError::Pe { what, problem });
    }
    authenticode::sign("the unified kernel image", &whole, &keys.secure_boot)
}

/// The key in .pcrpkey, and so in /.extra, is the early phase's; the other one is in the initramfs.
fn ukify(sections: &UkiSections, keys: &Keys, work: &Path, policies: Option<&Path>) -> Result<Vec<u8>, ImagerError> {
    let file = |name: &str| work.join(name).display().to_string();
    let unsigned = work.join("unsigned.efi");
    let mut command = Command::new("ukify");
    command.arg("build").arg("--config").arg(work.join("ukify.conf")).arg("--output").arg(&unsigned);
    command.arg(format!("--linux={}", file("linux"))).arg(format!("--initrd={}", file("initrd")));
    command.arg(format!("--os-release=@{}", file("osrel"))).arg(format!("--cmdline=@{}", file("cmdline")));
    command.arg(format!("--uname={}", sections.kernel_release)).arg(format!("--stub={}", sections.stub.display()));
    command.arg(format!("--pcrpkey={}", keys.policy_public_key(PolicyPhase::Early).display()));
    if let Some(policies) = policies {
        command.arg(format!("--section=.pcrsig:@{}", policies.display()));
    }
    Tool::new(command, UKIFY_SECONDS).run()?;
    read(&unsigned)
}
