//! A power cut at any instant of the first boot leaves a disk that the next boot sets up anew, or a whole volume whose recovery key
//! is still to be shown.
//!
//! The disk's writes are logged at a first boot, and replayed up to a hundred instants, without some of those that were not
//! flushed, beside the TPM as it was then. What is left is looked at as the box looks at it; and from some of the disks the box boots: two in an ordinary run,
//! ten or so in a long one.

use std::collections::BTreeMap;
use std::path::Path;

use data_volume::{Contents, Tried, Way, read};
use end_to_end::{Box, POWER_OFF, checks, is_long};
use harness::disk::{data_volume, extract_data_volume};
use harness::tpm_log::{TpmFollower, TpmLog};
use harness::write_log::{self, WriteLog};
use harness::{Machine, Settings};
use rug::rand::RandState;
use secrets::Secret;

use crate::cut::{Replay, seeded};

const INSTANTS: usize = 100;

#[test]
fn power_cuts_in_the_first_boot() {
    checks::run("power_cuts_in_the_first_boot", |checks| {
        let mut random = seeded();
        let made = Box::test();
        let (settings, log) = (made.settings(), made.folder.path().join("write-log"));
        settings.prepare().unwrap();
        let tpm = TpmFollower::start(settings.tpm_folder(), &log);
        let mut machine = checks.step("boot", || made.boot(&settings.clone().write_log(&log)));
        let (recovery, end) = (shown(&machine), write_log::instant(&log).unwrap());
        checks.step("power_off", || machine.power_off(POWER_OFF).unwrap());

        let (log, tpm) = (WriteLog::read(&log).unwrap(), tpm.stop().unwrap());
        let instants = instants(&log, &tpm, &settings.disk(), end, &mut random);
        let spread: Vec<usize> =
            if is_long() { (0..8).map(|n| (2 * n + 1) * instants.len() / 16).collect() } else { Vec::new() };
        let mut replay = Replay::new(&log, &made);
        let mut seen = BTreeMap::new();
        for (number, instant) in instants.iter().enumerate() {
            let work = made.folder.path().join(format!("cut-{instant}"));
            let settings = settings.with_disk_in(&work).unwrap();
            tpm.restore(*instant, settings.tpm_folder()).unwrap();
            let told = replay.cut(*instant, &settings.disk(), &mut random);
            let found = found(&settings.disk(), &recovery).unwrap_or_else(|e| panic!("cut at {instant}, {told}: {e}"));
            let times = seen.entry(found).or_insert(0);
            *times += 1;
            // The first that are no longer blank: just after the first step, and just after the last one.
            if spread.contains(&number) || (*times == 1 && found != "blank") {
                checks.check(format!("boot_{number}_{found}"), || boots(&made, &settings));
            }
            std::fs::remove_dir_all(&work).unwrap();
        }
        println!("{seen:?}");
        checks.check("a_blank_an_unfinished_and_a_whole_volume_were_left", || assert_eq!(seen.len(), 3));
    });
}

/// In order: every instant at which something of the volume's header had been written, and others up to the number; of each the
/// TPM's state is known.
fn instants(log: &WriteLog, tpm: &TpmLog, disk: &Path, end: u64, random: &mut RandState<'_>) -> Vec<u64> {
    let volume = data_volume(disk).unwrap();
    let header = volume.start..volume.start + data_volume::HEADER;
    let mut all = log.instants(0..end + 1);
    all.retain(|instant| tpm.at(*instant).is_some());
    let mut chosen = Vec::new();
    let mut before = 0;
    for instant in &all {
        if log.between(before..*instant).any(|write| header.contains(&write.offset)) {
            chosen.push(*instant);
        }
        before = *instant;
    }
    assert!((3..INSTANTS).contains(&chosen.len()), "{} writes of the header", chosen.len());
    all.retain(|instant| !chosen.contains(instant));
    while chosen.len() < INSTANTS && !all.is_empty() {
        chosen.push(all.swap_remove(random.below(all.len() as u32) as usize));
    }
    chosen.sort_unstable();
    chosen
}

/// What the next boot finds; an error says what must not be.
fn found(disk: &Path, recovery: &str) -> Result<&'static str, String> {
    let partition = disk.with_extension("partition");
    extract_data_volume(disk, &partition).unwrap();
    match read(&partition, &mut || ()).unwrap() {
        Contents::Blank => Ok("blank"),
        Contents::Unfinished => Ok("unfinished"),
        Contents::Volume(mut volume) => {
            let tried = volume.try_key(Way::Recovery, &Secret::copy_of(recovery.as_bytes())).unwrap();
            match (tried, volume.sealed().is_some(), volume.was_repaired()) {
                (Tried::Opens, true, false) => Ok("whole"),
                other => Err(format!("a volume that is not whole: {other:?}")),
            }
        }
        other => Err(format!("{other:?}")),
    }
}

/// The box comes up and shows a recovery key that opens its volume.
fn boots(made: &Box, settings: &Settings) {
    let mut machine = made.boot(settings);
    let recovery = shown(&machine);
    machine.power_off(POWER_OFF).unwrap();
    assert_eq!(found(&settings.disk(), &recovery).unwrap(), "whole");
}

fn shown(machine: &Machine) -> String {
    machine.console().value("coffer: recovery key ").expect("a recovery key on the console")
}
