//! Changes, one after the other, by a client that notes when it asked and when it had its answer.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use end_to_end::{BOOT, Box, JOB, table};
use harness::client::Client;
use harness::{HarnessError, Machine, write_log};
use serde_json::Value;

use super::expected::{Change, Event, Key};

/// The first client's name; the code on the screen is for it.
pub(crate) const ADMINISTRATOR: &str = "administrator";
pub(crate) const ROWS: usize = 4;
const PAUSE: Duration = Duration::from_millis(500);

pub(crate) struct Script<'a> {
    made: &'a Box,
    machine: &'a Machine,
    log: &'a Path,
    pub(crate) events: Vec<Event>,
    /// Who is not takes the first error for the last word; who is looks what became of it, and tries again.
    pub(crate) is_patient: bool,
    rounds: usize,
    /// What a later round ends.
    last: Option<Round>,
    paillier: String,
}

/// What a round made.
struct Round {
    client: String,
    key: Key,
    job: String,
}

impl<'a> Script<'a> {
    pub(crate) fn new(made: &'a Box, machine: &'a Machine, log: &'a Path) -> Script<'a> {
        let events = Vec::new();
        Script { made, machine, log, events, is_patient: false, rounds: 0, last: None, paillier: String::new() }
    }

    pub(crate) fn administrator(&self) -> Client {
        self.made.client_named(ADMINISTRATOR, self.machine)
    }

    pub(crate) fn enrol_administrator(&mut self) {
        let code = self.machine.console().wait_value("coffer: pairing code ", BOOT).unwrap();
        self.enrol(ADMINISTRATOR, &code);
        self.paillier = self.create(ADMINISTRATOR, "paillier", "paillier").name;
    }

    /// A client, a key and a job more; those of the round before go.
    pub(crate) fn round(&mut self) {
        self.rounds += 1;
        let client = format!("client-{}", self.rounds);
        let code = self.code(&client);
        self.enrol(&client, &code);
        let job = self.submit();
        self.create(&client, "own", "rsa");
        let key = self.create(ADMINISTRATOR, &format!("rsa-{}", self.rounds), "rsa");
        if let Some(before) = self.last.replace(Round { client, key, job }) {
            self.destroy(ADMINISTRATOR, &before.key);
            self.revoke(&before.client);
            self.delete(&before.job);
        }
        if self.is_patient {
            self.adopt();
        }
    }

    /// A submission whose answer was lost may have been taken although the jobs were listed without it a moment later, by a
    /// service that was about to end. Such a job must be as whole as any other.
    fn adopt(&mut self) {
        for job in self.patiently(|s| jobs(&s.administrator())) {
            let is_it = |e: &Event| matches!(&e.change, Change::Submit { job: known, .. } if *known == job);
            if self.events.iter().any(is_it) {
                continue;
            }
            println!("job {job} was taken without an answer");
            let begun = self.now();
            self.patiently(|s| s.administrator().call(&["jobs", "watch", &job], JOB));
            self.note(begun, Change::Submit { job: job.clone(), key: self.paillier.clone() });
            self.note(begun, Change::Finish { job });
        }
    }

    fn code(&mut self, client: &str) -> String {
        let call = |own: &Self| own.administrator().call(&["pairing-code", "--name", client], JOB);
        // Another code takes the place of one that was made and did not arrive.
        let (begun, made) = self.insist(call, |_| None);
        let code = made["code"].as_str().unwrap().to_string();
        self.note(begun, Change::Code { client: client.into(), code: code.clone() });
        code
    }

    fn enrol(&mut self, client: &str, code: &str) {
        let own = |script: &Self| script.made.client_named(client, script.machine);
        let (begun, ()) = self.insist(|s| own(s).enrol(code), |s| own(s).status().ok().map(drop));
        self.note(begun, Change::Enrol { client: client.into() });
    }

    fn create(&mut self, owner: &str, name: &str, kind: &str) -> Key {
        let words = ["keys", "create", name, "--kind", kind];
        let own = |script: &Self| script.made.client_named(owner, script.machine);
        let (begun, key) = self.insist(
            |s| own(s).call(&words, JOB).map(|said| key(&said)),
            |s| keys(&own(s)).ok()?.into_iter().find(|key| key.name == name),
        );
        self.note(begun, Change::Create { owner: owner.into(), key: key.clone() });
        key
    }

    fn destroy(&mut self, owner: &str, key: &Key) {
        let own = |script: &Self| script.made.client_named(owner, script.machine);
        let gone = |client: &Client| Some(!keys(client).ok()?.iter().any(|k| k.id == key.id));
        let (begun, ()) = self.insist(
            |s| own(s).call(&["keys", "destroy", &key.id], JOB).map(drop),
            |s| gone(&own(s)).filter(|gone| *gone).map(drop),
        );
        self.note(begun, Change::Destroy { owner: owner.into(), id: key.id.clone() });
    }

    fn revoke(&mut self, client: &str) {
        let listed = |s: &Self| {
            let all = s.administrator().call(&["clients", "list"], JOB)?;
            Ok(all["clients"].as_array().unwrap().iter().find(|c| c["name"] == client).cloned().unwrap())
        };
        let (_, found) = self.insist(listed, |_| None);
        let serial = found["serial"].as_str().unwrap().to_string();
        let (begun, ()) = self.insist(
            |s| s.administrator().call(&["clients", "revoke", &serial], JOB).map(drop),
            |s| listed(s).ok().filter(|c| c["revoked"] == true).map(drop),
        );
        self.note(begun, Change::Revoke { client: client.into(), serial });
    }

    /// It is accepted as soon as it is listed, and done when the client says so.
    fn submit(&mut self) -> String {
        let before = self.patiently(|s| jobs(&s.administrator()));
        let new = |client: &Client| Some(jobs(client).ok()?.into_iter().find(|job| !before.contains(job)));
        let (path, _) = table(self.made.folder.path(), ROWS);
        let (begun, client) = (self.now(), self.administrator());
        let (job, done) = loop {
            let words = ["compute", "encrypt", path.to_str().unwrap(), "--key", &self.paillier];
            let (found, answer) = thread::scope(|scope| {
                let call = scope.spawn(|| client.call(&words, JOB));
                let found = loop {
                    let has_ended = call.is_finished();
                    if let Some(job) = new(&client).flatten() {
                        let change = Change::Submit { job: job.clone(), key: self.paillier.clone() };
                        break Some((job, self.event(begun, change)));
                    }
                    if has_ended && (!self.is_patient || new(&client).is_some()) {
                        break None;
                    }
                };
                (found, call.join().unwrap())
            });
            match (found, answer) {
                (Some((job, event)), answer) => {
                    self.events.push(event);
                    break (job, answer.is_ok());
                }
                (None, Err(e)) => assert!(self.is_patient, "{e}"),
                (None, Ok(said)) => panic!("a job that is not listed: {said}"),
            }
        };
        if !done {
            assert!(self.is_patient, "job {job} does not end");
            self.patiently(|s| s.administrator().call(&["jobs", "watch", &job], JOB));
        }
        self.note(begun, Change::Finish { job: job.clone() });
        job
    }

    fn delete(&mut self, job: &str) {
        let gone = |client: &Client| Some(!jobs(client).ok()?.iter().any(|found| found == job));
        let (begun, ()) = self.insist(
            |s| s.administrator().call(&["jobs", "delete", job], JOB).map(drop),
            |s| gone(&s.administrator()).filter(|gone| *gone).map(drop),
        );
        self.note(begun, Change::Delete { job: job.into() });
    }

    /// Calls until there is an answer, or what was asked for is found; with the instant before.
    fn insist<T>(
        &self,
        call: impl Fn(&Self) -> Result<T, HarnessError>,
        found: impl Fn(&Self) -> Option<T>,
    ) -> (u64, T) {
        let (begun, started) = (self.now(), Instant::now());
        loop {
            match call(self) {
                Ok(answer) => return (begun, answer),
                Err(e) => assert!(self.is_patient && started.elapsed() < BOOT, "{e}"),
            }
            if let Some(answer) = found(self) {
                return (begun, answer);
            }
            thread::sleep(PAUSE);
        }
    }

    fn patiently<T>(&self, call: impl Fn(&Self) -> Result<T, HarnessError>) -> T {
        self.insist(call, |_| None).1
    }

    fn note(&mut self, begun: u64, change: Change) {
        self.events.push(self.event(begun, change));
    }

    fn event(&self, begun: u64, change: Change) -> Event {
        Event { begun, done: self.now(), change }
    }

    fn now(&self) -> u64 {
        write_log::instant(self.log).unwrap()
    }
}

pub(crate) fn keys(client: &Client) -> Result<Vec<Key>, HarnessError> {
    let said = client.call(&["keys", "list"], JOB)?;
    Ok(said["keys"].as_array().unwrap().iter().map(key).collect())
}

fn key(said: &Value) -> Key {
    let (id, name) = (said["id"].as_str().unwrap().to_string(), said["name"].as_str().unwrap().to_string());
    let mut said = said.clone();
    for count in ["uses", "private_uses"] {
        said.as_object_mut().unwrap().remove(count);
    }
    Key { id, name, said }
}

/// The ids of the client's jobs.
fn jobs(client: &Client) -> Result<Vec<String>, HarnessError> {
    let said = client.call(&["jobs", "list"], JOB)?;
    Ok(said["jobs"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap().to_string()).collect())
}
