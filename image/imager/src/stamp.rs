//! Whether an image that is there was built from the very same inputs, so that it need not be built again.

use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};

use crate::build::{BOOT_LOADER, DISK, Inputs, UKI, VARIABLES};
use crate::error::{ImagerError, read, write};
use crate::keys::PolicyPhase;
use crate::profile::{Resolved, Source};
use crate::{manifest, reference, sbom};

const FILE_NAME: &str = "inputs.sha256";

/// A hash of everything that decides what comes out, this program among it.
pub fn of(inputs: &Inputs) -> Result<String, ImagerError> {
    let resolved = Resolved::read(&inputs.profile)?;
    let mut files: Vec<PathBuf> = vec![inputs.kernel.clone(), inputs.lock.clone()];
    let binaries = resolved.profile.program.iter().filter(|i| i.from == Source::Binaries);
    files.extend(binaries.map(|i| inputs.binaries.join(&i.path)));
    files.extend(std::env::current_exe().ok());
    let keys = inputs.keys.as_ref().unwrap_or(&inputs.development_keys);
    files.extend(["PK.crt", "KEK.crt", "db.crt", "release.pub"].map(|name| keys.join(name)));
    files.extend(PolicyPhase::ALL.map(|phase| keys.join(format!("{}.pub", phase.name()))));
    // The tool root is made whole, or not at all, from the packages in this list.
    files.push(inputs.root.join(".coffer-packages"));

    let mut hash = Context::new(&SHA256);
    hash.update(format!("{resolved:?}").as_bytes());
    for path in files {
        // A file that is missing counts as such: keys come to be by the first build.
        let content = read(&path).unwrap_or_default();
        hash.update(&(content.len() as u64).to_le_bytes());
        hash.update(&content);
    }
    Ok(data_encoding::HEXLOWER.encode(hash.finish().as_ref()))
}

/// The image in `out` is whole, and this is what it was built from.
pub fn matches(out: &Path, stamp: &str) -> bool {
    let whole = [DISK, UKI, BOOT_LOADER, VARIABLES, manifest::FILE_NAME, sbom::FILE_NAME, reference::FILE_NAME];
    whole.iter().all(|name| out.join(name).is_file())
        && std::fs::read_to_string(out.join(FILE_NAME)).is_ok_and(|s| s == stamp)
}

/// Called before anything is written: a build that fails leaves no image that looks current.
pub fn clear(out: &Path) {
    let _ = std::fs::remove_file(out.join(FILE_NAME));
}

pub fn set(out: &Path, stamp: &str) -> Result<(), ImagerError> {
    write(&out.join(FILE_NAME), stamp.as_bytes())
}
