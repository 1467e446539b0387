//! The services that the table lists: the plan says what is to be done, and here it is. None of them is known by name.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::thread;
use std::time::{Duration, Instant};

use box_state::BoxState;
use ipc::Channel;
use ipc::control::{BoxFacts, Condition, Jail, Line, Order, Side, Start};
use nix::poll::{PollTimeout, poll};
use service_process::{Heard, ServiceProcess, WAIT};
use service_table::{Device, Handle, Plan, RECOVERED, Row, Starts, Table};

use crate::error::{SupervisorError, chain};
use crate::facts;

pub(crate) struct Services {
    plan: Plan,
    running: Vec<ServiceProcess>,
    /// What those said that were stopped meanwhile.
    said: Vec<(String, Heard)>,
    /// The plan's times are since then.
    began: Instant,
}

/// What services are given at their start, each as far as its row says.
pub(crate) struct Gifts<'a> {
    pub(crate) facts: &'a BoxFacts,
    /// The state of the box as the service of this name is told it.
    pub(crate) condition: &'a dyn Fn(&str) -> Condition,
    pub(crate) cards: &'a [String],
    /// What PCR 15 was extended with.
    pub(crate) measured: &'a [Line],
    /// What is opened. `None`: there is nothing to open at the start.
    pub(crate) open: &'a dyn Fn(Handle) -> Option<OwnedFd>,
}

/// A service that ended by itself.
pub(crate) struct Ended {
    pub(crate) name: String,
    pub(crate) last_words: Vec<Heard>,
    pub(crate) sentence: String,
    pub(crate) keeps_dying: bool,
}

impl Services {
    /// None of them runs yet.
    pub(crate) fn new(table: Table) -> Services {
        Services { plan: Plan::new(table), running: Vec::new(), said: Vec::new(), began: Instant::now() }
    }

    /// The box is in this state: stops what does not run in it, and starts what is due; a line about each that could not be
    /// started. `meanwhile` is called often.
    pub(crate) fn start_due(&mut self, state: BoxState, gifts: &Gifts<'_>, meanwhile: &mut dyn FnMut()) -> Vec<String> {
        let stop = self.plan.enter(state, self.began.elapsed());
        self.stop_those(&stop, meanwhile);
        let Starts { rows, joins } = self.plan.start(self.began.elapsed());
        let mut orders: Vec<(String, Order, OwnedFd)> = Vec::new();
        let mut unjoined = BTreeMap::new();
        for join in joins {
            let (ours, theirs) = match Channel::pair() {
                Ok(pair) => pair,
                Err(e) => {
                    unjoined.insert(join.client, e.into());
                    continue;
                }
            };
            let call = Order::Connect { peer: join.server.clone(), side: Side::WeCallThem };
            let serve = Order::Connect { peer: join.client.clone(), side: Side::TheyCallUs { calls: join.calls } };
            orders.extend([(join.client, call, ours), (join.server, serve, theirs)]);
        }
        let mut problems = Vec::new();
        for row in rows {
            let of_it = |(name, _, _): &mut (String, Order, OwnedFd)| *name == row.name;
            let its_orders = orders.extract_if(.., of_it).map(|(_, order, end)| (order, end)).collect();
            let begun = match unjoined.remove(&row.name) {
                Some(e) => Err(e),
                None => begin(&row, its_orders, gifts),
            };
            match begun {
                Ok(service) => self.running.push(service),
                Err(e) => {
                    problems.push(format!("service {}: {}", row.name, chain(&e)));
                    let consequences = self.plan.ended(&row.name, Duration::ZERO, self.began.elapsed());
                    self.stop_those(&consequences.stop, meanwhile);
                }
            }
        }
        for (server, order, end) in orders {
            self.running.iter().filter(|s| s.row().name == server).for_each(|s| s.order(&order, Some(&end)));
        }
        problems
    }

    /// What they say, each with its name; waits so long for something to come, and no longer than to the next start.
    pub(crate) fn hear(&mut self, wait: Duration) -> Vec<(String, Heard)> {
        let next = self.plan.next_start().map_or(wait, |at| at.saturating_sub(self.began.elapsed()).min(wait));
        let mut sources: Vec<_> = self.running.iter().flat_map(ServiceProcess::sources).collect();
        let _ = poll(&mut sources, PollTimeout::try_from(next).unwrap_or(PollTimeout::ZERO));
        drop(sources);
        self.said.extend(self.running.iter_mut().flat_map(hear));
        std::mem::take(&mut self.said)
    }

