//! Finding partitions by what they are, not by where they are.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::{SupervisorError, file};

/// Disks may come up after us.
const WAIT: Duration = Duration::from_secs(15);

/// The device of the partition with this GPT name (`PARTNAME` in its uevent), waiting for it a bounded time.
pub(crate) fn by_partition_name(name: &str, meanwhile: &mut dyn FnMut()) -> Result<PathBuf, SupervisorError> {
    let until = Instant::now() + WAIT;
    loop {
        meanwhile();
        let found = find("PARTNAME", name)?;
        match found.as_slice() {
            [one] => return Ok(one.clone()),
            [] if Instant::now() < until => std::thread::sleep(Duration::from_millis(50)),
            [] => return Err(SupervisorError::Refused(format!("no partition named {name:?} on any disk"))),
            _ => {
                return Err(SupervisorError::Refused(format!(
                    "more than one partition is named {name:?}: remove the other disk"
                )));
            }
        }
    }
}

fn find(key: &str, value: &str) -> Result<Vec<PathBuf>, SupervisorError> {
    let folder = "/sys/class/block";
    let wanted = format!("{key}={value}");
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(file("listing", folder))? {
        let entry = entry.map_err(file("listing", folder))?;
        // A disk may vanish between the listing and the reading.
        let Ok(uevent) = fs::read_to_string(entry.path().join("uevent")) else { continue };
        if uevent.lines().any(|l| l == wanted) {
            found.push(Path::new("/dev").join(entry.file_name()));
        }
    }
    Ok(found)
}
