//! The hardware watchdog: if PID 1 stops feeding it, the machine resets. Its timeout is on the kernel's command line.

use std::fs::{File, OpenOptions};
use std::io::Write;

use crate::console::Console;

pub(crate) struct Watchdog(Option<File>);

impl Watchdog {
    /// A machine without one runs, and says so.
    pub(crate) fn open(console: &mut Console) -> Watchdog {
        match OpenOptions::new().write(true).open("/dev/watchdog") {
            Ok(device) => Watchdog(Some(device)),
            Err(e) => {
                console.say(&format!("no hardware watchdog: {e}"));
                Watchdog(None)
            }
        }
    }

    pub(crate) fn is_present(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn feed(&mut self) {
        if let Some(device) = &mut self.0 {
            // A watchdog that can't be fed will reset the machine, which is what it is for.
            let _ = device.write_all(b"\0");
        }
    }

    /// Before an orderly end. Linux watchdog API, "Magic Close": the letter V stops the timer at close.
    pub(crate) fn disarm(&mut self) {
        if let Some(mut device) = self.0.take() {
            let _ = device.write_all(b"V");
        }
    }
}
