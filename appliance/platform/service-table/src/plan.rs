//! The table in time: what runs, what is to start and when. Time comes in as a number, and what is to be done comes out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use box_state::BoxState;

use crate::backoff::Backoff;
use crate::{Row, Table};

/// The services of a box, started and not.
pub struct Plan {
    table: Table,
    running: BTreeSet<String>,
    /// When those that do not run, and should, are started.
    due: BTreeMap<String, Duration>,
    /// By restart group.
    backoff: BTreeMap<String, Backoff>,
}

/// What is to be started together, servers before their clients.
#[derive(Default)]
pub struct Starts {
    pub rows: Vec<Row>,
    /// Whom to join; a server may be running already.
    pub joins: Vec<Join>,
}

/// A client, its server, and the calls that it may make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    pub client: String,
    pub server: String,
    pub calls: Vec<String>,
}

/// What follows from the end of a service.
pub struct Consequences {
    /// Who has to stop too: those it starts again with.
    pub stop: Vec<String>,
    /// It ended many times in a row.
    pub keeps_dying: bool,
}

impl Plan {
    /// Nothing runs yet.
    pub fn new(table: Table) -> Plan {
        let (running, due, backoff) = Default::default();
        Plan { table, running, due, backoff }
    }

    /// The box is in this state: what does not run in it is to be stopped now, what does becomes due.
    pub fn enter(&mut self, state: BoxState, now: Duration) -> Vec<String> {
        let wanted: BTreeSet<String> = self.table.running_in(state).map(|row| row.name.clone()).collect();
        self.due.retain(|name, _| wanted.contains(name));
        for name in wanted.difference(&self.running) {
            self.due.entry(name.clone()).or_insert(now);
        }
        let stop: Vec<String> = self.running.difference(&wanted).cloned().collect();
        self.running.retain(|name| wanted.contains(name));
        stop
    }

    /// What is due and has its servers; it counts as running from now on.
    pub fn start(&mut self, now: Duration) -> Starts {
        let is_due = |row: &&Row| self.due.get(&row.name).is_some_and(|at| *at <= now);
        let mut rows: Vec<Row> = self.table.rows().iter().filter(is_due).cloned().collect();
        let runs =
            |name: &String, rows: &[Row]| self.running.contains(name) || rows.iter().any(|row| row.name == *name);
        while let Some(early) = rows.iter().position(|row| !row.peers.keys().all(|peer| runs(peer, &rows))) {
            rows.remove(early);
        }
        let joins = self.joins(|name| rows.iter().any(|row| row.name == name), |name| runs(name, &rows));
        for row in &rows {
            self.due.remove(&row.name);
            self.running.insert(row.name.clone());
        }
        Starts { rows, joins }
    }

    /// A service ended by itself, or could not be started, after it `ran` so long. It and all that start again with it are due
    /// after a pause, which grows with each end in a row.
    pub fn ended(&mut self, name: &str, ran: Duration, now: Duration) -> Consequences {
        let Some(row) = self.table.row(name) else { return Consequences { stop: Vec::new(), keeps_dying: false } };
        let restart = self.backoff.entry(row.restart_group.clone()).or_default().died(ran);
        let at = now + restart.after;
        let mut stop = Vec::new();
        for row in self.table.restarted_with(name) {
            if self.running.remove(&row.name) && row.name != name {
                stop.push(row.name.clone());
            }
            let due = self.due.entry(row.name.clone()).or_insert(at);
            *due = at.max(*due);
        }
        Consequences { stop, keeps_dying: restart.degraded }
    }

    /// When something is due next.
    pub fn next_start(&self) -> Option<Duration> {
        self.due.values().min().copied()
    }

    /// Each pair of which one starts and both will run.
    fn joins(&self, starts: impl Fn(&str) -> bool, runs: impl Fn(&String) -> bool) -> Vec<Join> {
        let pairs =
            self.table.rows().iter().flat_map(|row| row.peers.iter().map(move |(peer, calls)| (row, peer, calls)));
        pairs
            .filter(|(row, peer, _)| (starts(&row.name) || starts(peer)) && runs(&row.name) && runs(peer))
            .map(|(row, peer, calls)| Join {
                client: row.name.clone(),
                server: peer.clone(),
                calls: calls.iter().cloned().collect(),
            })
            .collect()
    }
}