    /// Those that ended by themselves. Whoever lost a server by it is stopped, and all of them will be started again.
    pub(crate) fn ended(&mut self, meanwhile: &mut dyn FnMut()) -> Vec<Ended> {
        let mut all = Vec::new();
        while let Some((index, end)) = self.running.iter_mut().enumerate().find_map(|(i, s)| Some((i, s.end()?))) {
            let (service, (last_words, sentence)) = (self.running.swap_remove(index), end);
            let name = service.row().name.clone();
            let consequences = self.plan.ended(&name, service.ran(), self.began.elapsed());
            self.stop_those(&consequences.stop, meanwhile);
            all.push(Ended { name, last_words, sentence, keeps_dying: consequences.keeps_dying });
        }
        all
    }

    /// Whether all that should run do, and serve.
    pub(crate) fn are_ready(&self) -> bool {
        self.plan.next_start().is_none() && self.running.iter().all(ServiceProcess::is_ready)
    }

    /// Whether an order could be given to who has this device.
    pub(crate) fn order(&self, device: Device, order: &Order) -> bool {
        let owner = self.running.iter().find(|service| service.row().devices.contains(&device));
        owner.inspect(|service| service.order(order, None)).is_some()
    }

    /// Tells each of them what it is to know of the box.
    pub(crate) fn tell(&self, condition: impl Fn(&str) -> Condition) {
        for service in &self.running {
            service.order(&Order::Condition(condition(&service.row().name)), None);
        }
    }

    /// Those that have run for so long that earlier ends are forgotten.
    pub(crate) fn steady(&self) -> impl Iterator<Item = &str> {
        self.running.iter().filter(|s| s.ran() >= RECOVERED).map(|s| s.row().name.as_str())
    }

    /// Who is given this.
    pub(crate) fn holder(&self, handle: Handle) -> Option<&ServiceProcess> {
        self.running.iter().find(|service| service.row().descriptors.contains(&handle))
    }

    pub(crate) fn pids(&self) -> Vec<u32> {
        self.running.iter().map(ServiceProcess::pid).collect()
    }

    /// Has all end in order, and kills what does not; `meanwhile` is called often.
    pub(crate) fn stop_all(&mut self, meanwhile: &mut dyn FnMut()) {
        let all: Vec<String> = self.running.iter().map(|service| service.row().name.clone()).collect();
        self.stop_those(&all, meanwhile);
    }

    /// For the faults that tests ask for.
    #[cfg(feature = "fault-injection")]
    pub(crate) fn find(&self, name: &str) -> Option<&ServiceProcess> {
        self.running.iter().find(|service| service.row().name == name)
    }

    fn stop_those(&mut self, names: &[String], meanwhile: &mut dyn FnMut()) {
        let mut stopping: Vec<_> = self.running.extract_if(.., |s| names.contains(&s.row().name)).collect();
        stopping.iter().for_each(|service| service.order(&Order::Stop, None));
        let until = Instant::now() + WAIT;
        for service in &mut stopping {
            let last_words = loop {
                match service.end() {
                    Some((last_words, _)) => break last_words,
                    None if Instant::now() > until => service.kill(),
                    // One that writes must not wait for us to end.
                    None => self.said.extend(hear(service)),
                }
                meanwhile();
                thread::sleep(Duration::from_millis(20));
            };
            self.said.extend(last_words.into_iter().map(|heard| (service.row().name.clone(), heard)));
        }
    }
}

fn hear(service: &mut ServiceProcess) -> impl Iterator<Item = (String, Heard)> + use<> {
    let name = service.row().name.clone();
    service.hear().into_iter().map(move |heard| (name.clone(), heard))
}

/// Starts one, with its channels and what else its row says.
fn begin(row: &Row, mut orders: Vec<(Order, OwnedFd)>, gifts: &Gifts<'_>) -> Result<ServiceProcess, SupervisorError> {
    let opened = row.descriptors.iter().filter_map(|handle| Some((*handle, (gifts.open)(*handle)?)));
    orders.extend(opened.map(|(handle, fd)| (Order::Descriptor { name: handle.name().into() }, fd)));
    let start = Start {
        service: row.name.clone(),
        facts: gifts.facts.clone(),
        condition: (gifts.condition)(&row.name),
        jail: Jail {
            filter: row.filter.clone(),
            folder: row.folder.clone(),
            listen: row.listen.iter().copied().collect(),
            connect: row.connect.iter().map(|to| to.port).collect(),
        },
        cards: if row.devices.contains(&Device::Cards) { gifts.cards.into() } else { Vec::new() },
        pcr_policy: row.devices.contains(&Device::Tpm).then(facts::pcr_policy).and_then(Result::ok),
        measured: if row.devices.contains(&Device::Tpm) { gifts.measured.into() } else { Vec::new() },
        orders: orders.len() as u32,
    };
    Ok(ServiceProcess::start(row, &start, &orders)?)
}
