//! The unified kernel image: kernel, initramfs, command line and the signed policy for PCR 11 in one file, by ukify.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::authenticode;
use crate::error::{ImagerError, read, write};
use crate::keys::{Keys, PolicyPhase};
use crate::tool::Tool;

const UKIFY_SECONDS: u64 = 120;

/// What goes into it.
pub struct UkiSections<'a> {
    pub kernel: &'a [u8],
    pub kernel_release: &'a str,
    pub initramfs: &'a [u8],
    pub os_release: &'a str,
    pub command_line: &'a str,
    pub stub: PathBuf,
}

/// The signed image. `work` is a folder for files in between.
pub fn assemble(sections: &UkiSections, keys: &Keys, work: &Path) -> Result<Vec<u8>, ImagerError> {
    fs::create_dir_all(work).map_err(ImagerError::file("make", work))?;
    let kernel = authenticode::sign("the kernel", sections.kernel, &keys.secure_boot)?;
    for (name, bytes) in [
        ("linux", &kernel[..]),
        ("initrd", sections.initramfs),
        ("osrel", sections.os_release.as_bytes()),
        ("cmdline", sections.command_line.as_bytes()),
    ] {
        write(&work.join(name), bytes)?;
    }
    write(&work.join("ukify.conf"), configuration(sections, keys, work).as_bytes())?;
    let unsigned = work.join("unsigned.efi");
    let mut ukify = Command::new("ukify");
    ukify.arg("build").arg("--config").arg(work.join("ukify.conf")).arg("--output").arg(&unsigned);
    Tool::new(ukify, UKIFY_SECONDS).run()?;
    authenticode::sign("the unified kernel image", &read(&unsigned)?, &keys.secure_boot)
}

/// Secure Boot's signature is not ukify's work here: its signing tools put the time into it.
/// The key in .pcrpkey, and so in /.extra, is the early phase's; the other one is in the initramfs.
fn configuration(sections: &UkiSections, keys: &Keys, work: &Path) -> String {
    let mut text = format!(
        "[UKI]\nLinux={0}/linux\nInitrd={0}/initrd\nOSRelease=@{0}/osrel\nCmdline=@{0}/cmdline\nUname={1}\nStub={2}\n\
         PCRPKey={3}\nPCRBanks=sha256\n",
        work.display(),
        sections.kernel_release,
        sections.stub.display(),
        keys.policy_public_key(PolicyPhase::Early).display(),
    );
    for phase in PolicyPhase::ALL {
        text += &format!(
            "\n[PCRSignature:{phase:?}]\nPCRPrivateKey={}\nPCRPublicKey={}\nPhases={}\n",
            keys.policy_key(phase).display(),
            keys.policy_public_key(phase).display(),
            phase.path()
        );
    }
    text
}
