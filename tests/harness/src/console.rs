//! The box's serial console: everything it printed, waiting for a line, typing one.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::HarnessError;

/// How much of the console an error shows.
const LAST_LINES: usize = 30;

/// A box's serial console since power-on.
#[derive(Debug)]
pub struct Console {
    shared: Arc<Shared>,
    keyboard: Mutex<ChildStdin>,
    /// What the emulator itself says, which is the better reason when it ended.
    messages: PathBuf,
}

#[derive(Debug, Default)]
struct Shared {
    text: Mutex<Text>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct Text {
    lines: Vec<String>,
    /// A line that has not ended: nobody finds it before it has, for half of it could be missing.
    open: Vec<u8>,
    closed: bool,
    /// [`Console::wait_for`] looks at lines from here on.
    mark: usize,
}

impl Console {
    pub(crate) fn follow(
        keyboard: ChildStdin,
        screen: ChildStdout,
        log: &Path,
        messages: &Path,
    ) -> Result<Console, HarnessError> {
        let log = File::create(log).map_err(HarnessError::file("make", log))?;
        let shared = Arc::new(Shared::default());
        let theirs = shared.clone();
        thread::spawn(move || read(screen, log, &theirs));
        Ok(Console { shared, keyboard: Mutex::new(keyboard), messages: messages.into() })
    }

    /// The first line since power-on (or since [`Console::mark`]) that contains `text`, waiting for it if need be.
    pub fn wait_for(&self, text: &str, timeout: Duration) -> Result<String, HarnessError> {
        self.wait_for_any(&[text], timeout).map(|(_, line)| line)
    }

