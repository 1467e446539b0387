//! Disks as power cuts at growing instants could have left them.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use end_to_end::Box;
use harness::disk::copy_sparse;
use harness::write_log::{WriteLog, apply};
use imager::build::DISK;
use rug::rand::RandState;

pub(crate) struct Replay<'a> {
    log: &'a WriteLog,
    /// The disk with all that was written before `instant`.
    disk: PathBuf,
    instant: u64,
}

impl<'a> Replay<'a> {
    /// Of a box that was new when the log began.
    pub(crate) fn new(log: &'a WriteLog, made: &Box) -> Replay<'a> {
        Replay::from(log, &made.image.join(DISK), made)
    }

    /// `before`: the disk as it was when the log began.
    pub(crate) fn from(log: &'a WriteLog, before: &Path, made: &Box) -> Replay<'a> {
        let disk = made.folder.path().join("replayed.img");
        copy_sparse(before, &disk).unwrap();
        Replay { log, disk, instant: 0 }
    }

    /// Makes `disk` what a cut at this instant, which is no earlier than the last one, may leave; says what it is.
    pub(crate) fn cut(&mut self, instant: u64, disk: &Path, random: &mut RandState<'_>) -> String {
        let flushed = self.log.flushed(instant).max(self.instant);
        apply(self.log.between(self.instant..flushed), &self.disk).unwrap();
        self.instant = flushed;
        copy_sparse(&self.disk, disk).unwrap();
        let open: Vec<_> = self.log.between(flushed..instant).collect();
        // Nothing, all, or any part of it. A sector that was written twice may have its older content.
        let quarters = random.below(5);
        let kept: Vec<_> = open.iter().copied().filter(|_| random.below(4) < quarters).collect();
        let told = format!("{} of {} sectors that were not flushed are there", kept.len(), open.len());
        apply(kept, disk).unwrap();
        told
    }
}

/// Chance, with a seed that is printed, or given by `COFFER_SEED`.
pub(crate) fn seeded() -> RandState<'static> {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let seed = std::env::var("COFFER_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(now);
    println!("COFFER_SEED={seed}");
    let mut random = RandState::new_mersenne_twister();
    random.seed(&seed.into());
    random
}

/// Each cut is another course of the world: what clients have seen of the TPM's counters in one of them is no past of the next.
pub(crate) fn forget_evidence(made: &Box) {
    for client in std::fs::read_dir(made.folder.path()).unwrap().flatten() {
        let _ = std::fs::remove_file(client.path().join("default/evidence.cbor"));
    }
}
