//! One screen, written to by a thread of its own from a bounded queue: a terminal may be stopped, and then that thread waits.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use nix::sys::termios::{InputFlags, LocalFlags, SetArg, tcgetattr, tcsetattr};

/// Lines that wait to be shown.
const QUEUE: usize = 256;

pub(crate) struct Screen {
    terminal: File,
    lines: SyncSender<String>,
    /// Lines in the queue, and the one that is being written.
    behind: Arc<AtomicUsize>,
    not_shown: usize,
    is_serial: bool,
}

impl Screen {
    /// `name`: the kernel's, as "ttyS0" for the first serial line.
    pub(crate) fn start(name: &str, terminal: File) -> io::Result<Screen> {
        let mut output = terminal.try_clone()?;
        let (lines, to_show) = sync_channel::<String>(QUEUE);
        let behind = Arc::new(AtomicUsize::new(0));
        let counter = behind.clone();
        thread::Builder::new().name("screen".into()).spawn(move || {
            for line in to_show {
                // A screen that can't be written to must not stop the box.
                let _ = output.write_all(line.as_bytes());
                counter.fetch_sub(1, Ordering::AcqRel);
            }
        })?;
        let screen = Screen { terminal, lines, behind, not_shown: 0, is_serial: name.starts_with("ttyS") };
        // Ctrl-S would stop the screen, and whoever came in later would see nothing.
        screen.change(|input, _| input.remove(InputFlags::IXON | InputFlags::IXOFF));
        Ok(screen)
    }

    /// A terminal that has more than letters of Latin.
    pub(crate) fn is_serial(&self) -> bool {
        self.is_serial
    }

    /// Shows the line when its turn comes. What does not fit is counted, and said when there is room.
    pub(crate) fn show(&mut self, line: &str) {
        if self.not_shown > 0 && self.enqueue(format!("coffer: {} lines were not shown here\r\n", self.not_shown)) {
            self.not_shown = 0;
        }
        if !self.enqueue(line.into()) {
            self.not_shown += 1;
        }
    }

    pub(crate) fn is_behind(&self) -> bool {
        self.behind.load(Ordering::Acquire) > 0
    }

    pub(crate) fn echo(&self, on: bool) {
        self.change(|_, local| local.set(LocalFlags::ECHO, on));
    }

    fn enqueue(&self, line: String) -> bool {
        self.behind.fetch_add(1, Ordering::AcqRel);
        let taken = self.lines.try_send(line).is_ok();
        if !taken {
            self.behind.fetch_sub(1, Ordering::AcqRel);
        }
        taken
    }

    fn change(&self, how: impl FnOnce(&mut InputFlags, &mut LocalFlags)) {
        if let Ok(mut settings) = tcgetattr(self.terminal.as_fd()) {
            how(&mut settings.input_flags, &mut settings.local_flags);
            let _ = tcsetattr(self.terminal.as_fd(), SetArg::TCSANOW, &settings);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::os::fd::OwnedFd;

    use super::*;

    /// Nobody reads: nothing waits, and what was lost is said to who reads later.
    #[test]
    fn a_stopped_screen_holds_nobody_up() {
        let (reader, writer) = std::io::pipe().unwrap();
        let mut screen = Screen::start("ttyS0", File::from(OwnedFd::from(writer))).unwrap();
        let line = format!("{}\n", "x".repeat(999));
        // The pipe and the queue fill, at whatever pace the thread moves lines from one to the other; from then on nothing is taken.
        while screen.not_shown <= 1000 {
            screen.show(&line);
        }
        assert!(screen.is_behind());
        let reading = thread::spawn(move || BufReader::new(reader).lines().map(Result::unwrap).collect::<Vec<_>>());
        // Until there is room.
        while screen.is_behind() {
            thread::yield_now();
        }
        screen.show("the last\n");
        drop(screen);
        let lines = reading.join().unwrap();
        assert_eq!(lines.last().map(String::as_str), Some("the last"));
        assert!(lines.iter().any(|line| line.ends_with("lines were not shown here")));
    }
}
