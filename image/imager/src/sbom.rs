//! A bill of materials in CycloneDX 1.6: what is in the image, and nothing else. Our programs with the crates in each, by the lists that
//! they carry; the Debian packages of the other files; the kernel.

mod crates;
mod packages;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::error::ImagerError;
use crate::keys::guid;
use crate::manifest::{Manifest, pretty};

pub const FILE_NAME: &str = "sbom.cdx.json";

/// Where the facts are.
pub struct Sources<'a> {
    /// Cargo.lock of the programs.
    pub lock: &'a Path,
    pub programs: Vec<Program>,
    /// The root that other files come from, with its list of packages.
    pub root: &'a Path,
    /// Path in the image to path on this machine, of what did not come from us.
    pub foreign: &'a BTreeMap<String, PathBuf>,
}

/// A program of ours.
pub struct Program {
    /// Its path in the image.
    pub to: String,
    /// The crate that it is built from.
    pub package: String,
    pub bytes: Vec<u8>,
}

pub fn write(manifest: &Manifest, sources: &Sources) -> Result<Vec<u8>, ImagerError> {
    let (mut components, inside) = crates::crates(manifest, sources)?;
    components.extend(packages::packages(manifest, sources));
    components.push(json!({
        "type": "operating-system", "bom-ref": "kernel", "name": "linux", "version": manifest.kernel.release,
        "hashes": [{"alg": "SHA-256", "content": manifest.kernel.sha256}],
        "licenses": [{"expression": "GPL-2.0-only WITH Linux-syscall-note"}],
    }));
    // The serial number follows from the content, so that the same image has the same one.
    let serial = guid(&format!("sbom {} {}", manifest.profile, manifest.uki.sha256));
    let bill = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": format!("urn:uuid:{serial}"),
        "version": 1,
        "metadata": {"component": {
            "type": "firmware", "bom-ref": "coffer", "name": "coffer", "version": manifest.version,
            "hashes": [{"alg": "SHA-256", "content": manifest.uki.sha256}],
        }},
        "components": components,
        "dependencies": inside,
    });
    covers(&bill, manifest)?;
    Ok(pretty(&bill))
}

/// Every file of the image that is executed is in the bill, with its hash, and the bill has no file that is not in the image.
pub fn covers(bill: &Value, manifest: &Manifest) -> Result<(), ImagerError> {
    let mut listed = BTreeSet::new();
    files_in(&bill["components"], &mut listed);
    let hashes = manifest.files.iter().map(|f| (f.path.clone(), f.sha256.clone().unwrap_or_default()));
    let there: BTreeSet<_> = hashes.collect();
    let executed = manifest.files.iter().filter(|f| f.sha256.is_some() && f.mode.ends_with("555"));
    for file in executed {
        if !listed.iter().any(|(path, _)| *path == file.path) {
            return Err(ImagerError::Bill { problem: format!("{} is in the image and not in the bill", file.path) });
        }
    }
    match listed.iter().find(|file| !there.contains(file)) {
        None => Ok(()),
        Some((path, _)) => Err(ImagerError::Bill { problem: format!("{path} of the bill is not in the image") }),
    }
}

/// Path and hash of each file and program in these components and those within them.
fn files_in(components: &Value, found: &mut BTreeSet<(String, String)>) {
    for component in components.as_array().into_iter().flatten() {
        if matches!(component["type"].as_str(), Some("file" | "application")) {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
            found.insert((text(&component["name"]), text(&component["hashes"][0]["content"])));
        }
        files_in(&component["components"], found);
    }
}

fn hash_of(manifest: &Manifest, image_path: &str) -> String {
    let record = manifest.files.iter().find(|f| f.path == image_path);
    record.and_then(|f| f.sha256.clone()).unwrap_or_default()
}
