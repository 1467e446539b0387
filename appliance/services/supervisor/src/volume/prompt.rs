//! Asking a person for the recovery key.

use std::thread;
use std::time::Duration;

use secrets::Secret;

use crate::console::Console;
use crate::volume::recovery_key;
use crate::watchdog::Watchdog;

/// Waits for a key that `opens` the volume, as long as a person takes; the watchdog is fed meanwhile.
pub(crate) fn recovery_key_that(
    console: &mut Console,
    watchdog: &mut Watchdog,
    mut opens: impl FnMut(&Secret) -> bool,
) -> Secret {
    loop {
        console.say("type the recovery key:");
        console.echo(false);
        let typed = loop {
            watchdog.feed();
            if let Some(line) = console.read_line(Duration::from_secs(5)).filter(|l| !l.is_empty()) {
                break recovery_key::typed(&line);
            }
        };
        console.echo(true);
        if opens(&typed) {
            return typed;
        }
        console.say("that key does not open the data volume");
        // Guessing 160 bits is hopeless at any speed; this keeps a stuck keyboard from filling the log.
        thread::sleep(Duration::from_secs(1));
    }
}
