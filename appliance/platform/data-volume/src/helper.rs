//! Running one of e2fsprogs' programs, for a bounded time, while the caller's watchdog is fed.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{VolumeError, file};

const POLL: Duration = Duration::from_millis(100);
/// How often the caller is called meanwhile.
const PULSE: Duration = Duration::from_millis(500);
/// For one that was killed, and may wait for the disk.
const LAST_PATIENCE: Duration = Duration::from_secs(30);
/// Of what it says so much is kept.
const SAID_MAX: usize = 16 << 10;

pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) said: String,
}

pub(crate) fn run(
    program: &'static str,
    arguments: &[&str],
    limit: Duration,
    meanwhile: &mut dyn FnMut(),
) -> Result<Ended, VolumeError> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(file("starting", program.as_ref()))?;
    let output = child.stdout.take().map(|pipe| thread::spawn(move || listen(pipe)));
    let errors = child.stderr.take().map(|pipe| thread::spawn(move || listen(pipe)));
    let Some(status) = wait(&mut child, limit, meanwhile).map_err(file("waiting for", program.as_ref()))? else {
        let _ = child.kill();
        let _ = wait(&mut child, LAST_PATIENCE, meanwhile);
        return Err(VolumeError::Endless { program, limit });
    };
    let said = [output, errors].into_iter().flatten().filter_map(|heard| heard.join().ok()).collect();
    Ok(Ended { status, said })
}

fn wait(child: &mut Child, limit: Duration, meanwhile: &mut dyn FnMut()) -> std::io::Result<Option<ExitStatus>> {
    let (until, mut pulse) = (Instant::now() + limit, Instant::now());
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let now = Instant::now();
        if now >= until {
            return Ok(None);
        }
        if now >= pulse {
            meanwhile();
            pulse = now + PULSE;
        }
        thread::sleep(POLL);
    }
}

/// Its first words; the rest is read, so that the program is not held up, and dropped.
fn listen(mut pipe: impl Read) -> String {
    let (mut said, mut buffer) = (Vec::new(), [0; 4096]);
    while let Ok(count @ 1..) = pipe.read(&mut buffer) {
        let room = SAID_MAX.saturating_sub(said.len());
        said.extend_from_slice(&buffer[..count.min(room)]);
    }
    String::from_utf8_lossy(&said).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_without_an_end_is_ended_and_the_watchdog_is_fed_meanwhile() {
        let mut fed = 0;
        let outcome = run("/bin/sleep", &["60"], Duration::from_millis(1200), &mut || fed += 1);
        assert!(matches!(outcome, Err(VolumeError::Endless { program: "/bin/sleep", .. })));
        assert!(fed >= 2, "{fed}");
    }

    #[test]
    fn what_it_says_is_kept_up_to_a_bound() {
        let ended = run("/bin/sh", &["-c", "yes | head -c 1000000; echo end >&2; exit 4"], PULSE * 60, &mut || {});
        let ended = ended.unwrap();
        assert_eq!(ended.status.code(), Some(4));
        assert!(ended.said.len() == SAID_MAX + 4 && ended.said.ends_with("end\n"), "{}", ended.said.len());
    }
}
