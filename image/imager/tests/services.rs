//! The services of a profile: rows that fit together, and rows that do not.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::fs;
use std::path::{Path, PathBuf};

use imager::profile::Resolved;

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
        assert_eq!(names(profile), ["keyd", "auditd", "computed", "networkd", "consoled"], "{profile}");
    }
    assert_eq!(names("test.toml"), ["keyd", "auditd", "computed", "networkd", "consoled", "probe"]);
}

/// A profile like the test profile, with a row changed.
fn refused(row: &str, from: &str, to: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    for kind in ["profiles", "partitions", "services", "kernel"] {
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
