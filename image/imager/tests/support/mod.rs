//! One image for all tests of a file, with a boot stub for a kernel and /usr/bin/true for each program.

#![allow(dead_code, reason = "each file of tests uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot prepare fails")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use imager::build::{Inputs, build};
use tempfile::TempDir;

pub(crate) struct Built {
    pub(crate) folder: TempDir,
}

impl Built {
    pub(crate) fn image(&self) -> PathBuf {
        self.folder.path().join("one")
    }

    pub(crate) fn keys(&self) -> PathBuf {
        self.folder.path().join("keys")
    }

    pub(crate) fn inputs(&self, profile: &str) -> Inputs {
        let folder = self.folder.path();
        Inputs {
            profile: repository().join("image/profiles").join(profile),
            kernel: folder.join("bzImage"),
            binaries: folder.join("bin"),
            root: "/".into(),
            lock: repository().join("Cargo.lock"),
            keys: None,
            development_keys: self.keys(),
        }
    }
}

/// One build for all tests: it is the slow part.
pub(crate) fn built() -> &'static Built {
    static BUILT: OnceLock<Built> = OnceLock::new();
    BUILT.get_or_init(|| {
        let built = prepared();
        build(&built.inputs("dev.toml"), &built.image(), &mut |_| ()).unwrap();
        built
    })
}

/// What an image is built from, and no image yet.
pub(crate) fn prepared() -> Built {
    let built = Built { folder: tempfile::tempdir().unwrap() };
    let folder = built.folder.path();
    fs::create_dir(folder.join("bin")).unwrap();
    for name in ["supervisor", "keyd", "auditd", "computed", "networkd"] {
        fs::copy("/usr/bin/true", folder.join("bin").join(name)).unwrap();
    }
    fs::copy("/usr/lib/systemd/boot/efi/addonx64.efi.stub", folder.join("bzImage")).unwrap();
    fs::write(folder.join("bzImage.release"), "6.12.0-test\n").unwrap();
    built
}

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).output().unwrap_or_else(|e| panic!("{program} (scripts/in-root has it): {e}"))
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
