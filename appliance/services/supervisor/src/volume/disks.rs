//! Which disk holds the data volume.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use box_state::{Code, Reason};
use data_volume::Candidate;

use super::reasons;

/// Disks may come up after us.
const WAIT: Duration = Duration::from_secs(15);
const LOOK: Duration = Duration::from_millis(50);

/// The disks that were found, and the one that a person chose.
#[derive(Default)]
pub(crate) struct Disks {
    found: Vec<Candidate>,
    chosen: Option<PathBuf>,
}

impl Disks {
    /// The partition of the only disk, or of the chosen one; waits for one to come up.
    pub(crate) fn the_one(&mut self, feed: &mut dyn FnMut()) -> Result<PathBuf, Reason> {
        let until = Instant::now() + WAIT;
        loop {
            feed();
            self.found = data_volume::candidates().map_err(|e| reasons::of_disk(&e))?;
            match self.decide() {
                Err(why) if why.code() == Code::NoDataDisk && Instant::now() < until => thread::sleep(LOOK),
                decided => return decided,
            }
        }
    }

    /// The disk of this number, counted from 1.
    pub(crate) fn choose(&mut self, number: usize) -> Result<(), String> {
        let Some(candidate) = self.found.get(number.wrapping_sub(1)) else {
            return Err(format!("there is no disk {number}; there are {}", self.found.len()));
        };
        self.chosen = Some(candidate.device.clone());
        Ok(())
    }

    /// What a person is told of the disk that is erased.
    pub(crate) fn described(&self) -> Option<(PathBuf, String)> {
        let device = self.decide().ok()?;
        let candidate = self.found.iter().find(|c| c.device == device)?;
        Some((device, described(candidate)))
    }

    fn decide(&self) -> Result<PathBuf, Reason> {
        let chosen = self.found.iter().find(|c| Some(&c.device) == self.chosen.as_ref());
        match (chosen, self.found.as_slice()) {
            (Some(one), _) | (None, [one]) => Ok(one.device.clone()),
            (None, []) => Err(Reason::new(Code::NoDataDisk)),
            (None, several) => {
                let list = several.iter().enumerate().map(|(i, c)| format!("{}: {}", i + 1, described(c)));
                Err(Reason::new(Code::SeveralDataDisks).detail(&list.collect::<Vec<_>>().join("; ")))
            }
        }
    }
}

/// "vda (QEMU DISK, serial 123), 384 MiB".
fn described(candidate: &Candidate) -> String {
    let known = [candidate.model.clone(), candidate.serial.as_ref().map(|s| format!("serial {s}"))];
    let known = known.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let known = if known.is_empty() { String::new() } else { format!(" ({known})") };
    format!("{}{known}, {} MiB", candidate.disk, candidate.size >> 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(disk: &str) -> Candidate {
        let device = PathBuf::from(format!("/dev/{disk}2"));
        Candidate { device, disk: disk.into(), model: Some("Fast".into()), serial: None, size: 384 << 20 }
    }

    #[test]
    fn of_several_disks_a_person_chooses() {
        let mut disks = Disks::default();
        assert_eq!(disks.decide().unwrap_err().code(), Code::NoDataDisk);
        disks.found = vec![candidate("vda")];
        assert_eq!(disks.decide().unwrap(), PathBuf::from("/dev/vda2"));
        disks.found.push(candidate("vdb"));
        let why = disks.decide().unwrap_err();
        assert_eq!(why.code(), Code::SeveralDataDisks);
        assert!(why.sentence().contains("1: vda (Fast), 384 MiB; 2: vdb (Fast), 384 MiB"), "{}", why.sentence());
        assert!(disks.choose(0).is_err() && disks.choose(3).is_err());
        disks.choose(2).unwrap();
        assert_eq!(disks.decide().unwrap(), PathBuf::from("/dev/vdb2"));
        // One that was chosen and is gone is not replaced by another without being asked.
        disks.found = vec![candidate("vda"), candidate("vdc")];
        assert_eq!(disks.decide().unwrap_err().code(), Code::SeveralDataDisks);
    }
}
