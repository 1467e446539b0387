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
pub(crate) fn prepare(folder: &Path) {
    fs::create_dir_all(folder.join("bin")).unwrap();
    for name in ["supervisor", "keyd", "auditd", "computed", "networkd", "consoled"] {
        stand_in(name, &folder.join("bin").join(name));
    }
    fs::copy("/usr/lib/systemd/boot/efi/addonx64.efi.stub", folder.join("bzImage")).unwrap();
    fs::write(folder.join("bzImage.release"), "6.12.0-test\n").unwrap();
}

/// A program that does nothing, with a list of crates as cargo-auditable makes one.
pub(crate) fn stand_in(package: &str, to: &Path) {
    let lock = fs::read_to_string(repository().join("Cargo.lock")).unwrap();
    let (_, serde) = lock.split_once("name = \"serde\"\nversion = \"").unwrap();
    let version = serde.split('"').next().unwrap();
    let list = format!(
        r#"{{"packages":[{{"name":"{package}","version":"0.1.0","source":"local","dependencies":[1],"root":true}},
        {{"name":"serde","version":"{version}","source":"crates.io"}},
        {{"name":"tools","version":"9.9.9","source":"local","kind":"build"}}]}}"#
    );
    let section = to.with_extension("list");
    let pack = "import sys, zlib; open(sys.argv[1], 'wb').write(zlib.compress(sys.argv[2].encode()))";
    assert!(run("python3", &["-c", pack, text(&section), &list]).status.success());
    let add = format!(".dep-v0={}", text(&section));
    assert!(run("objcopy", &["--add-section", &add, "/usr/bin/true", text(to)]).status.success());
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
