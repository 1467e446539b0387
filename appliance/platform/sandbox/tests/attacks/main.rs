//! What each list of system calls and each jail allows and what not, tried from inside: a child enters the jail and does one
//! thing, and how it ends says what became of that. The children need a process with one thread, which a test of Rust's own
//! harness is not: this is a harness of its own, with one test that is made of all tries.
#![allow(clippy::unwrap_used, reason = "a test that cannot prepare fails")]

mod calls;
mod files;
mod rings;

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus};

use caps::CapSet;
use sandbox::Jail;

const LISTS: [&str; 5] = ["auditd", "computed", "keyd", "networkd", "probe"];
const NAME: &str = "every_jail_is_closed";

/// What became of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The kernel killed the process for a system call.
    Killed,
    /// It was made; the error number, or 0.
    Made(i32),
    Other,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["try", list, folder, what] => ExitCode::from(tried(list, Path::new(folder), what)),
        // What cargo-nextest asks a harness.
        words if words.contains(&"--list") => {
            if !words.contains(&"--ignored") {
                println!("{NAME}: test");
            }
            ExitCode::SUCCESS
        }
        _ => {
            let failures: Vec<String> = [calls::failures(), files::failures(), rings::failures()].concat();
            failures.iter().for_each(|failure| eprintln!("{failure}"));
            println!("test {NAME} ... {}", if failures.is_empty() { "ok" } else { "FAILED" });
            if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
    }
}

/// Does `what` in a child that is locked in with `list` and `folder`; a failure's text if `expected` is not what comes of it.
fn expect(list: &str, folder: &Path, what: &str, expected: impl Fn(Outcome) -> bool) -> Option<String> {
    let child =
        Command::new(std::env::current_exe().unwrap()).args(["try", list]).arg(folder).arg(what).output().unwrap();
    let outcome = Outcome::of(child.status);
    (!expected(outcome)).then(|| format!("{list}: {what}: {outcome:?} {}", String::from_utf8_lossy(&child.stderr)))
}

impl Outcome {
    fn of(status: ExitStatus) -> Outcome {
        match (status.signal(), status.code()) {
            (Some(nix::libc::SIGSYS), _) => Outcome::Killed,
            (_, Some(code)) if code != i32::from(FAILED) => Outcome::Made(code),
            _ => Outcome::Other,
        }
    }

    fn is_made(self) -> bool {
        matches!(self, Outcome::Made(_))
    }
}

/// No error number: the child could not even try.
const FAILED: u8 = 255;

/// In the child.
fn tried(list: &str, folder: &Path, what: &str) -> u8 {
    for set in [CapSet::Ambient, CapSet::Bounding, CapSet::Inheritable, CapSet::Effective, CapSet::Permitted] {
        caps::clear(None, set).unwrap();
    }
    let granted = |word: &str| what.strip_prefix(word).and_then(|port| port.parse::<u16>().ok());
    let (listen, connect) = (granted("granted-bind "), granted("granted-connect "));
    let jail = Jail { filter: list, folder: Some(folder), listen: listen.as_slice(), connect: connect.as_slice() };
    if let Err(e) = sandbox::enter(&jail) {
        eprintln!("{e}: {e:?}");
        return FAILED;
    }
    let errno = calls::attempt(what).or_else(|| files::attempt(what)).or_else(|| rings::attempt(what));
    errno.map_or(FAILED, |e| e as u8)
}