    /// The first line that contains one of `texts`, and which one.
    pub fn wait_for_any(&self, texts: &[&str], timeout: Duration) -> Result<(usize, String), HarnessError> {
        let until = Instant::now() + timeout;
        let mut state = self.state();
        loop {
            if let Some(found) = state.find(texts) {
                return Ok(found);
            }
            let what = texts.iter().map(|t| format!("{t:?}")).collect::<Vec<_>>().join(" or ");
            if state.closed {
                let mut last = state.last();
                let messages = std::fs::read_to_string(&self.messages).unwrap_or_default();
                last.extend(messages.lines().map(str::to_string));
                return Err(HarnessError::Ended { what, last });
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(HarnessError::Timeout { what, waited: timeout, last: state.last() });
            }
            state = self.shared.news.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// A line that contains `text` and was printed already.
    pub fn find(&self, text: &str) -> Option<String> {
        self.state().find(&[text]).map(|(_, line)| line)
    }

    /// What stands after `prefix` in a line, without the mark of a development image, waiting for the line if need be.
    pub fn wait_value(&self, prefix: &str, timeout: Duration) -> Result<String, HarnessError> {
        self.wait_for(prefix, timeout).map(|line| value_in(&line, prefix))
    }

    /// The same of a line that was printed already.
    pub fn value(&self, prefix: &str) -> Option<String> {
        self.find(prefix).map(|line| value_in(&line, prefix))
    }

    /// From now on only lines that come later count.
    pub fn mark(&self) {
        let mut state = self.state();
        state.mark = state.lines.len();
    }

    /// Everything printed so far.
    pub fn lines(&self) -> Vec<String> {
        self.state().lines.clone()
    }

    /// Types a line.
    pub fn send_line(&self, line: &str) -> Result<(), HarnessError> {
        self.send(format!("{line}\n").as_bytes())
    }

    /// Types anything.
    pub fn send(&self, bytes: &[u8]) -> Result<(), HarnessError> {
        let mut keyboard = self.keyboard.lock().unwrap_or_else(PoisonError::into_inner);
        let typed = keyboard.write_all(bytes).and_then(|()| keyboard.flush());
        typed.map_err(HarnessError::file("type on", "the console"))
    }

    fn state(&self) -> MutexGuard<'_, Text> {
        self.shared.text.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn value_in(line: &str, prefix: &str) -> String {
    let value = line.split_once(prefix).map_or("", |(_, value)| value);
    value.trim_end().trim_end_matches("[DEVELOPMENT]").trim().to_string()
}

impl Text {
    fn find(&self, texts: &[&str]) -> Option<(usize, String)> {
        let lines = self.lines[self.mark..].iter();
        lines.filter_map(|line| texts.iter().position(|t| line.contains(t)).map(|i| (i, line.clone()))).next()
    }

    fn print(&mut self, byte: u8) {
        if byte == b'\n' {
            let line = self.end_line();
            self.lines.push(line);
        } else {
            self.open.push(byte);
        }
    }

    fn end_line(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.open)).into_owned()
    }

    fn last(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.lines.iter().filter(|l| !l.trim().is_empty()).cloned().collect();
        lines.drain(..lines.len().saturating_sub(LAST_LINES));
        lines
    }
}

fn read(mut screen: ChildStdout, mut log: File, shared: &Shared) {
    let mut cleaner = Cleaner::default();
    let mut buffer = [0; 4096];
    loop {
        let count = screen.read(&mut buffer).unwrap_or(0);
        let mut state = shared.text.lock().unwrap_or_else(PoisonError::into_inner);
        if count == 0 {
            let rest = state.end_line();
            state.lines.push(rest);
            state.closed = true;
        }
        // The log is a convenience: a full disk must not stop the test.
        let _ = log.write_all(&buffer[..count]);
        for byte in buffer[..count].iter().filter_map(|b| cleaner.pass(*b)) {
            state.print(byte);
        }
        drop(state);
        shared.news.notify_all();
        if count == 0 {
            return;
        }
    }
}

/// Takes out what steers a terminal: escape sequences and carriage returns.
#[derive(Debug, Default)]
struct Cleaner {
    escape: Escape,
}

#[derive(Debug, Default, PartialEq)]
enum Escape {
    #[default]
    None,
    Started,
    Sequence,
}

impl Cleaner {
    fn pass(&mut self, byte: u8) -> Option<u8> {
        match (&self.escape, byte) {
            (Escape::None, 0x1b) => self.escape = Escape::Started,
            // From 80 (hexadecimal) on, a part of a character in UTF-8.
            (Escape::None, b'\n' | 0x20..=0x7e | 0x80..) => return Some(byte),
            (Escape::None, _) => {}
            (Escape::Started, b'[') => self.escape = Escape::Sequence,
            (Escape::Started, _) => self.escape = Escape::None,
            // ECMA-48, 5.4: a control sequence ends with a byte from 40 to 7e (hexadecimal).
            (Escape::Sequence, 0x40..0x7f) => self.escape = Escape::None,
            (Escape::Sequence, _) => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_without_the_mark() {
        assert_eq!(value_in("coffer: pairing code AB-CD [DEVELOPMENT]", "coffer: pairing code "), "AB-CD");
        assert_eq!(value_in("coffer: pairing code AB-CD", "coffer: pairing code "), "AB-CD");
    }

    #[test]
    fn a_line_is_found_when_it_has_ended() {
        let mut text = Text::default();
        "if you mean it, type:".bytes().for_each(|byte| text.print(byte));
        assert_eq!(text.find(&["mean it"]), None, "the word to type is still missing");
        " erase 8BEW\n".bytes().for_each(|byte| text.print(byte));
        assert_eq!(text.find(&["mean it"]), Some((0, "if you mean it, type: erase 8BEW".to_string())));
    }

    #[test]
    fn steering_is_taken_out_of_the_text() {
        let mut cleaner = Cleaner::default();
        let raw = "\x1b[2J\x1b[01;01Hcoffer: ready\r\n\x1b=ok, 已锁定".as_bytes();
        let text: Vec<u8> = raw.iter().filter_map(|b| cleaner.pass(*b)).collect();
        assert_eq!(String::from_utf8(text).unwrap(), "coffer: ready\nok, 已锁定");
    }
}
