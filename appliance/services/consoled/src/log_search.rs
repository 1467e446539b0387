//! The log's newest lines that somebody wants to see: which ones are to be looked at next, and which of them are shown. Pure.
//!
//! The log is read forwards, and shown backwards: window by window from the end, until there is a page, or enough was looked at.

use std::collections::VecDeque;
use std::ops::Range;

use serde_json::Value;

use crate::limits::{LINES_SHOWN, SEARCH_BYTES, SEARCH_WINDOW};
use crate::log::Piece;

/// Parts of what a line must hold; empty: it may hold anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) actor: String,
    pub(crate) action: String,
}

/// A line, as it can be read; of one that is none only the text is left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogLine {
    pub(crate) number: u64,
    /// Seconds since 1970.
    pub(crate) time: Option<u64>,
    pub(crate) source: String,
    /// Empty: the box's own doing.
    pub(crate) client: String,
    pub(crate) action: String,
    pub(crate) detail: String,
}

pub(crate) struct Search {
    filter: Filter,
    found: Vec<LogLine>,
    window: VecDeque<LogLine>,
    /// Of what was looked at.
    from: u64,
    until: u64,
    /// The log's first line.
    oldest: u64,
    bytes: usize,
}

pub(crate) struct Found {
    /// Newest first.
    pub(crate) lines: Vec<LogLine>,
    pub(crate) looked_at: Range<u64>,
    /// Older lines are those below this number.
    pub(crate) older: Option<u64>,
}

impl Search {
    /// Of a log that has these lines. `before`: only those below this number.
    pub(crate) fn new(filter: Filter, before: Option<u64>, log: &Range<u64>) -> Search {
        let until = before.unwrap_or(log.end).clamp(log.start, log.end.max(log.start));
        let (found, window) = (Vec::new(), VecDeque::new());
        Search { filter, found, window, from: until, until, oldest: log.start, bytes: 0 }
    }

    /// What is to be looked at next; `None`: enough.
    pub(crate) fn window(&self) -> Option<Range<u64>> {
        if self.found.len() >= LINES_SHOWN || self.bytes >= SEARCH_BYTES || self.from <= self.oldest {
            return None;
        }
        let size = if self.filter == Filter::default() { LINES_SHOWN as u64 } else { SEARCH_WINDOW };
        Some(self.from.saturating_sub(size).max(self.oldest)..self.from)
    }

    /// A piece of the window.
    pub(crate) fn take(&mut self, piece: &Piece, window: &Range<u64>) {
        self.bytes += piece.text.len();
        for (number, text) in piece.lines().filter(|(number, _)| window.contains(number)) {
            let line = LogLine::read(number, text);
            if self.filter.takes(&line) {
                // Of more than a page the newest ones.
                if self.window.len() >= LINES_SHOWN {
                    self.window.pop_front();
                }
                self.window.push_back(line);
            }
        }
    }

    /// All of it was looked at.
    pub(crate) fn close(&mut self, window: &Range<u64>) {
        let room = LINES_SHOWN - self.found.len().min(LINES_SHOWN);
        self.found.extend(self.window.drain(..).rev().take(room));
        self.from = match self.found.last() {
            Some(last) if self.found.len() >= LINES_SHOWN => last.number,
            _ => window.start,
        };
    }

    pub(crate) fn finish(self) -> Found {
        let older = Some(self.from).filter(|from| *from > self.oldest);
        Found { lines: self.found, looked_at: self.from..self.until, older }
    }
}

impl Filter {
    fn takes(&self, line: &LogLine) -> bool {
        line.actor().contains(&self.actor) && line.action.contains(&self.action)
    }
}

impl LogLine {
    /// Whose doing it is.
    pub(crate) fn actor(&self) -> &str {
        if self.client.is_empty() { &self.source } else { &self.client }
    }

    fn read(number: u64, text: &[u8]) -> LogLine {
        let said = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_string();
        match serde_json::from_slice::<Value>(text) {
            Ok(value) if value.is_object() => LogLine {
                number,
                time: value.get("time").and_then(Value::as_u64),
                source: said(&value, "source"),
                client: said(&value, "client"),
                action: said(&value, "action"),
                detail: value.get("detail").map(Value::to_string).unwrap_or_default(),
            },
            _ => LogLine { number, detail: String::from_utf8_lossy(text).into_owned(), ..LogLine::default() },
        }
    }
}

/// As it may stand on a page: so many characters, none of which does anything but be seen.
pub(crate) fn shown(text: &str, most: usize) -> String {
    let acts = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let mut seen: String = text.chars().take(most).map(|c| if acts(c) { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(most).is_some() {
        seen.push('…');
    }
    seen
}

#[cfg(test)]
mod tests;
