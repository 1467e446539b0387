//! What was acknowledged is there, and what was not is wholly there or wholly absent: after a power cut at any instant of a
//! script of changes, and when services are killed while a client makes the same changes.
//!
//! The disk's writes are logged while the script runs, and replayed up to a random instant, without some of those that were not
//! flushed, beside the TPM as it was then; then the box boots from that disk. An ordinary run tries two instants and a long one twenty (`COFFER_LONG` set, as
//! `scripts/test --long` does). The seed is printed; `COFFER_SEED` gives it. What the box wrote is not the same in two runs.

mod expected;
mod lines;
mod script;
mod verify;

use std::thread;
use std::time::Duration;

use end_to_end::{BOOT, Box, POWER_OFF, checks, is_long};
use harness::tpm_log::{TpmFollower, TpmLog};
use harness::write_log::WriteLog;
use harness::{Machine, Settings};
use rug::rand::RandState;

use crate::cut::{Replay, forget_evidence, seeded};
use expected::Event;
use script::Script;

/// The services that the changes go through, and the one that they do not.
const SERVICES: [&str; 5] = ["computed", "keyd", "auditd", "networkd", "consoled"];
const ROUNDS: usize = 2;

#[test]
fn power_cuts_and_kills_in_the_middle_of_changes() {
    checks::run("power_cuts_and_kills_in_the_middle_of_changes", |checks| {
        let mut random = seeded();

        let made = Box::test();
        let (settings, log) = (made.settings(), made.folder.path().join("write-log"));
        let mut machine = checks.step("boot", || made.boot(&settings.clone().write_log(&log)));
        let tpm = TpmFollower::start(settings.tpm_folder(), &log);
        let mut script = Script::new(&made, &machine, &log);
        checks.step("a_script_of_changes", || {
            script.enrol_administrator();
            (0..ROUNDS).for_each(|_| script.round());
        });
        let asked = script.events.len();
        let degraded = script.administrator().status().unwrap().degraded;

        script.is_patient = true;
        for kills in 1..=if is_long() { 4 } else { 1 } {
            checks.check(format!("each_service_is_killed_while_a_client_makes_changes_{kills}"), || {
                let pauses = SERVICES.map(|_| Duration::from_millis(random.below(4000).into()));
                thread::scope(|scope| {
                    let kills = scope.spawn(|| SERVICES.iter().zip(pauses).for_each(|(s, p)| kill(&machine, s, p)));
                    while !kills.is_finished() {
                        script.round();
                    }
                    kills.join().unwrap();
                });
                let problems = verify::problems(&made, &machine, &script.events, verify::KILLED, &degraded);
                assert!(problems.is_empty(), "{problems:#?}");
            });
        }
        let events = script.events;
        checks.step("power_off", || machine.power_off(POWER_OFF).unwrap());

        let (log, tpm) = (WriteLog::read(&log).unwrap(), tpm.stop().unwrap());
        let instants = instants(&log, &tpm, &events[..asked], &mut random);
        let mut replay = Replay::new(&log, &made);
        for (number, instant) in instants.into_iter().enumerate() {
            let name = format!("power_cut_{number}_{}", expected::name_at(&events, instant));
            checks.check(name, || {
                let work = made.folder.path().join(format!("cut-{instant}"));
                let settings = settings.with_disk_in(&work).unwrap();
                tpm.restore(instant, settings.tpm_folder()).unwrap();
                let told = replay.cut(instant, &settings.disk(), &mut random);
                cut(&made, &settings, instant, &told, &events, &degraded);
                std::fs::remove_dir_all(&work).unwrap();
            });
        }
    });
}

/// So many random instants, in order, spread over the changes whatever each of them wrote. Where nothing waits for a flush a cut
/// leaves what it leaves a moment later, when some writes wait and none of them is kept: those instants stand for both. They are
/// instants of which the TPM's state is known, too.
fn instants(log: &WriteLog, tpm: &TpmLog, events: &[Event], random: &mut RandState<'_>) -> Vec<u64> {
    let count = if is_long() { 20 } else { 2 };
    let mut instants = Vec::new();
    while instants.len() < count {
        let (from, to) = (instants.len() * events.len() / count, (instants.len() + 1) * events.len() / count);
        let event = &events[from + random.below((to - from).max(1) as u32) as usize];
        let is_open = |at: &u64| tpm.at(*at).is_some() && log.between(log.flushed(*at)..*at).next().is_some();
        let possible: Vec<u64> = log.instants(event.begun..event.done + 1).into_iter().filter(is_open).collect();
        assert!(!possible.is_empty(), "{event:?} was answered, and nothing was written");
        instants.push(possible[random.below(possible.len() as u32) as usize]);
    }
    instants.sort_unstable();
    instants
}

/// The power was cut at this instant, which left a disk and a TPM; what does the next boot find?
fn cut(made: &Box, settings: &Settings, instant: u64, told: &str, events: &[Event], degraded: &[String]) {
    println!("cut at {instant}: {told}");
    forget_evidence(made);
    let started = std::time::Instant::now();
    let machine = made.boot(settings);
    println!("booted after {:.1} s", started.elapsed().as_secs_f64());
    let problems = verify::problems(made, &machine, events, instant, degraded);
    assert!(problems.is_empty(), "cut at {instant}, {told}: {problems:#?}");
}

fn kill(machine: &Machine, service: &str, pause: Duration) {
    thread::sleep(pause);
    let console = machine.console();
    console.mark();
    console.send_line(&format!("kill {service}")).unwrap();
    console.wait_for(&format!("service {service} was killed by SIGKILL"), BOOT).unwrap();
    console.wait_for("coffer: ready", BOOT).unwrap();
}
