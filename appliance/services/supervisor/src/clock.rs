//! The box's clock. The hardware's may be anything; the box goes by no time before its image was made, before the last time that it
//! knows, or ten years after the image was made. Whoever knows better corrects it: a time server, or a person at the console.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use box_state::{Code, Event, Reason};
use nix::sys::time::TimeSpec;
use nix::time::{ClockId, clock_settime};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::error::chain;

mod window;

pub(crate) use window::typed;
use window::{Refused, Window};

/// Where the last time is kept, on the data volume.
const FILE: &str = "/data/clock.json";
const VERSION: u32 = 1;
const SIZE_MAX: u64 = 4096;
/// How often the time is kept.
const KEEP: Duration = Duration::from_secs(600);

/// The last time that the box knew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// Seconds since 1970.
    seen: u64,
    /// The same, as far as a time server or a person said it.
    vouched: u64,
}

pub(crate) struct Clock {
    window: Window,
    /// A time server or a person has set it since the start.
    vouched: bool,
    /// What the hardware says was found to be impossible, and is not what the clock says now.
    was_wrong: bool,
    keep_at: Option<Duration>,
}

impl Clock {
    /// `built`: when the image was made, in seconds since 1970. What the hardware says is taken if it can be true.
    pub(crate) fn start(built: u64) -> (Clock, Option<Event>) {
        let mut clock = Clock { window: Window::new(built), vouched: false, was_wrong: false, keep_at: None };
        let event = clock.settle();
        (clock, event)
    }

    /// The data volume is open: what was kept there counts from now on. `now`: since the start.
    pub(crate) fn volume_is_open(&mut self, now: Duration) -> Option<Event> {
        // What cannot be read is as if there were none: the image's date still counts.
        let kept = durable_files::read_json::<Kept>(Path::new(FILE), VERSION, SIZE_MAX).ok().flatten();
        let kept = kept.unwrap_or_default();
        self.window.remember(kept.seen, kept.vouched);
        self.keep_at = Some(now);
        self.settle()
    }

    /// Keeps the time when it is due; `now`: since the start.
    pub(crate) fn tick(&mut self, now: Duration) {
        if self.keep_at.is_some_and(|at| at <= now) {
            self.keep_at = Some(now + KEEP);
            self.keep();
        }
    }

    /// A time server's answer, in milliseconds since 1970; a line to show, and what follows from it.
    pub(crate) fn server_said(&mut self, unix_ms: u64, server: &str) -> (Option<String>, Vec<Event>) {
        let before = seconds();
        match self.window.server(unix_ms / 1000, before, self.vouched) {
            Ok(()) => {
                if let Err(e) = set(unix_ms) {
                    return (Some(format!("clock: {}: {e}", "it could not be set")), Vec::new());
                }
                let first = !std::mem::replace(&mut self.vouched, true);
                self.window.vouch(unix_ms / 1000);
                let line = format!("clock {} by {server}, it was {}", date(unix_ms / 1000), date(before));
                ((first || before.abs_diff(unix_ms / 1000) > 2).then_some(line), window::over())
            }
            Err(Refused::Far) if self.vouched => (None, Vec::new()),
            Err(refused) => (Some(format!("clock: {server} says {}, {refused}", date(unix_ms / 1000))), Vec::new()),
        }
    }

    /// A person's word at the console counts even below the last time that was known, for that may have been wrong.
    pub(crate) fn person_said(&mut self, unix: u64) -> (String, Vec<Event>) {
        if let Err(refused) = self.window.person(unix) {
            return (format!("clock: {} is not taken: {refused}", date(unix)), Vec::new());
        }
        if let Err(e) = set(unix * 1000) {
            return (format!("clock: it could not be set: {e}"), Vec::new());
        }
        self.vouched = true;
        self.keep();
        (format!("clock {} by whoever is at the console", date(unix)), window::over())
    }

    /// Takes a time that cannot be true back to one that can; what is wrong with what the hardware says, once.
    fn settle(&mut self) -> Option<Event> {
        let now = seconds();
        let code = self.window.judge(now)?;
        let set = set(self.window.floor() * 1000);
        if std::mem::replace(&mut self.was_wrong, true) {
            return None;
        }
        let detail = match set {
            Ok(()) => date(now),
            Err(e) => format!("{}, and cannot be set: {e}", date(now)),
        };
        Some(Event::Appeared(Reason::new(code).detail(&detail)))
    }

    /// At the end, and from time to time. On a full disk it is not kept, which is said elsewhere.
    pub(crate) fn keep(&mut self) {
        if self.keep_at.is_some() {
            let now = seconds();
            self.window.see(now, self.vouched);
            let kept = Kept { seen: self.window.seen(), vouched: self.window.vouched() };
            let _ = durable_files::write_json(Path::new(FILE), VERSION, &kept);
        }
    }
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

fn set(unix_ms: u64) -> Result<(), String> {
    let time = TimeSpec::new((unix_ms / 1000) as i64, (unix_ms % 1000 * 1_000_000) as i64);
    clock_settime(ClockId::CLOCK_REALTIME, time).map_err(|e| chain(&e))
}

/// "2026-11-30 08:00 UTC".
fn date(unix: u64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(unix as i64).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02} UTC",
        time.year(),
        u8::from(time.month()),
        time.day(),
        time.hour(),
        time.minute()
    )
}

/// Both reasons that a clock can be.
pub(crate) const CODES: [Code; 2] = [Code::ClockBehind, Code::ClockAhead];
