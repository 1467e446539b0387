//! Power cuts in the middle of planned changes of Secure Boot: the policy that everything sealed asks for is then another one, which is
//! three writes of the TPM. Whatever is left opens in the state that is, without a person, has its keys, and says what is planned; and
//! what it says is so.
//!
//! The disk's writes and the TPM's states are recorded while changes are planned, planned otherwise, and given up; the box then boots from
//! what random moments left. The TPM is written while the disk is not, so that one instant of the disk has several moments.
//! An ordinary run tries one and a long one twenty.

use std::fs;
use std::path::{Path, PathBuf};

use end_to_end::checks::Checks;
use end_to_end::{Box, JOB, is_long, table};
use harness::client::Client;
use harness::disk::copy_sparse;
use harness::tpm_log::{Moment, TpmFollower, TpmLog};
use harness::write_log::{self, WriteLog};
use harness::{Settings, firmware};
use rug::rand::RandState;

use super::person::Person;
use crate::cut::{Replay, forget_evidence, seeded};

const KEY: &str = "reseal";
const ROWS: usize = 4;

/// A change that could be planned: what db will be, and the firmware's variables once it is made.
pub(super) struct Change {
    pub(super) db: PathBuf,
    pub(super) variables: PathBuf,
}

/// A boot that is recorded.
pub(super) struct Recorder<'a> {
    made: &'a Box,
    settings: &'a Settings,
    tpm: TpmFollower,
    plans: Vec<Plan<'a>>,
}

/// What was asked for and done, between two instants; `None`: nothing is planned any more.
struct Plan<'a> {
    begun: u64,
    done: u64,
    wanted: Option<(String, &'a Change)>,
}

impl Change {
    /// Of a box that is off: one certificate more in db. Said by a program that is not ours.
    pub(super) fn trust_also(of: &Settings, certificate: &Path, work: &Path) -> Change {
        let changed = of.with_disk_in(work).unwrap();
        firmware::trust_also(&changed, certificate).unwrap();
        let db = work.join("db.esl");
        fs::write(&db, firmware::variable(&changed, "db").unwrap()).unwrap();
        Change { db, variables: work.join("vars.fd") }
    }
}

impl<'a> Recorder<'a> {
    /// Before the box is switched on, with these settings.
    pub(super) fn start(made: &'a Box, settings: &'a Settings) -> (Recorder<'a>, Settings) {
        copy_sparse(&settings.disk(), &before(made)).unwrap();
        let recorded = settings.clone().write_log(&log(made));
        recorded.prepare().unwrap();
        let tpm = TpmFollower::start(settings.tpm_folder(), &log(made));
        (Recorder { made, settings, tpm, plans: Vec::new() }, recorded)
    }

    /// Has the box expect this change, or none; gives PCR 7 after it.
    pub(super) fn plan(&mut self, client: &Client, change: Option<&'a Change>) -> String {
        let set = change.map(|change| format!("db={}", change.db.display()));
        let words: Vec<&str> = match &set {
            Some(set) => vec!["secure-boot", "--set", set, "--plan"],
            None => vec!["secure-boot", "--plan"],
        };
        let begun = write_log::instant(&log(self.made)).unwrap();
        let said = client.call(&words, JOB).unwrap();
        let done = write_log::instant(&log(self.made)).unwrap();
        let pcr7 = said["pcr7"].as_str().unwrap().to_string();
        self.plans.push(Plan { begun, done, wanted: change.map(|change| (pcr7.clone(), change)) });
        assert_eq!(said_planned(client), self.plans.last().unwrap().pcr7().map(String::from));
        pcr7
    }

    /// The box is off by now.
    pub(super) fn cuts(self, checks: &mut Checks) {
        let mut random = seeded();
        let (log, tpm) = (WriteLog::read(&log(self.made)).unwrap(), self.tpm.stop().unwrap());
        let mut replay = Replay::from(&log, &before(self.made), self.made);
        for (number, moment) in moments(&log, &tpm, &self.plans, &mut random).into_iter().enumerate() {
            checks.check(format!("reseal_cut_{number}"), || {
                let work = self.made.folder.path().join(format!("reseal-cut-{number}"));
                let settings = self.settings.with_disk_in(&work).unwrap();
                tpm.restore_moment(moment, settings.tpm_folder()).unwrap();
                let told = replay.cut(moment.instant, &settings.disk(), &mut random);
                println!("cut at {moment:?}: {told}");
                cut(self.made, &settings, &self.plans, moment.instant);
                fs::remove_dir_all(&work).unwrap();
            });
        }
        forget_evidence(self.made);
    }
}

