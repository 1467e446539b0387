//! The Debian packages that files of the image come from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Sources, hash_of};
use crate::manifest::Manifest;

/// A file whose package is not known is listed by itself.
pub(super) fn packages(manifest: &Manifest, sources: &Sources) -> Vec<Value> {
    let versions = std::fs::read_to_string(sources.root.join(".coffer-packages")).unwrap_or_default();
    let versions: BTreeMap<&str, &str> = versions.lines().filter_map(|line| line.split_once('=')).collect();
    let owners = Owners::read(sources.root);
    let mut grouped: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut alone = Vec::new();
    for (image_path, real) in sources.foreign {
        match owners.of(real) {
            Some(package) => grouped.entry(package).or_default().push(image_path),
            None => alone.push(json!({
                "type": "file", "bom-ref": format!("file {image_path}"), "name": image_path,
                "hashes": [{"alg": "SHA-256", "content": hash_of(manifest, image_path)}],
            })),
        }
    }
    let component = |(package, files): (&str, Vec<&str>)| {
        let version = versions.get(package).copied().unwrap_or("unknown");
        let files: Vec<Value> = files
            .iter()
            .map(|path| {
                json!({"type": "file", "bom-ref": format!("file {path}"), "name": path,
                "hashes": [{"alg": "SHA-256", "content": hash_of(manifest, path)}]})
            })
            .collect();
        json!({
            "type": "library", "bom-ref": format!("deb {package}"), "name": package, "version": version,
            "purl": format!("pkg:deb/debian/{package}@{}?arch=amd64&distro=trixie", version.replace('+', "%2B").replace(':', "%3A")),
            "components": files,
        })
    };
    grouped.into_iter().map(component).chain(alone).collect()
}

/// dpkg's lists of files (var/lib/dpkg/info/PACKAGE.list), where the root has them.
struct Owners {
    packages: BTreeMap<String, String>,
    root: PathBuf,
}

impl Owners {
    fn read(root: &Path) -> Owners {
        let mut packages = BTreeMap::new();
        let folder = root.join("var/lib/dpkg/info");
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some(package) = name.strip_suffix(".list") else { continue };
            // Multi-arch packages are written "libc6:amd64".
            let package = package.split(':').next().unwrap_or(package);
            let Ok(list) = std::fs::read_to_string(entry.path()) else { continue };
            packages.extend(list.lines().map(|line| (unified(line), package.to_string())));
        }
        Owners { packages, root: root.canonicalize().unwrap_or(root.into()) }
    }

    fn of(&self, real: &Path) -> Option<&str> {
        let path = real.strip_prefix(&self.root).unwrap_or(real);
        self.packages.get(&unified(&format!("/{}", path.display()))).map(String::as_str)
    }
}

/// "/lib/x" and "/usr/lib/x" are the same file on Debian, and packages name either.
fn unified(path: &str) -> String {
    let path = path.trim_end_matches('/').trim_start_matches('/');
    path.strip_prefix("usr/").unwrap_or(path).to_string()
}
