//! Which links there are.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{SupervisorError, file};

/// How long the links may take to appear.
const WAIT: Duration = Duration::from_secs(10);

/// The first link of ARPHRD_ETHER (1), in the order of names; waits for one to appear.
pub(crate) fn first_ethernet() -> Result<Option<String>, SupervisorError> {
    let folder = "/sys/class/net";
    let until = Instant::now() + WAIT;
    loop {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).map_err(file("listing", folder))? {
            let entry = entry.map_err(file("listing", folder))?;
            let kind = fs::read_to_string(entry.path().join("type")).unwrap_or_default();
            if kind.trim() == "1" {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        if !names.is_empty() || Instant::now() > until {
            return Ok(names.into_iter().next());
        }
        thread::sleep(Duration::from_millis(50));
    }
}
