//! A bill of materials in CycloneDX 1.6: our crates and what they depend on, the Debian packages of the shipped files, the kernel.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ImagerError;
use crate::keys::guid;
use crate::manifest::{Manifest, pretty};

pub const FILE_NAME: &str = "sbom.cdx.json";

/// Where the facts are.
pub struct Sources<'a> {
    /// Cargo.lock of the programs.
    pub lock: &'a Path,
    /// The crates that the shipped programs are built from.
    pub programs: Vec<String>,
    /// The root that other files come from, with its list of packages.
    pub root: &'a Path,
    /// Path in the image to path on this machine, of what did not come from us.
    pub foreign: &'a BTreeMap<String, PathBuf>,
}

pub fn write(manifest: &Manifest, sources: &Sources) -> Result<Vec<u8>, ImagerError> {
    let mut components = crates(sources)?;
    components.extend(packages(manifest, sources));
    components.push(json!({
        "type": "operating-system", "bom-ref": "kernel", "name": "linux", "version": manifest.kernel.release,
        "hashes": [{"alg": "SHA-256", "content": manifest.kernel.sha256}],
        "licenses": [{"expression": "GPL-2.0-only WITH Linux-syscall-note"}],
    }));
    // The serial number follows from the content, so that the same image has the same one.
    let serial = guid(&format!("sbom {} {}", manifest.profile, manifest.uki.sha256));
    Ok(pretty(&json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": format!("urn:uuid:{serial}"),
        "version": 1,
        "metadata": {"component": {
            "type": "firmware", "bom-ref": "coffer", "name": "coffer", "version": manifest.version,
            "hashes": [{"alg": "SHA-256", "content": manifest.uki.sha256}],
        }},
        "components": components,
    })))
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

/// The programs' dependencies as the lock file has them, with those that only build or test them: more than what runs, never less.
fn crates(sources: &Sources) -> Result<Vec<Value>, ImagerError> {
    let path = sources.lock;
    let text = std::fs::read_to_string(path).map_err(ImagerError::file("read", path))?;
    let lock: Lock = toml::from_str(&text).map_err(|e| ImagerError::Toml { path: path.into(), source: Box::new(e) })?;
    let mut found = BTreeSet::new();
    let mut queue: VecDeque<&str> = sources.programs.iter().map(String::as_str).collect();
    while let Some(wanted) = queue.pop_front() {
        // A dependency is written "name", or "name version" where there is more than one.
        let mut words = wanted.split(' ');
        let (name, version) = (words.next().unwrap_or_default(), words.next());
        let matching = lock.package.iter().enumerate();
        for (index, package) in matching.filter(|(_, p)| p.name == name && version.is_none_or(|v| v == p.version)) {
            if found.insert(index) {
                queue.extend(package.dependencies.iter().map(String::as_str));
            }
        }
    }
    Ok(found.into_iter().map(|index| crate_component(&lock.package[index])).collect())
}

fn crate_component(package: &Locked) -> Value {
    let Locked { name, version, .. } = package;
    let mut component = json!({
        "type": "library", "bom-ref": format!("crate {name} {version}"), "name": name, "version": version,
    });
    if package.source.is_some() {
        component["purl"] = json!(format!("pkg:cargo/{name}@{version}"));
    }
    if let Some(checksum) = &package.checksum {
        component["hashes"] = json!([{"alg": "SHA-256", "content": checksum}]);
    }
    component
}

/// The Debian packages that the foreign files come from. A file whose package is not known is listed by itself.
fn packages(manifest: &Manifest, sources: &Sources) -> Vec<Value> {
    let versions = std::fs::read_to_string(sources.root.join(".coffer-packages")).unwrap_or_default();
    let versions: BTreeMap<&str, &str> = versions.lines().filter_map(|line| line.split_once('=')).collect();
    let owners = Owners::read(sources.root);
    let hash_of = |image_path: &str| {
        let record = manifest.files.iter().find(|f| f.path == image_path);
        record.and_then(|f| f.sha256.clone()).unwrap_or_default()
    };
    let mut grouped: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut alone = Vec::new();
    for (image_path, real) in sources.foreign {
        match owners.of(real) {
            Some(package) => grouped.entry(package).or_default().push(image_path),
            None => alone.push(json!({
                "type": "file", "bom-ref": format!("file {image_path}"), "name": image_path,
                "hashes": [{"alg": "SHA-256", "content": hash_of(image_path)}],
            })),
        }
    }
    let component = |(package, files): (&str, Vec<&str>)| {
        let version = versions.get(package).copied().unwrap_or("unknown");
        let files: Vec<Value> = files
            .iter()
            .map(|path| {
                json!({"type": "file", "bom-ref": format!("file {path}"), "name": path,
                "hashes": [{"alg": "SHA-256", "content": hash_of(path)}]})
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