impl Plan<'_> {
    fn pcr7(&self) -> Option<&str> {
        self.wanted.as_ref().map(|(pcr7, _)| pcr7.as_str())
    }
}

/// Whoever has it had the box's vault open.
pub(super) fn make_key(made: &Box, client: &Client) {
    client.call(&["keys", "create", KEY, "--kind", "rsa"], JOB).unwrap();
    use_key(made, client);
}

fn use_key(made: &Box, client: &Client) {
    let (path, _) = table(made.folder.path(), ROWS);
    let signature = made.folder.path().join("reseal-signature");
    let words = ["compute", "rsa-sign", path.to_str().unwrap(), signature.to_str().unwrap(), "--key", KEY];
    client.call(&words, JOB).unwrap();
}

/// So many, spread over the TPM's states while changes were planned: at any of the disk's instants that a state lasted for.
fn moments(log: &WriteLog, tpm: &TpmLog, plans: &[Plan<'_>], random: &mut RandState<'_>) -> Vec<Moment> {
    let range = plans[0].begun..plans[plans.len() - 1].done + 1;
    let all = tpm.moments(range.clone(), &log.instants(range));
    let states: Vec<&[Moment]> = all.chunk_by(|a, b| a.state == b.state).collect();
    // Three writes for a change, up to five for another one in its place, two for none.
    assert!(states.len() > 3 * plans.len(), "{} states of the TPM in {} plans", states.len(), plans.len());
    let count = if is_long() { 20 } else { 1 };
    let mut below = |n: usize| random.below(n as u32) as usize;
    let mut chosen: Vec<Moment> = (0..count)
        .map(|number| {
            let state = states[(number * states.len() + below(states.len())) / count];
            state[below(state.len())]
        })
        .collect();
    chosen.sort_unstable();
    chosen
}

/// The power was cut at this instant, which left a disk and a TPM.
fn cut(made: &Box, settings: &Settings, plans: &[Plan<'_>], instant: u64) {
    let planned = opens(made, settings);
    let possible = possible(plans, instant);
    assert!(possible.contains(&planned.as_deref()), "planned is {planned:?}, and not one of {possible:?}");
    let begun = plans.iter().rev().filter(|plan| plan.begun <= instant);
    // What it says will open, does; in a long run what it does not say stays closed, too.
    let wanted =
        begun.filter_map(|plan| plan.wanted.as_ref()).find(|(pcr7, _)| planned.as_ref().is_none_or(|p| p == pcr7));
    let Some((_, change)) = wanted else { return };
    let variables = settings.disk().with_file_name("vars.fd");
    if planned.is_some() {
        fs::copy(&change.variables, variables).unwrap();
        assert_eq!(opens(made, settings), None, "the change was made");
    } else if is_long() {
        fs::copy(&change.variables, variables).unwrap();
        let person = Person::switches_on(settings);
        person.finds_it_locked("COF-1011");
        person.switches_off();
    }
}

/// The box opens without a person, serves, and has its key; what it says is planned.
fn opens(made: &Box, settings: &Settings) -> Option<String> {
    forget_evidence(made);
    let person = Person::switches_on(settings);
    person.sees("coffer: ready");
    assert_eq!(person.machine.console().value("coffer: data volume ").as_deref(), Some("unsealed"));
    let client = made.client(&person.machine);
    use_key(made, &client);
    let planned = said_planned(&client);
    person.switches_off();
    planned
}

fn said_planned(client: &Client) -> Option<String> {
    let status = client.call(&["status"], JOB).unwrap();
    status["tpm"]["planned_pcr7"].as_str().map(String::from)
}

/// What may be planned: while a change is asked for the one before, none, or it; later it alone.
fn possible<'a>(plans: &'a [Plan<'_>], instant: u64) -> Vec<Option<&'a str>> {
    let mut possible = Vec::new();
    let mut before = None;
    for plan in plans {
        if (plan.begun..=plan.done).contains(&instant) {
            possible.extend([before, None, plan.pcr7()]);
        }
        if plan.begun <= instant {
            before = plan.pcr7();
        }
    }
    if possible.is_empty() { vec![before] } else { possible }
}

fn log(made: &Box) -> PathBuf {
    made.folder.path().join("reseal-log")
}

/// The disk before the recorded boot.
fn before(made: &Box) -> PathBuf {
    made.folder.path().join("reseal-before.img")
}
