//! Looks at a box as its clients do, and compares with what must hold.

use std::cell::RefCell;
use std::path::Path;

use end_to_end::{BOOT, Box, JOB, table};
use harness::Machine;
use harness::client::Client;
use serde_json::Value;

use super::expected::{Change, Event, Is, Key, of};
use super::lines::{holds, line};
use super::script::{ADMINISTRATOR, ROWS, keys};

/// The instant of a box that was not switched off: after all changes.
pub(crate) const KILLED: u64 = u64::MAX;

/// All that is not as it must be, in words.
pub(crate) fn problems(
    made: &Box,
    machine: &Machine,
    events: &[Event],
    instant: u64,
    degraded: &[String],
) -> Vec<String> {
    let folder = made.folder.path();
    let named = |name: &str| made.client_named(name, machine);
    let mut administrator = named(ADMINISTRATOR);
    if administrator.status().is_err() {
        if of(events, instant, |c| matches!(c, Change::Enrol { client } if client == ADMINISTRATOR)) == Is::There {
            return vec![format!("the administrator is not served: {:?}", administrator.status().err())];
        }
        // Nobody was enrolled, so that whoever stands before the box is.
        let code = machine.console().wait_value("coffer: pairing code ", BOOT).unwrap();
        administrator = named(&format!("administrator-{instant}"));
        administrator.enrol(&code).unwrap();
    }
    let look = Look { administrator, folder, named: &named, events, instant, problems: RefCell::default() };
    look.state(machine, degraded);
    let listed = look.call(&look.administrator, &["jobs", "list"]);
    let mut there = look.clients();
    there.extend(look.keys());
    there.extend(look.jobs(&listed));
    look.log(&there);
    look.codes();
    look.problems.into_inner()
}

struct Look<'a> {
    administrator: Client,
    folder: &'a Path,
    named: &'a dyn Fn(&str) -> Client,
    events: &'a [Event],
    instant: u64,
    problems: RefCell<Vec<String>>,
}

impl<'a> Look<'a> {
    fn state(&self, machine: &Machine, degraded: &[String]) {
        let mut reasons = self.administrator.status().unwrap().degraded;
        if self.instant == KILLED {
            // So it does.
            reasons.retain(|why| !why.ends_with("keeps dying"));
        }
        self.expect(reasons == degraded, || format!("it is degraded: {reasons:?}"));
        let aside = machine.console().lines().into_iter().find(|l| l.contains("set aside"));
        self.expect(aside.is_none(), || format!("{aside:?}"));
    }

