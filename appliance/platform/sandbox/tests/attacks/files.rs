//! Files and ports that Landlock keeps out of reach, by ordinary calls.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use nix::libc::{EACCES, EPERM};

use crate::{Outcome, expect};

pub(crate) fn failures() -> Vec<String> {
    let (own, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (inside, outside) = (own.path().join("file"), other.path().join("file"));
    fs::write(&inside, "own").unwrap();
    fs::write(&outside, "another's").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let denied = |outcome| outcome == Outcome::Made(EACCES);
    let mut failures = Vec::new();
    for list in ["auditd", "computed", "keyd", "probe"] {
        failures.extend(expect(list, own.path(), &word("read", &inside), |outcome| outcome == Outcome::Made(0)));
        failures.extend(expect(list, own.path(), &word("read", &outside), denied));
        failures.extend(expect(list, own.path(), &word("read", Path::new("/proc/self/status")), denied));
        failures.extend(expect(list, own.path(), &word("make", &other.path().join("new")), denied));
    }
    failures.extend(expect("probe", own.path(), &format!("connect {port}"), denied));
    failures.extend(expect("computed", own.path(), &format!("bind {port}"), denied));
    // What the row grants, to that port alone.
    let made = |outcome| outcome == Outcome::Made(0);
    failures.extend(expect("probe", own.path(), &format!("granted-connect {port}"), made));
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    failures.extend(expect("computed", own.path(), &format!("granted-bind {free}"), made));
    // A signal to the parent, which is outside of the scope.
    failures.extend(expect("probe", own.path(), "signal", |outcome| outcome == Outcome::Made(EPERM)));
    failures
}

/// A try and the path that it is for.
pub(crate) fn word(what: &str, path: &Path) -> String {
    format!("{what} {}", path.display())
}

pub(crate) fn attempt(what: &str) -> Option<i32> {
    let (word, rest) = what.split_once(' ').unwrap_or((what, ""));
    let path = PathBuf::from(rest);
    let port = || rest.parse::<u16>().unwrap();
    let outcome = match word {
        "read" => fs::read(path).map(drop),
        "make" => fs::write(path, b"").map(drop),
        "connect" | "granted-connect" => std::net::TcpStream::connect(("127.0.0.1", port())).map(drop),
        "bind" | "granted-bind" => TcpListener::bind(("127.0.0.1", port())).map(drop),
        "signal" => nix::sys::signal::kill(nix::unistd::getppid(), None).map_err(Into::into),
        _ => return None,
    };
    Some(outcome.map_or_else(|e| e.raw_os_error().unwrap_or(-1), |()| 0))
}
