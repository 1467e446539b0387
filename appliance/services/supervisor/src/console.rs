//! The box's screens: every line goes to each console that the kernel has, and lines typed there come back. Neither a screen that
//! takes nothing (Ctrl-S, a terminal that is off) nor a keyboard that never stops holds PID 1 up.

use std::fs::{self, OpenOptions};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use box_state::{Language, Reason};

use crate::console::keyboard::Typed;
use crate::console::screen::Screen;
use crate::error::{SupervisorError, file};
use crate::facts::Release;

pub(crate) mod keyboard;
mod screen;

/// Lines that wait to be read; what is typed beyond them is dropped.
const TYPED_MAX: usize = 16;
/// How long the last lines may take to be shown.
const FLUSH: Duration = Duration::from_secs(3);

pub(crate) struct Console {
    screens: Vec<Screen>,
    typed: Option<Receiver<Typed>>,
    development: bool,
}

impl Console {
    /// What there is before /dev is mounted: what the kernel opened for us.
    pub(crate) fn before_mounts() -> Console {
        Console { screens: Vec::new(), typed: None, development: false }
    }

    /// Those of the kernel's consoles that can be opened.
    pub(crate) fn open(&mut self) -> Result<(), SupervisorError> {
        let path = "/sys/class/tty/console/active";
        let active = fs::read_to_string(path).map_err(file("reading", path))?;
        let (sender, receiver) = sync_channel(TYPED_MAX);
        for name in active.split_whitespace() {
            match self.open_one(name, &sender) {
                Ok(()) => {}
                Err(e) => self.say(&format!("a console is not used: {}", crate::error::chain(&e))),
            }
        }
        self.typed = Some(receiver);
        Ok(())
    }

    pub(crate) fn banner(&mut self, release: &Release) {
        self.development = release.development;
        self.say(&format!("{} {}", release.name, release.version));
        if release.development {
            self.say(
                "DEVELOPMENT: this image is signed with keys that anyone may have; keep nothing on it that matters",
            );
        }
    }

    /// One line on every screen.
    pub(crate) fn say(&mut self, line: &str) {
        let line = self.marked(line);
        if self.screens.is_empty() {
            eprint!("{line}");
        }
        self.screens.iter_mut().for_each(|screen| screen.show(&line));
    }

    /// What a reason says: in English, and in Chinese where the screen has the characters.
    pub(crate) fn say_reason(&mut self, reason: &Reason) {
        reason.lines(Language::English).iter().for_each(|line| self.say(line));
        for line in reason.lines(Language::Chinese) {
            let line = self.marked(&line);
            self.screens.iter_mut().filter(|screen| screen.is_serial()).for_each(|screen| screen.show(&line));
        }
    }

    /// The next line that was typed, if there is one.
    pub(crate) fn typed(&mut self) -> Option<Typed> {
        self.typed.as_ref()?.try_recv().ok()
    }

    /// Whether what is typed appears; not while a key is asked for.
    pub(crate) fn echo(&mut self, on: bool) {
        self.screens.iter().for_each(|screen| screen.echo(on));
    }

    /// Waits, but not for long, until everything was shown.
    pub(crate) fn flush(&mut self) {
        let until = Instant::now() + FLUSH;
        while self.screens.iter().any(Screen::is_behind) && Instant::now() < until {
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn open_one(&mut self, name: &str, sender: &SyncSender<Typed>) -> Result<(), SupervisorError> {
        let path = format!("/dev/{name}");
        let open = || OpenOptions::new().read(true).write(true).open(&path).map_err(file("opening", &path));
        let keyboard = open()?;
        self.screens.push(Screen::start(name, open()?).map_err(file("starting", &path))?);
        let sender = sender.clone();
        thread::spawn(move || keyboard::follow(keyboard, &sender));
        Ok(())
    }

    fn marked(&self, line: &str) -> String {
        let mark = if self.development { " [DEVELOPMENT]" } else { "" };
        format!("coffer: {line}{mark}\r\n")
    }
}
