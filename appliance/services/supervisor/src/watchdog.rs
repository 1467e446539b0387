//! The hardware watchdog: if PID 1 stops feeding it, the machine resets. Its timeout is on the kernel's command line.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use box_state::{Code, Event, Reason};

/// How often it is fed by [`Watchdog::during`]: its timeout is sixty times as long.
const TICK: Duration = Duration::from_secs(1);
/// A disk that fails holds a call of the kernel's for minutes; a call that has not come back by then never will.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

pub(crate) struct Watchdog(Option<File>);

impl Watchdog {
    /// A machine without one runs, and says so.
    pub(crate) fn open() -> (Watchdog, Option<Event>) {
        match OpenOptions::new().write(true).open("/dev/watchdog") {
            Ok(device) => (Watchdog(Some(device)), None),
            Err(e) => (Watchdog(None), Some(Event::Appeared(Reason::new(Code::NoWatchdog).detail(&e.to_string())))),
        }
    }

    pub(crate) fn is_present(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn feed(&mut self) {
        if let Some(device) = &mut self.0 {
            feed(device);
        }
    }

    /// Does work that may be held up in calls to which no `feed` can be given: it is fed meanwhile, for [`PATIENCE`] at most from
    /// the work's last own `feed` on.
    pub(crate) fn during<T>(&mut self, work: impl FnOnce(&mut dyn FnMut()) -> T) -> T {
        let Some(device) = self.0.as_ref().and_then(|device| device.try_clone().ok()) else {
            return work(&mut || self.feed());
        };
        let (alive, pulse) = channel();
        thread::scope(|scope| {
            scope.spawn(move || feed_until_over(device, &pulse));
            // Whoever works says so; the end of the work hangs up.
            work(&mut move || {
                let _ = alive.send(());
            })
        })
    }

    /// Before the machine ends. Linux watchdog API, "Magic Close": the letter V stops the timer at close.
    pub(crate) fn disarm(&mut self) {
        if let Some(mut device) = self.0.take() {
            let _ = device.write_all(b"V");
        }
    }
}

fn feed_until_over(mut device: impl Write, pulse: &std::sync::mpsc::Receiver<()>) {
    let mut until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        feed(&mut device);
        match pulse.recv_timeout(TICK) {
            Ok(()) => until = Instant::now() + PATIENCE,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn feed(device: &mut impl Write) {
    // A watchdog that can't be fed will reset the machine, which is what it is for.
    let _ = device.write_all(b"\0");
}
