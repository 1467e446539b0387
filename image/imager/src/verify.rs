//! Re-checks an image from the bytes on: against its manifest, and by its signatures.

use std::path::Path;

use crate::build::{BOOT_LOADER, READY_KEY_IN_IMAGE, file_record};
use crate::digest::sha256_hex;
use crate::error::{ImagerError, read};
use crate::keys::PolicyPhase;
use crate::manifest::{FORMAT, FileRecord, Manifest, records};
use crate::tree::{Node, Tree};
use crate::{authenticode, disk, initramfs, pcr, policy};

/// How many things were compared; an error names all that differ.
pub fn verify(folder: &Path) -> Result<usize, ImagerError> {
    let manifest = Manifest::read(folder)?;
    let mut checks = Checks::default();
    checks.equal("the manifest's format", &manifest.format, &FORMAT);
    for record in [&manifest.uki, &manifest.boot_loader, &manifest.disk] {
        let found = file_record(&folder.join(&record.file))?;
        checks.equal(&record.file, &(found.size, &found.sha256), &(record.size, &record.sha256));
    }
    let uki = read(&folder.join(&manifest.uki.file))?;
    let tree = sections(&uki, &manifest, &mut checks)?;
    signatures(folder, &uki, &tree, &manifest, &mut checks)?;
    installed(&folder.join(&manifest.disk.file), &[&manifest.uki, &manifest.boot_loader], &mut checks)?;
    checks.outcome()
}

fn sections(uki: &[u8], manifest: &Manifest, checks: &mut Checks) -> Result<Tree, ImagerError> {
    let text = |name: &str| -> Result<String, ImagerError> {
        Ok(String::from_utf8_lossy(&pcr::section(uki, name)?.unwrap_or_default()).trim_end_matches('\0').into())
    };
    checks.equal("the kernel's release", &text(".uname")?, &manifest.kernel.release);
    checks.equal("the command line", &text(".cmdline")?, &manifest.kernel.command_line);
    let base = pcr::of_uki(uki)?;
    checks.equal("PCR 11", &Some(&base.hex()), &manifest.pcr11.get(""));
    for phase in PolicyPhase::ALL.map(PolicyPhase::path) {
        let what = format!("PCR 11 after {phase}");
        checks.equal(&what, &Some(&base.after_phases(phase).hex()), &manifest.pcr11.get(phase));
    }
    let tree = initramfs::unpack(&pcr::section(uki, ".initrd")?.unwrap_or_default())?;
    let found = records(&tree);
    checks.equal("the number of files", &found.len(), &manifest.files.len());
    for (found, record) in found.iter().zip(&manifest.files) {
        checks.equal(&record.path, found, record);
    }
    Ok(tree)
}

/// Whoever wrote the manifest need not have had a key: what the firmware and the TPM ask for is looked at by itself.
fn signatures(
    folder: &Path,
    uki: &[u8],
    tree: &Tree,
    manifest: &Manifest,
    checks: &mut Checks,
) -> Result<(), ImagerError> {
    for (file, bytes) in [(&manifest.uki.file, uki), (&manifest.boot_loader.file, &read(&folder.join(BOOT_LOADER))?)] {
        let signed_by = authenticode::verify(bytes).map(|certificate| sha256_hex(certificate.der()));
        checks.equal(&format!("who signed {file}"), &signed_by, &Ok(manifest.secure_boot_certificate.clone()));
    }
    let kernel = pcr::section(uki, ".linux")?.unwrap_or_default();
    checks.equal("the kernel's own signature", &authenticode::verify(&kernel).is_ok(), &false);

    let ready = match tree.get(READY_KEY_IN_IMAGE) {
        Some(Node::File { bytes, .. }) => bytes.clone(),
        _ => Vec::new(),
    };
    let early = pcr::section(uki, ".pcrpkey")?.unwrap_or_default();
    let policies = pcr::section(uki, ".pcrsig")?.unwrap_or_default();
    let found = policy::verify(&policies, [&early, &ready], pcr::of_uki(uki)?, manifest.security_version);
    checks.equal("the signed policies", &found, &Ok(()));
    Ok(())
}

fn installed(path: &Path, files: &[&FileRecord], checks: &mut Checks) -> Result<(), ImagerError> {
    let esp = disk::open_esp(path)?;
    for record in files {
        for place in &record.installed {
            let found = esp.read(place).map(|bytes| sha256_hex(&bytes)).ok();
            checks.equal(place, &found.as_ref(), &Some(&record.sha256));
        }
    }
    Ok(())
}

#[derive(Default)]
struct Checks {
    count: usize,
    failures: Vec<String>,
}

impl Checks {
    fn equal<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, found: &T, expected: &T) {
        self.count += 1;
        if found != expected {
            self.failures.push(format!("{what} is {found:?} and not {expected:?}"));
        }
    }

    fn outcome(self) -> Result<usize, ImagerError> {
        match self.failures.is_empty() {
            true => Ok(self.count),
            false => Err(ImagerError::Verification { count: self.count, failures: self.failures }),
        }
    }
}
