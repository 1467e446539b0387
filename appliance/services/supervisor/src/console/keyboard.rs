//! What is typed, cut into lines of a bounded length.

use std::fs::File;
use std::io::Read;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::thread;
use std::time::Duration;

/// A line longer than this is nobody's typing.
const LINE_MAX: usize = 256;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    Line(String),
    /// A line that was too long; no part of it is taken for a command.
    TooLong,
}

/// Lines out of bytes.
#[derive(Default)]
struct Typing {
    open: Vec<u8>,
    too_long: bool,
}

impl Typing {
    fn push(&mut self, bytes: &[u8]) -> Vec<Typed> {
        let mut lines = Vec::new();
        for byte in bytes {
            match byte {
                b'\n' | b'\r' => lines.extend(self.finish()),
                // Ctrl-S, Ctrl-Q and their like belong to no line.
                0..0x20 if *byte != b'\t' => {}
                _ if self.open.len() < LINE_MAX => self.open.push(*byte),
                _ => self.too_long = true,
            }
        }
        lines
    }

    fn finish(&mut self) -> Option<Typed> {
        let line = String::from_utf8_lossy(&std::mem::take(&mut self.open)).trim().to_string();
        if std::mem::take(&mut self.too_long) {
            return Some(Typed::TooLong);
        }
        (!line.is_empty()).then_some(Typed::Line(line))
    }
}

/// Passes on what is typed until nobody listens any more. A line for which there is no room is dropped.
pub(crate) fn follow(mut keyboard: File, sender: &SyncSender<Typed>) {
    let (mut typing, mut buffer) = (Typing::default(), [0; 4096]);
    loop {
        match keyboard.read(&mut buffer) {
            Ok(0) | Err(_) => thread::sleep(Duration::from_secs(1)),
            Ok(size) => {
                for line in typing.push(&buffer[..size]) {
                    if let Err(TrySendError::Disconnected(_)) = sender.try_send(line) {
                        return;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_or_too_long() {
        let mut typing = Typing::default();
        let line = |text: &str| Typed::Line(text.into());
        assert_eq!(typing.push(b"sta"), []);
        assert_eq!(typing.push(b"tu\x13s \r\n\n  \nhelp\n"), [line("status"), line("help")]);
        // A hundred kilobytes without an end, and what comes after them is a line of its own.
        for _ in 0..25 {
            assert_eq!(typing.push(&[b'x'; 4096]), []);
        }
        assert_eq!(typing.push(b" power-off\nstatus\n"), [Typed::TooLong, line("status")]);
        assert!(typing.open.capacity() <= 2 * LINE_MAX);
    }
}
