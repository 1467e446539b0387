//! What a service says, before it is shown: cut into lines of a bounded length, without what steers a terminal, and no more of them
//! than a person can read. Pure: time comes in as a number.

use std::time::Duration;

/// Characters of a line that are shown.
const LINE_MAX: usize = 200;
/// Lines that may come at once.
const BURST: u32 = 20;
/// After them, one in so long.
const EVERY: Duration = Duration::from_millis(500);

/// A line as it may be shown: ASCII, and no longer than a line.
pub(crate) fn printable(text: &str) -> String {
    let mut line: String =
        text.chars().take(LINE_MAX).map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect();
    if text.chars().nth(LINE_MAX).is_some() {
        line.push_str("...");
    }
    line
}

/// Cuts what a service writes into lines. Of one without an end a line's length is kept.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    open: Vec<u8>,
}

impl Lines {
    /// The lines that these bytes complete.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for part in bytes.split_inclusive(|b| *b == b'\n') {
            let text = part.strip_suffix(b"\n");
            // Four bytes are the longest character; one more character shows that there was more.
            let room = (4 * (LINE_MAX + 1)).saturating_sub(self.open.len());
            let kept = text.unwrap_or(part);
            self.open.extend_from_slice(&kept[..kept.len().min(room)]);
            if text.is_some() {
                lines.extend(self.finish());
            }
        }
        lines
    }

    /// What was begun and has no end.
    pub(crate) fn finish(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.open);
        (!line.is_empty()).then(|| printable(&String::from_utf8_lossy(&line)))
    }
}

/// How much of a service is heard: a bucket of tokens, of which each line takes one.
#[derive(Debug)]
pub(crate) struct Throttle {
    tokens: u32,
    /// When the last token was put in.
    filled: Duration,
    left_out: u64,
}

impl Throttle {
    pub(crate) fn new(now: Duration) -> Throttle {
        Throttle { tokens: BURST, filled: now, left_out: 0 }
    }

    /// Whether one more line is heard; else it is counted.
    pub(crate) fn take(&mut self, now: Duration) -> bool {
        let due = now.saturating_sub(self.filled).as_millis() / EVERY.as_millis();
        self.tokens = u32::try_from(due).map_or(BURST, |due| self.tokens.saturating_add(due).min(BURST));
        self.filled = if self.tokens == BURST { now } else { self.filled + EVERY * due as u32 };
        let heard = self.tokens > 0;
        if heard {
            self.tokens -= 1
        } else {
            self.left_out += 1
        }
        heard
    }

    /// One that is not heard, whatever the tokens.
    pub(crate) fn leave_out(&mut self) {
        self.left_out += 1;
    }

    /// Lines that were left out since this was last asked, if a line may be said about them now.
    pub(crate) fn take_left_out(&mut self, now: Duration) -> Option<u64> {
        let count = std::mem::take(&mut self.left_out);
        if count == 0 || self.take(now) {
            return (count > 0).then_some(count);
        }
        self.left_out = count;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_printable_and_short() {
        assert_eq!(printable("pairing code AB-CD"), "pairing code AB-CD");
        assert_eq!(printable("\u{1b}[2J\rcoffer: ready\u{202e}\0"), "?[2J?coffer: ready??");
        let long = printable(&"x".repeat(10_000));
        assert!(long.len() == LINE_MAX + 3 && long.ends_with("x..."), "{long}");
        assert_eq!(printable(&"x".repeat(LINE_MAX)).len(), LINE_MAX);
    }

    #[test]
    fn lines_come_whole_however_they_were_written() {
        let mut lines = Lines::default();
        assert_eq!(lines.push(b"one\ntw"), ["one"]);
        assert_eq!(lines.push(b"o\n\n\nthree"), ["two"]);
        assert_eq!(lines.finish().as_deref(), Some("three"));
        assert_eq!(lines.finish(), None);
    }

    #[test]
    fn of_a_line_without_an_end_no_more_is_kept_than_is_shown() {
        let mut lines = Lines::default();
        for _ in 0..1000 {
            assert!(lines.push(&[b'x'; 1000]).is_empty());
        }
        assert!(lines.open.len() <= 4 * (LINE_MAX + 1));
        let shown = lines.push(b"\nnext\n");
        assert!(shown.len() == 2 && shown[0].ends_with("x...") && shown[1] == "next", "{shown:?}");
    }

    #[test]
    fn a_flood_is_cut_to_a_trickle_and_counted() {
        let mut throttle = Throttle::new(Duration::ZERO);
        let mut heard = 0;
        // A thousand lines a second for a minute.
        for millisecond in 0..60_000 {
            heard += u32::from(throttle.take(Duration::from_millis(millisecond)));
        }
        assert!((BURST + 110..=BURST + 121).contains(&heard), "{heard}");
        let later = Duration::from_secs(61);
        assert_eq!(throttle.take_left_out(later), Some(60_000 - u64::from(heard)));
        assert_eq!(throttle.take_left_out(later), None);
    }

    #[test]
    fn who_speaks_seldom_is_always_heard() {
        let mut throttle = Throttle::new(Duration::ZERO);
        assert!((0..1000).all(|second| throttle.take(Duration::from_secs(second))));
        // After a long silence it may say as much at once as at first, and no more.
        let later = Duration::from_secs(1_000_000);
        assert_eq!((0..100).filter(|_| throttle.take(later)).count(), BURST as usize);
    }
}
