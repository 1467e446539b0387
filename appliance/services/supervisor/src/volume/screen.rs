//! What a person is asked for and shown about the data volume.

use std::path::Path;
use std::time::{Duration, Instant};

use box_state::Code;

use super::{Closed, MOUNTED};
use crate::console::Console;
use crate::error::chain;

/// Characters of the recovery key that show that it was written down.
const LAST: usize = 4;
/// A person who waits for longer thinks that nothing happens.
const LONG: Duration = Duration::from_secs(5);

/// Says what may be typed now. What may be a key does not appear.
pub(crate) fn prompt(console: &mut Console, closed: &Closed) {
    let (key, pin) = (closed.takes_recovery_key(), matches!(closed.why().code(), Code::PinNeeded | Code::PinWrong));
    console.echo(!key && !pin);
    console.say(match (pin, key) {
        (true, true) => {
            "type the PIN, or the recovery key, or help for what else there is; what is typed does not appear here"
        }
        (true, false) => "type the PIN, or help for what else there is; what is typed does not appear here",
        (false, true) => "type the recovery key, or help for what else there is; what is typed does not appear here",
        (false, false) => "type help for what can be done here",
    });
}

/// Shows the recovery key as long as nobody has confirmed it; whether it was shown.
pub(crate) fn show_recovery_key(console: &mut Console) -> bool {
    match data_volume::unconfirmed_recovery_key(Path::new(MOUNTED)) {
        Ok(Some(key)) => {
            console.say("write down the recovery key; it opens the data volume when the TPM can not:");
            console.say(&format!("recovery key {}", String::from_utf8_lossy(key.expose())));
            true
        }
        Ok(None) => false,
        Err(e) => {
            console.say(&format!("the recovery key cannot be shown: {}", chain(&e)));
            true
        }
    }
}

/// What is to be called during something that may take long: after a while it says so, once.
pub(super) fn saying(console: &mut Console, line: &str, feed: &mut dyn FnMut()) -> impl FnMut() {
    let (until, mut said) = (Instant::now() + LONG, false);
    move || {
        feed();
        if !said && Instant::now() > until {
            said = true;
            console.say(line);
        }
    }
}

/// The recovery key was written down, as its last characters show; the line to show.
pub(crate) fn confirm(last: &str) -> Result<String, String> {
    let mounted = Path::new(MOUNTED);
    let key = data_volume::unconfirmed_recovery_key(mounted).map_err(|e| chain(&e))?;
    let key = key.ok_or("there is no recovery key to confirm: it was confirmed, or the data volume is closed")?;
    let typed = data_volume::typed(last);
    let end = &key.expose()[key.expose().len().saturating_sub(LAST)..];
    if typed.expose() != end {
        return Err("these are not the last four characters of the recovery key".into());
    }
    data_volume::confirm_recovery_key(mounted).map_err(|e| chain(&e))?;
    Ok("the recovery key is confirmed, and is not shown again".into())
}
