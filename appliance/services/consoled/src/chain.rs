//! How far the log's chain was followed, and what was found. It is followed piece by piece and goes on where it stood, so that no page
//! waits for the whole log. Pure.

use audit_log::head::ACTION;
use audit_log::{Verdict, Verifier, VerifyError};
use serde_json::Value;

use crate::log::Piece;

#[derive(Default)]
pub(crate) struct Chain {
    verifier: Verifier,
    /// The line to go on with, and where the log ended when a piece of it came last.
    next: u64,
    end: u64,
    broken: Option<Broken>,
    /// The time of the last line with a head, in seconds since 1970.
    signed: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// This line does not follow from the one before, or is none.
    Line(u64),
    /// The head in this line was not signed for this log.
    Head(u64),
    /// From this line on the log cannot be read.
    Unreadable(u64),
}

/// What is known.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) verdict: Verdict,
    pub(crate) end: u64,
    pub(crate) broken: Option<Broken>,
    pub(crate) signed: Option<u64>,
}

impl Chain {
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// There is nothing to follow any more, for now.
    pub(crate) fn is_done(&self) -> bool {
        self.broken.is_some() || (self.end > 0 && self.next >= self.end)
    }

    /// The piece from [`Chain::next`] on.
    pub(crate) fn take(&mut self, piece: &Piece) {
        if self.broken.is_some() {
            return;
        }
        if piece.first > self.next && !piece.text.is_empty() && self.next > 0 {
            // Lines that were not looked at were removed for want of room: it begins anew with what is left.
            *self = Chain::default();
        }
        self.end = piece.end;
        for (_, line) in piece.lines() {
            let line = String::from_utf8_lossy(line);
            if let Err(e) = self.verifier.push(&line) {
                self.broken = Some(broken(&e));
                return;
            }
            self.signed = time_of_head(&line).or(self.signed);
        }
        if piece.next <= self.next && piece.next < piece.end {
            self.broken = Some(Broken::Unreadable(self.next));
        }
        self.next = piece.next;
    }

    /// The log's service cannot read on.
    pub(crate) fn cannot_go_on(&mut self) {
        self.broken = Some(Broken::Unreadable(self.next));
    }

    pub(crate) fn state(&self) -> State {
        State { verdict: self.verifier.so_far(), end: self.end, broken: self.broken, signed: self.signed }
    }
}

fn broken(error: &VerifyError) -> Broken {
    use audit_log::ChainError::{Broken as Other, Malformed, Number};
    match error {
        VerifyError::Chain(Malformed { line } | Number { line, .. } | Other { line }) => Broken::Line(*line),
        VerifyError::Head { line, .. } | VerifyError::Order { line, .. } => Broken::Head(*line),
    }
}

/// Of a line that was found in order.
fn time_of_head(line: &str) -> Option<u64> {
    // Most lines have none: they need not be read once more.
    if !line.contains(ACTION) {
        return None;
    }
    let value: Value = serde_json::from_str(line).ok()?;
    let is_head = value["action"] == ACTION && value["source"] == "auditd";
    value["time"].as_u64().filter(|_| is_head)
}

#[cfg(test)]
mod tests {
    use audit_log::{Head, Line};

    use super::*;

    fn lines(count: u64) -> Vec<String> {
        let mut head = Head::default();
        let one = |time| {
            let line = Line { time, source: "t", client: "", action: "a", detail: serde_json::Map::new() };
            let (text, next) = head.append(&line);
            head = next;
            text
        };
        (0..count).map(one).collect()
    }

    fn piece(lines: &[String], first: u64, end: u64) -> Piece {
        let text = lines.iter().map(|line| format!("{line}\n")).collect::<String>().into_bytes();
        Piece { first, next: first + lines.len() as u64, end, text }
    }

    #[test]
    fn it_goes_on_where_it_stood_and_stays_broken_where_it_broke() {
        let lines = lines(30);
        let mut chain = Chain::default();
        chain.take(&piece(&lines[..10], 0, 30));
        assert!(!chain.is_done() && chain.next() == 10 && chain.state().verdict.end == 10);
        chain.take(&piece(&lines[10..], 10, 30));
        assert!(chain.is_done() && chain.state().broken.is_none() && chain.state().verdict.end == 30);
        let mut changed = lines.clone();
        changed[20] = changed[20].replace("\"time\":20", "\"time\":21");
        let mut chain = Chain::default();
        chain.take(&piece(&changed[..15], 0, 30));
        chain.take(&piece(&changed[15..], 15, 30));
        assert_eq!(chain.state().broken, Some(Broken::Line(21)));
        assert!(chain.is_done() && chain.next() == 15);
        chain.take(&piece(&lines[15..], 15, 30));
        assert_eq!(chain.state().broken, Some(Broken::Line(21)), "until it is followed anew");
    }

    #[test]
    fn lines_that_were_removed_for_room_are_no_break_and_lines_that_are_missing_are_one() {
        let lines = lines(30);
        let mut chain = Chain::default();
        chain.take(&piece(&lines[..5], 0, 30));
        chain.take(&piece(&lines[12..], 12, 30));
        assert_eq!((chain.state().broken, chain.state().verdict.first), (None, 12));
        let missing = [&lines[..8], &lines[9..]].concat();
        let mut chain = Chain::default();
        chain.take(&piece(&missing, 0, 30));
        assert_eq!(chain.state().broken, Some(Broken::Line(8)));
        // It ends before its end.
        let mut chain = Chain::default();
        chain.take(&piece(&lines[..5], 0, 30));
        chain.take(&piece(&[], 5, 30));
        assert_eq!(chain.state().broken, Some(Broken::Unreadable(5)));
    }
}
