//! Several checks on one box, because a boot costs more than most of them. The box is booted once, in one test function: a
//! test runner that has a process for each function could not share it any other way.

use std::fs::OpenOptions;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Instant;

/// Where each check's duration is noted, a line each: seconds, "boot", test::check.
const DURATIONS: &str = "COFFER_DURATIONS";

/// The checks of one test function; see [`run`].
pub struct Checks {
    test: &'static str,
    failed: Vec<String>,
}

/// Runs a test that is made of checks, and fails, with their names, if any of them failed.
pub fn run(test: &'static str, body: impl FnOnce(&mut Checks)) {
    let mut checks = Checks { test, failed: Vec::new() };
    body(&mut checks);
    assert!(checks.failed.is_empty(), "{test}: failed checks: {}", checks.failed.join(", "));
}

impl Checks {
    /// A check that the others do not depend on: they run whether it passes or not.
    pub fn check(&mut self, name: impl Into<String>, check: impl FnOnce()) {
        let name = name.into();
        if self.timed(&name, check).is_err() {
            self.failed.push(name);
        }
    }

    /// A step without which the rest makes no sense, such as a boot: the test ends where it fails.
    pub fn step<T>(&mut self, name: &str, step: impl FnOnce() -> T) -> T {
        self.timed(name, step).unwrap_or_else(|panic| {
            // What failed before is said too: it may be the reason.
            if !self.failed.is_empty() {
                println!("{}: failed checks before {name}: {}", self.test, self.failed.join(", "));
            }
            resume_unwind(panic)
        })
    }

    /// A panic is the way in which a check fails. It is printed by the panic hook, where it happens.
    fn timed<T>(&self, name: &str, check: impl FnOnce() -> T) -> std::thread::Result<T> {
        let started = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(check));
        let seconds = started.elapsed().as_secs_f64();
        println!("check {name} ... {} ({seconds:.1} s)", if outcome.is_ok() { "ok" } else { "FAILED" });
        self.note(name, seconds);
        outcome
    }

    fn note(&self, name: &str, seconds: f64) {
        let Some(path) = std::env::var_os(DURATIONS) else { return };
        let line = format!("{seconds:.1}\tboot\t{}::{name}\n", self.test);
        // One write of a whole line: tests that run at the same time append to the same file.
        let noted =
            OpenOptions::new().create(true).append(true).open(&path).and_then(|mut f| f.write_all(line.as_bytes()));
        noted.unwrap_or_else(|e| panic!("{DURATIONS} names {}: {e}", path.display()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_fails_is_named_and_the_following_ones_run() {
        let mut last_ran = false;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            run("example", |checks| {
                checks.check("first", || panic!("on purpose"));
                checks.check("second", || ());
                checks.check("third", || panic!("on purpose"));
                last_ran = true;
            });
        }));
        assert!(last_ran);
        let message = outcome.unwrap_err().downcast::<String>().unwrap();
        assert_eq!(*message, "example: failed checks: first, third");
    }

    #[test]
    fn nothing_runs_after_a_step_that_failed() {
        let mut last_ran = false;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            run("example", |checks| {
                assert_eq!(checks.step("gives a value", || 7), 7);
                checks.step("fails", || panic!("on purpose"));
                last_ran = true;
            });
        }));
        assert!(outcome.is_err() && !last_ran);
    }
}
