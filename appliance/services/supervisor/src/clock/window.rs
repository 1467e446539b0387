//! Which times the box takes for possible. Pure; all times are seconds since 1970.

use box_state::{Code, Event};
use time::{Date, Month, PrimitiveDateTime, Time};

/// Nobody runs an image for longer than this after it was made.
const LIFE: u64 = 10 * 366 * 24 * 3600;
/// A time server moves a clock that was right by no more than this; whoever lies to the box comes no further.
const STEP_MAX: u64 = 1000;

/// Why a time is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("which is before this image was made, or before a time that was vouched for")]
    Early,
    #[error("which is more than ten years after this image was made")]
    Late,
    #[error("which is too far from a time that was vouched for")]
    Far,
}

pub(super) struct Window {
    built: u64,
    seen: u64,
    vouched: u64,
}

impl Window {
    pub(super) fn new(built: u64) -> Window {
        Window { built, seen: 0, vouched: 0 }
    }

    /// What an earlier start kept; what cannot be true is not remembered.
    pub(super) fn remember(&mut self, seen: u64, vouched: u64) {
        let possible = self.built..=self.built + LIFE;
        self.seen = if possible.contains(&seen) { seen } else { 0 };
        self.vouched = if possible.contains(&vouched) { vouched } else { 0 };
    }

    /// The least time that the hardware's clock may say, and what it is set to where it says nothing possible.
    pub(super) fn floor(&self) -> u64 {
        self.built.max(self.seen).max(self.vouched)
    }

    pub(super) fn seen(&self) -> u64 {
        self.seen
    }

    pub(super) fn vouched(&self) -> u64 {
        self.vouched
    }

    /// What is wrong with what the hardware says, if anything is.
    pub(super) fn judge(&self, now: u64) -> Option<Code> {
        match now {
            _ if now < self.floor() => Some(Code::ClockBehind),
            _ if now > self.built + LIFE => Some(Code::ClockAhead),
            _ => None,
        }
    }

    /// Whether a time server's word is taken. It may correct the hardware's clock, which nobody vouched for, once by any step.
    pub(super) fn server(&self, says: u64, now: u64, vouched: bool) -> Result<(), Refused> {
        match says {
            _ if says < self.built.max(self.vouched) => Err(Refused::Early),
            _ if says > self.built + LIFE => Err(Refused::Late),
            _ if vouched && says.abs_diff(now) > STEP_MAX => Err(Refused::Far),
            _ => Ok(()),
        }
    }

    /// Whether a person's word is taken; if so, it is all that is known of time.
    pub(super) fn person(&mut self, says: u64) -> Result<(), Refused> {
        match says {
            _ if says < self.built => Err(Refused::Early),
            _ if says > self.built + LIFE => Err(Refused::Late),
            _ => {
                (self.seen, self.vouched) = (says, says);
                Ok(())
            }
        }
    }

    /// A server's time was taken: what was only seen is forgotten.
    pub(super) fn vouch(&mut self, now: u64) {
        (self.seen, self.vouched) = (now, now);
    }

    /// Time goes on.
    pub(super) fn see(&mut self, now: u64, vouched: bool) {
        if now <= self.built + LIFE {
            self.seen = self.seen.max(now);
            if vouched {
                self.vouched = self.vouched.max(now);
            }
        }
    }
}

/// The clock is right: no reason is left.
pub(super) fn over() -> Vec<Event> {
    super::CODES.map(|code| Event::Gone(code, String::new())).into()
}

/// "2026-11-30T08:00" or "2026-11-30", UTC, as a person types it.
pub(crate) fn typed(text: &str) -> Option<u64> {
    let (date, time) = text.split_once('T').unwrap_or((text, "00:00"));
    let mut date = date.splitn(3, '-').map(str::parse::<u16>);
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    let (hour, minute) = time.split_once(':')?;
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(year.into(), month, u8::try_from(day).ok()?).ok()?;
    let time = Time::from_hms(hour.parse().ok()?, minute.parse().ok()?, 0).ok()?;
    u64::try_from(PrimitiveDateTime::new(date, time).assume_utc().unix_timestamp()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILT: u64 = 1_795_392_000;
    const YEAR: u64 = 365 * 24 * 3600;

    #[test]
    fn the_hardware_is_believed_within_the_life_of_the_image_alone() {
        let window = Window::new(BUILT);
        assert_eq!(window.judge(0), Some(Code::ClockBehind));
        assert_eq!(window.judge(BUILT - 1), Some(Code::ClockBehind));
        assert_eq!(window.judge(BUILT), None);
        assert_eq!(window.judge(BUILT + 9 * YEAR), None);
        assert_eq!(window.judge(BUILT + 34 * YEAR), Some(Code::ClockAhead));
    }

    #[test]
    fn what_was_seen_is_a_floor_for_the_hardware_and_not_for_a_server() {
        let mut window = Window::new(BUILT);
        // The hardware's clock was years ahead for a while, and nobody vouched for it.
        window.remember(BUILT + 5 * YEAR, BUILT + YEAR);
        assert_eq!(window.judge(BUILT + 2 * YEAR), Some(Code::ClockBehind));
        assert_eq!(window.server(BUILT + 2 * YEAR, BUILT + 5 * YEAR, false), Ok(()));
        assert_eq!(window.server(BUILT + YEAR - 1, BUILT + 5 * YEAR, false), Err(Refused::Early));
        assert_eq!(window.server(BUILT + 11 * YEAR, BUILT, false), Err(Refused::Late));
        window.vouch(BUILT + 2 * YEAR);
        assert_eq!(window.floor(), BUILT + 2 * YEAR);
        // What cannot be true was never seen.
        let mut window = Window::new(BUILT);
        window.remember(BUILT + 34 * YEAR, 5);
        assert_eq!(window.floor(), BUILT);
    }

    #[test]
    fn a_server_moves_a_vouched_clock_by_little() {
        let window = Window::new(BUILT);
        let now = BUILT + YEAR;
        assert_eq!(window.server(now + STEP_MAX, now, true), Ok(()));
        assert_eq!(window.server(now + STEP_MAX + 1, now, true), Err(Refused::Far));
        assert_eq!(window.server(now - STEP_MAX - 1, now, true), Err(Refused::Far));
        assert_eq!(window.server(now + YEAR, now, false), Ok(()));
    }

    #[test]
    fn a_person_may_go_back_as_far_as_the_image() {
        let mut window = Window::new(BUILT);
        window.remember(BUILT + 5 * YEAR, BUILT + 5 * YEAR);
        assert_eq!(window.person(BUILT - 1), Err(Refused::Early));
        assert_eq!(window.person(BUILT + 20 * YEAR), Err(Refused::Late));
        assert_eq!(window.floor(), BUILT + 5 * YEAR);
        assert_eq!(window.person(BUILT + YEAR), Ok(()));
        assert_eq!(window.floor(), BUILT + YEAR);
    }

    #[test]
    fn dates_are_typed() {
        assert_eq!(typed("1970-01-02T00:01"), Some(86_460));
        assert_eq!(typed("2026-11-23"), Some(BUILT));
        for bad in ["", "2026", "2026-13-01", "2026-02-30", "2026-11-30T24:00", "2026-11-30T08", "-1-1-1", "1969-12-31"]
        {
            assert_eq!(typed(bad), None, "{bad}");
        }
    }
}