    /// The changes whose effect is seen.
    fn clients(&self) -> Vec<&'a Change> {
        let mut there = Vec::new();
        let list = self.call(&self.administrator, &["clients", "list"]);
        for event in self.events {
            let Change::Enrol { client } = &event.change else { continue };
            let listed = array(&list["clients"]).iter().find(|c| c["name"] == **client);
            let served = self.client(client).call(&["keys", "list"], JOB);
            self.agrees(event.at(self.instant), listed.is_some(), || format!("client {client}: {listed:?}"));
            let in_force = listed.is_some_and(|c| c["revoked"] == false);
            self.expect(in_force == served.is_ok(), || format!("{client} is {listed:?} and served {served:?}"));
            let Some(listed) = listed else { continue };
            there.push(&event.change);
            let is_revocation = |c: &Change| matches!(c, Change::Revoke { client: revoked, .. } if revoked == client);
            self.agrees(of(self.events, self.instant, is_revocation), !in_force, || format!("revoked: {listed}"));
            if !in_force {
                there.extend(self.events.iter().map(|e| &e.change).find(|c| is_revocation(c)));
            }
        }
        let unknown =
            |c: &&Value| !self.has(|known| matches!(known, Change::Enrol { client } if c["name"] == **client));
        let unknown: Vec<&Value> = array(&list["clients"]).iter().filter(unknown).collect();
        self.expect(unknown.is_empty(), || format!("clients of nobody's: {unknown:?}"));
        there
    }

    fn keys(&self) -> Vec<&'a Change> {
        let mut there = Vec::new();
        let owners = self.events.iter().filter_map(|e| match &e.change {
            Change::Enrol { client } => Some(client.as_str()),
            _ => None,
        });
        for owner in owners {
            let client = self.client(owner);
            // Whether it must be served is known already.
            let Ok(listed) = keys(&client) else { continue };
            for event in self.events {
                let Change::Create { owner: of_key, key } = &event.change else { continue };
                if of_key != owner {
                    continue;
                }
                let found = listed.iter().find(|k| k.id == key.id);
                let is_destruction = |c: &Change| matches!(c, Change::Destroy { id, .. } if *id == key.id);
                let destroyed = of(self.events, self.instant, is_destruction);
                self.agrees(event.at(self.instant).until(destroyed), found.is_some(), || format!("key {key:?}"));
                if let Some(found) = found {
                    there.push(&event.change);
                    self.expect(found.said == key.said, || format!("key {found:?} was {key:?}"));
                    self.use_key(&client, key);
                } else if event.at(self.instant) == Is::There {
                    there.extend(self.events.iter().map(|e| &e.change).find(|c| is_destruction(c)));
                }
            }
            let unknown = |k: &&Key| !self.has(|c| matches!(c, Change::Create { key, .. } if key.id == k.id));
            let unknown: Vec<&Key> = listed.iter().filter(unknown).collect();
            self.expect(unknown.is_empty(), || format!("keys that nobody made: {unknown:?}"));
        }
        there
    }

    /// With its private part.
    fn use_key(&self, client: &Client, key: &Key) {
        let (path, values) = table(self.folder, ROWS);
        let path = path.to_str().unwrap();
        if key.said["rsa_bits"] != 0 {
            let signature = self.folder.join("signature");
            self.call(client, &["compute", "rsa-sign", path, signature.to_str().unwrap(), "--key", &key.name]);
            return;
        }
        let job = self.call(client, &["compute", "encrypt", path, "--key", &key.name]);
        let job = job["id"].as_str().unwrap_or_default();
        self.decrypt(client, job, &key.name, &values);
        self.call(client, &["jobs", "delete", job]);
    }

    fn jobs(&self, list: &Value) -> Vec<&'a Change> {
        let mut there = Vec::new();
        let (_, values) = table(self.folder, ROWS);
        for event in self.events {
            let Change::Submit { job, key } = &event.change else { continue };
            let listed = array(&list["jobs"]).iter().find(|listed| listed["id"] == **job);
            let is_deletion = |c: &Change| matches!(c, Change::Delete { job: deleted } if deleted == job);
            let is_end = |c: &Change| matches!(c, Change::Finish { job: done } if done == job);
            let deleted = of(self.events, self.instant, is_deletion);
            self.agrees(event.at(self.instant).until(deleted), listed.is_some(), || format!("job {job}: {listed:?}"));
            let Some(listed) = listed else {
                if event.at(self.instant) == Is::There {
                    there.extend(self.events.iter().map(|e| &e.change).find(|c| is_deletion(c)));
                }
                continue;
            };
            there.push(&event.change);
            let ended = of(self.events, self.instant, is_end);
            self.expect(ended != Is::There || listed["state"] == "done", || format!("it was done: {listed}"));
            self.call(&self.administrator, &["jobs", "watch", job]);
            there.extend(self.events.iter().map(|e| &e.change).find(|c| is_end(c)));
            self.decrypt(&self.administrator, job, key, &values);
        }
        let unknown = |j: &&Value| !self.has(|c| matches!(c, Change::Submit { job, .. } if j["id"] == **job));
        let unknown: Vec<&Value> = array(&list["jobs"]).iter().filter(unknown).collect();
        self.expect(unknown.is_empty(), || format!("jobs that nobody was answered for: {unknown:?}"));
        there
    }

    fn decrypt(&self, client: &Client, job: &str, key: &str, values: &[Vec<i64>]) {
        let values: Vec<String> = values.concat().iter().map(i64::to_string).collect();
        let clear = self.call(client, &["compute", "decrypt", job, "--key", key]);
        self.expect(clear["values"] == serde_json::json!(values), || format!("job {job} is {clear}"));
        self.call(client, &["jobs", "delete", clear["job"]["id"].as_str().unwrap_or_default()]);
    }

    /// What is there, was acknowledged, or was seen to be gone, has its line.
    fn log(&self, there: &[&Change]) {
        let log = self.call(&self.administrator, &["audit", "show"]);
        self.expect(log["chain"] == "whole" && log["losses"] == 0, || format!("the log's losses: {}", log["losses"]));
        let lines: Vec<Value> =
            array(&log["log"]).iter().map(|l| serde_json::from_str(l.as_str().unwrap()).unwrap()).collect();
        for event in self.events {
            let part = line(&event.change);
            let known = match there.iter().any(|seen| std::ptr::eq(*seen, &event.change)) {
                true => Is::There,
                false => event.at(self.instant),
            };
            self.agrees(known, lines.iter().any(|line| holds(line, &part)), || format!("the line {part}"));
        }
    }

    /// A code that was given out and not used admits; one that was not, does not.
    fn codes(&self) {
        let list = self.call(&self.administrator, &["clients", "list"]);
        for event in self.events {
            let Change::Code { client, code } = &event.change else { continue };
            if array(&list["clients"]).iter().any(|c| c["name"] == **client) {
                continue;
            }
            let another = (self.named)(&format!("{client}-{}", self.instant));
            let admitted = another.enrol(code).and_then(|()| another.status());
            self.agrees(event.at(self.instant), admitted.is_ok(), || format!("{client}'s code: {admitted:?}"));
        }
    }

    fn client(&self, name: &str) -> Client {
        if name == ADMINISTRATOR { self.administrator.clone() } else { (self.named)(name) }
    }

    fn has(&self, wanted: impl Fn(&Change) -> bool) -> bool {
        self.events.iter().any(|e| wanted(&e.change))
    }

    fn call(&self, client: &Client, words: &[&str]) -> Value {
        client.call(words, JOB).unwrap_or_else(|e| {
            self.problems.borrow_mut().push(format!("{}: {e}", words.join(" ")));
            Value::Null
        })
    }

    fn agrees(&self, known: Is, is_there: bool, what: impl FnOnce() -> String) {
        self.expect(known.agrees(is_there), || {
            format!("{} {}, but should be {known:?}", what(), if is_there { "is there" } else { "is not there" })
        });
    }

    fn expect(&self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.problems.borrow_mut().push(what());
        }
    }
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
