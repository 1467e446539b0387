//! The crates in our programs, by the list that cargo-auditable has put into each.

use std::collections::{BTreeMap, BTreeSet};

use auditable_info::json_from_slice;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Program, Sources, hash_of};
use crate::error::{ImagerError, read};
use crate::manifest::Manifest;
use crate::toml_file::toml_error;

/// A list of four hundred crates takes thirty kilobytes.
const LIST_MAX: usize = 4 << 20;

/// Programs and crates, and which crates are in which program.
pub(super) fn crates(manifest: &Manifest, sources: &Sources) -> Result<(Vec<Value>, Vec<Value>), ImagerError> {
    let lock = Lock::read(sources)?;
    let (mut components, mut inside, mut crates) = (Vec::new(), Vec::new(), BTreeMap::new());
    for program in &sources.programs {
        let within = linked(program)?;
        let mut names = BTreeSet::new();
        for (name, version) in within {
            let reference = format!("crate {name} {version}");
            names.insert(reference.clone());
            crates.insert(reference, lock.component(&name, &version)?);
        }
        let reference = format!("program {}", program.to);
        components.push(json!({
            "type": "application", "bom-ref": reference, "name": program.to,
            "hashes": [{"alg": "SHA-256", "content": hash_of(manifest, &program.to)}],
        }));
        inside.push(json!({"ref": reference, "dependsOn": names}));
    }
    components.extend(crates.into_values());
    Ok((components, inside))
}

/// Name and version of every crate whose code is in the program; what only built it is not.
fn linked(program: &Program) -> Result<Vec<(String, String)>, ImagerError> {
    let problem = |what: String| ImagerError::Bill { problem: format!("{}: {what}", program.to) };
    let json = json_from_slice(&program.bytes, LIST_MAX)
        .map_err(|e| problem(format!("it carries no list of its crates (cargo auditable build): {e}")))?;
    let list: List = serde_json::from_str(&json).map_err(|e| problem(format!("its list of crates: {e}")))?;
    let root = list.packages.iter().find(|p| p.root).map(|p| p.name.as_str());
    if root != Some(program.package.as_str()) {
        return Err(problem(format!("its list is that of {root:?} and not of {}", program.package)));
    }
    let linked = list.packages.into_iter().filter(|p| p.kind.as_deref() != Some("build"));
    Ok(linked.map(|p| (p.name, p.version)).collect())
}

/// As much of cargo-auditable's format as is used here.
#[derive(Deserialize)]
struct List {
    packages: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    name: String,
    version: String,
    /// "build"; `None`: its code is in the program.
    kind: Option<String>,
    #[serde(default)]
    root: bool,
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
}

impl Lock {
    fn read(sources: &Sources) -> Result<Lock, ImagerError> {
        let text = String::from_utf8_lossy(&read(sources.lock)?).into_owned();
        toml::from_str(&text).map_err(|e| toml_error(sources.lock, e))
    }

    /// The lock file knows where a crate is from and what it hashes to.
    fn component(&self, name: &str, version: &str) -> Result<Value, ImagerError> {
        let found = self.package.iter().find(|p| p.name == name && p.version == version);
        let found = found.ok_or_else(|| ImagerError::Bill {
            problem: format!("{name} {version} is in a program and not in the lock file"),
        })?;
        let mut component = json!({
            "type": "library", "bom-ref": format!("crate {name} {version}"), "name": name, "version": version,
        });
        if found.source.is_some() {
            component["purl"] = json!(format!("pkg:cargo/{name}@{version}"));
        }
        if let Some(checksum) = &found.checksum {
            component["hashes"] = json!([{"alg": "SHA-256", "content": checksum}]);
        }
        Ok(component)
    }
}
