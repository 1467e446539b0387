//! Whether the data volume takes what is written to it.

use std::time::Duration;

use box_state::{Code, Event, Reason};
use nix::sys::statvfs::{FsFlags, statvfs};

/// How often it is looked at.
const EVERY: Duration = Duration::from_secs(10);
/// Below this it counts as full: what services keep for deleting and ending is in it.
const FULL_BELOW: u64 = 8 << 20;
/// From here on it is full no more; between the two it stays what it was.
const ROOM_FROM: u64 = 16 << 20;

/// Looks at the mounted volume from time to time.
#[derive(Default)]
pub(crate) struct Space {
    next: Duration,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Found {
    free: u64,
    read_only: bool,
}

impl Space {
    /// What follows, when it is time to look; `now`: since the start.
    pub(crate) fn look(&mut self, now: Duration) -> Vec<Event> {
        if now < self.next {
            return Vec::new();
        }
        self.next = now + EVERY;
        let Ok(found) = statvfs("/data") else { return Vec::new() };
        let free = found.blocks_available() * found.fragment_size();
        events(Found { free, read_only: found.flags().contains(FsFlags::ST_RDONLY) })
    }
}

fn events(found: Found) -> Vec<Event> {
    let gone = |code| Event::Gone(code, String::new());
    let mut events = vec![if found.read_only {
        Event::Appeared(Reason::new(Code::DataVolumeReadOnly))
    } else {
        gone(Code::DataVolumeReadOnly)
    }];
    if found.free < FULL_BELOW {
        let detail = format!("less than {} MiB are free", FULL_BELOW >> 20);
        events.push(Event::Appeared(Reason::new(Code::DataVolumeFull).detail(&detail)));
    } else if found.free >= ROOM_FROM {
        events.push(gone(Code::DataVolumeFull));
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_volume_is_full_until_there_is_room() {
        let full = |free| {
            let events = events(Found { free, read_only: false });
            events.iter().find_map(|event| match event {
                Event::Appeared(reason) if reason.code() == Code::DataVolumeFull => Some(true),
                Event::Gone(Code::DataVolumeFull, _) => Some(false),
                _ => None,
            })
        };
        assert_eq!(
            [0, FULL_BELOW - 1, FULL_BELOW, ROOM_FROM - 1, ROOM_FROM].map(full),
            [Some(true), Some(true), None, None, Some(false)]
        );
        let read_only = events(Found { free: u64::MAX, read_only: true });
        assert!(matches!(&read_only[0], Event::Appeared(reason) if reason.code() == Code::DataVolumeReadOnly));
    }
}
