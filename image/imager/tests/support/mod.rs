//! One image for all tests of a file, with a boot stub for a kernel and /usr/bin/true for each program.

#![allow(dead_code, reason = "each file of tests uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot prepare fails")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::time::Duration;

use imager::build::{Inputs, build};

pub(crate) struct Built {
    pub(crate) folder: PathBuf,
}

impl Built {
    pub(crate) fn image(&self) -> PathBuf {
        self.folder.join("one")
    }

    pub(crate) fn keys(&self) -> PathBuf {
        self.folder.join("keys")
    }

    pub(crate) fn inputs(&self, profile: &str) -> Inputs {
        let folder = &self.folder;
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

/// One build for all tests of a run, though each is a process of its own: it is the slow part.
pub(crate) fn built() -> &'static Built {
    static BUILT: OnceLock<Built> = OnceLock::new();
    BUILT.get_or_init(|| {
        let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).join("images");
        fs::create_dir_all(&shared).unwrap();
        let lock = fs::File::create(shared.join("lock")).unwrap();
        lock.lock().unwrap();
        remove_old(&shared);
        let run = std::env::var("NEXTEST_RUN_ID").unwrap_or_else(|_| std::process::id().to_string());
        let built = Built { folder: shared.join(run) };
        let whole = built.folder.join("whole");
        if !whole.exists() {
            prepare(&built.folder);
            build(&built.inputs("dev.toml"), &built.image(), &mut |_| ()).unwrap();
            fs::write(whole, b"").unwrap();
        }
        built
    })
}

/// What earlier runs left.
fn remove_old(shared: &Path) {
    for entry in fs::read_dir(shared).unwrap().map(Result::unwrap) {
        let age = entry.metadata().and_then(|m| m.modified()).ok().and_then(|time| time.elapsed().ok());
        if entry.path().is_dir() && age.is_some_and(|age| age > Duration::from_secs(1200)) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// What an image is built from.
fn prepare(folder: &Path) {
    fs::create_dir_all(folder.join("bin")).unwrap();
    for name in ["supervisor", "keyd", "auditd", "computed", "networkd"] {
        fs::copy("/usr/bin/true", folder.join("bin").join(name)).unwrap();
    }
    fs::copy("/usr/lib/systemd/boot/efi/addonx64.efi.stub", folder.join("bzImage")).unwrap();
    fs::write(folder.join("bzImage.release"), "6.12.0-test\n").unwrap();
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
