//! The box's screens: every line goes to each console that the kernel has, and lines typed there come back.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsFd;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};

use crate::error::{SupervisorError, file};
use crate::facts::Release;

pub(crate) struct Console {
    screens: Vec<File>,
    typed: Option<Receiver<String>>,
    development: bool,
}

impl Console {
    /// What there is before /dev is mounted: what the kernel opened for us.
    pub(crate) fn before_mounts() -> Console {
        Console { screens: Vec::new(), typed: None, development: false }
    }

    pub(crate) fn open(&mut self) -> Result<(), SupervisorError> {
        let path = "/sys/class/tty/console/active";
        let active = fs::read_to_string(path).map_err(file("reading", path))?;
        let (sender, receiver) = channel();
        for name in active.split_whitespace() {
            let path = format!("/dev/{name}");
            let screen = OpenOptions::new().read(true).write(true).open(&path).map_err(file("opening", &path))?;
            let keyboard = screen.try_clone().map_err(file("opening", &path))?;
            let sender: Sender<String> = sender.clone();
            thread::spawn(move || follow(keyboard, &sender));
            self.screens.push(screen);
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

    /// One line on every screen. A screen that can't be written to must not stop the box.
    pub(crate) fn say(&mut self, line: &str) {
        let mark = if self.development { " [DEVELOPMENT]" } else { "" };
        if self.screens.is_empty() {
            eprintln!("coffer: {line}");
        }
        for screen in &mut self.screens {
            let _ = screen.write_all(format!("coffer: {line}{mark}\r\n").as_bytes());
        }
    }

    /// The next line that was typed, if one comes in time.
    pub(crate) fn read_line(&mut self, wait: Duration) -> Option<String> {
        self.typed.as_ref()?.recv_timeout(wait).ok()
    }

    /// Whether what is typed appears; not while a key is asked for.
    pub(crate) fn echo(&mut self, on: bool) {
        for screen in &self.screens {
            if let Ok(mut settings) = tcgetattr(screen.as_fd()) {
                settings.local_flags.set(LocalFlags::ECHO, on);
                let _ = tcsetattr(screen.as_fd(), SetArg::TCSANOW, &settings);
            }
        }
    }
}

/// A line longer than this is nobody's typing.
const LINE_MAX: u64 = 256;

fn follow(keyboard: File, sender: &Sender<String>) {
    let mut reader = BufReader::new(keyboard);
    loop {
        let mut line = Vec::new();
        match std::io::Read::take(&mut reader, LINE_MAX).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => thread::sleep(Duration::from_secs(1)),
            Ok(_) => {
                let line = String::from_utf8_lossy(&line).trim().to_string();
                if sender.send(line).is_err() {
                    return;
                }
            }
        }
    }
}
