//! The services of an image: a row each from a file, together the table that the supervisor reads.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::json;
use service_table::{FORMAT, Table};

use crate::error::ImagerError;
use crate::profile::{Profile, table_of};

/// Where the initramfs has the table.
pub const TABLE_IN_IMAGE: &str = "/etc/coffer/services.json";

/// The table, and the text that gives it.
#[derive(Clone, Debug)]
pub struct Services {
    pub json: Vec<u8>,
    pub table: Table,
}

impl Services {
    /// Of the profile in the file `path`; checked as a whole, and against the programs of the image.
    pub(crate) fn read(path: &Path, profile: &Profile) -> Result<Services, ImagerError> {
        let beside = |file: &PathBuf| path.parent().unwrap_or(Path::new(".")).join(file);
        let files = profile.services.iter().chain(&profile.more_services).map(beside);
        let rows = files.map(|file| row(&file)).collect::<Result<Vec<_>, _>>()?;
        let json = json!({ "format": FORMAT, "services": rows }).to_string().into_bytes();
        let table = Table::parse(&json).map_err(|source| ImagerError::Services { path: path.into(), source })?;
        let programs: BTreeSet<&str> = profile.programs().map(|item| item.to.as_str()).collect();
        match table.rows().iter().find(|row| !programs.contains(row.program.as_str())) {
            None => Ok(Services { json, table }),
            Some(row) => Err(ImagerError::Profile {
                path: path.into(),
                problem: format!("service {}: program: the image has no {}", row.name, row.program),
            }),
        }
    }
}

/// A row, whose file is named for it.
fn row(file: &Path) -> Result<toml::Table, ImagerError> {
    let row = table_of(file)?;
    let name = row.get("name").and_then(toml::Value::as_str);
    if name.is_some() && name == file.file_stem().and_then(|stem| stem.to_str()) {
        return Ok(row);
    }
    Err(ImagerError::Profile { path: file.into(), problem: "name: it is not that of the file".into() })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::profile::Resolved;

    fn repository(path: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
    }

    fn names(profile: &str) -> Vec<String> {
        let resolved = Resolved::read(&repository("profiles").join(profile)).unwrap();
        resolved.services.table.rows().iter().map(|row| row.name.clone()).collect()
    }

    #[test]
    fn every_profile_has_its_services_and_the_test_profile_one_of_its_own() {
        for profile in ["dev.toml", "release.toml"] {
            assert_eq!(names(profile), ["keyd", "auditd", "computed", "networkd"], "{profile}");
        }
        assert_eq!(names("test.toml"), ["keyd", "auditd", "computed", "networkd", "probe"]);
    }

    /// A profile like the test profile, with a row changed.
    fn refused(row: &str, from: &str, to: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        for kind in ["profiles", "partitions", "services"] {
            fs::create_dir(folder.path().join(kind)).unwrap();
            for file in fs::read_dir(repository(kind)).unwrap().map(Result::unwrap) {
                fs::copy(file.path(), folder.path().join(kind).join(file.file_name())).unwrap();
            }
        }
        let path = folder.path().join("services").join(row);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{row} has no {from}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let error = Resolved::read(&folder.path().join("profiles/test.toml")).unwrap_err();
        error_chain::chain(&error)
    }

    #[test]
    fn a_row_that_does_not_fit_is_refused_by_name() {
        let same = refused("probe.toml", "uid = 199", "uid = 101");
        assert!(same.contains("probe") && same.contains("uid") && same.contains("keyd"), "{same}");
        let absent = refused("probe.toml", "/bin/probe-service", "/bin/nothing");
        assert!(absent.contains("probe") && absent.contains("/bin/nothing"), "{absent}");
        let other = refused("probe.toml", "name = \"probe\"", "name = \"prober\"");
        assert!(other.contains("probe.toml") && other.contains("name"), "{other}");
        let unknown = refused("probe.toml", "screen = true", "screem = true");
        assert!(unknown.contains("screem"), "{unknown}");
    }
}
