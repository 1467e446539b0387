//! Nobody starves, nothing is lost or given twice, budgets hold: over any order of events.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::collections::{BTreeMap, BTreeSet};

use job_queue::{Budgets, Job, Phase, Queue, Refusal, Seconds, Why};
use proptest::prelude::*;

type Id = u64;

const BUDGETS: Budgets = Budgets {
    unfinished: 12,
    unfinished_client: 6,
    jobs_client: 10,
    kept_bytes_client: 1000,
    queued: 100,
    running: 50,
    kept: 200,
};

fn job(client: u8, number: u64, kept_bytes: u64) -> Job<char> {
    let kind = if number.is_multiple_of(3) { 'j' } else { 'h' };
    Job { client: format!("client {client}"), kind, number, kept_bytes, arriving_bytes: 10 }
}

fn every(_: &char) -> bool {
    true
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Announce { client: u8, bytes: u64 },
    Arrive(usize),
    Next,
    NextOfKind,
    LayDown(usize),
    Park(usize, Seconds),
    Resume(usize),
    Withdraw(usize),
    End(usize, u64),
    Forget(usize),
    Wait(Seconds),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        4 => (0u8..4, 0u64..400).prop_map(|(client, bytes)| Event::Announce { client, bytes }),
        4 => any::<usize>().prop_map(Event::Arrive),
        3 => Just(Event::Next),
        1 => Just(Event::NextOfKind),
        1 => any::<usize>().prop_map(Event::LayDown),
        1 => (any::<usize>(), 0u64..150).prop_map(|(which, time)| Event::Park(which, time)),
        1 => any::<usize>().prop_map(Event::Resume),
        1 => any::<usize>().prop_map(Event::Withdraw),
        3 => (any::<usize>(), 0u64..400).prop_map(|(which, bytes)| Event::End(which, bytes)),
        1 => any::<usize>().prop_map(Event::Forget),
        1 => (0u64..60).prop_map(Event::Wait),
    ];
    prop::collection::vec(event, 0..300)
}

/// What must be so, kept apart from the queue in the plainest way.
#[derive(Default)]
struct Model {
    jobs: BTreeMap<Id, (Job<char>, Phase)>,
}

impl Model {
    fn of(&self, which: usize, phase: fn(Phase) -> bool) -> Option<Id> {
        let ids: Vec<Id> = self.jobs.iter().filter(|(_, (_, p))| phase(*p)).map(|(id, _)| *id).collect();
        (!ids.is_empty()).then(|| ids[which % ids.len()])
    }

    fn queued(&self) -> impl Iterator<Item = (Id, &Job<char>)> {
        self.jobs.iter().filter(|(_, (_, p))| matches!(p, Phase::Queued { .. })).map(|(id, (job, _))| (*id, job))
    }

    fn set(&mut self, id: Id, phase: Phase) {
        self.jobs.get_mut(&id).unwrap().1 = phase;
    }
}

fn running(phase: Phase) -> bool {
    matches!(phase, Phase::Running { .. })
}

proptest! {
    #[test]
    fn nothing_is_lost_or_given_twice_and_budgets_hold(events in events()) {
        let (mut queue, mut model, mut now, mut next_id) = (Queue::new(BUDGETS), Model::default(), 0, 0);
        for event in events {
            match event {
                Event::Announce { client, bytes } => {
                    next_id += 1;
                    let new = job(client, next_id, bytes);
                    let own = |j: &Job<char>| j.client == new.client;
                    let unfinished = |p: Phase| !matches!(p, Phase::Ended { .. });
                    let count = |f: &dyn Fn(&Job<char>, Phase) -> bool| model.jobs.values().filter(|(j, p)| f(j, *p)).count();
                    let full = count(&|_, p| unfinished(p)) >= 12 || count(&|j, p| unfinished(p) && own(j)) >= 6;
                    let kept: u64 = model.jobs.values().filter(|(j, _)| own(j)).map(|(j, _)| j.kept_bytes).sum();
                    let answer = queue.announce(next_id, new.clone());
                    match answer {
                        Ok(()) => {
                            prop_assert!(!full && count(&|j, _| own(j)) < 10 && kept + bytes <= 1000);
                            model.jobs.insert(next_id, (new, Phase::Arriving));
                        }
                        Err(Refusal::Full) => prop_assert!(full),
                        Err(Refusal::Jobs) => prop_assert!(!full && count(&|j, _| own(j)) >= 10),
                        Err(Refusal::Bytes { kept: k, .. }) => prop_assert!(!full && k == kept && kept + bytes > 1000),
                    }
                }
                Event::Arrive(which) => if let Some(id) = model.of(which, |p| p == Phase::Arriving) {
                    prop_assert!(queue.arrived(&id, now));
                    model.set(id, Phase::Queued { since: now });
                },
                Event::Next | Event::NextOfKind => {
                    let wanted = |kind: &char| matches!(event, Event::Next) || *kind == 'j';
                    let has = model.queued().any(|(_, j)| wanted(&j.kind));
                    prop_assert_eq!(queue.has_next(wanted), has);
                    let given = queue.next(now, wanted);
                    prop_assert_eq!(given.is_some(), has);
                    if let Some(id) = given {
                        let given = model.jobs[&id].clone();
                        prop_assert!(matches!(given.1, Phase::Queued { .. }), "given twice, or not there");
                        let own = |j: &Job<char>| j.client == given.0.client && wanted(&j.kind);
                        let oldest = model.queued().filter(|(_, j)| own(j)).map(|(_, j)| j.number).min();
                        prop_assert_eq!(oldest, Some(given.0.number));
                        model.set(id, Phase::Running { since: now });
                    }
                }
                Event::LayDown(which) => if let Some(id) = model.of(which, running) {
                    prop_assert!(queue.lay_down(&id, now));
                    model.set(id, Phase::Queued { since: now });
                },
                Event::Park(which, time) => if let Some(id) = model.of(which, running) {
                    prop_assert!(queue.park(&id, now + time));
                    model.set(id, Phase::Parked { until: now + time });
                },
                Event::Resume(which) => if let Some(id) = model.of(which, |p| matches!(p, Phase::Parked { .. })) {
                    prop_assert!(queue.resume(&id, now));
                    model.set(id, Phase::Queued { since: now });
                },
                Event::Withdraw(which) => {
                    let waits = |p: Phase| matches!(p, Phase::Queued { .. } | Phase::Parked { .. });
                    if let Some(id) = model.of(which, waits) {
                        prop_assert!(queue.withdraw(&id, now) && !queue.withdraw(&id, now));
                        model.set(id, Phase::Running { since: now });
                    }
                }
                Event::End(which, bytes) => if let Some(id) = model.of(which, running) {
                    let bytes = bytes.min(model.jobs[&id].0.kept_bytes);
                    prop_assert!(queue.ended(&id, bytes, now));
                    model.set(id, Phase::Ended { at: now });
                    model.jobs.get_mut(&id).unwrap().0.kept_bytes = bytes;
                },
                Event::Forget(which) => {
                    let gone = |p: Phase| matches!(p, Phase::Arriving | Phase::Ended { .. });
                    if let Some(id) = model.of(which, gone) {
                        prop_assert!(queue.forget(&id) && !queue.forget(&id));
                        model.jobs.remove(&id);
                    }
                }
                Event::Wait(time) => now += time,
            }
            for (id, (_, phase)) in &model.jobs {
                prop_assert_eq!(queue.phase(id), Some(*phase));
            }
            let expired: BTreeSet<Id> = queue.expired(now).into_iter().map(|e| e.id).collect();
            let late = |p: Phase| match p {
                Phase::Arriving => false,
                Phase::Queued { since } => now > since + 100,
                Phase::Running { since } => now > since + 50,
                Phase::Parked { until } => now > until,
                Phase::Ended { at } => now > at + 200,
            };
            let expected: BTreeSet<Id> = model.jobs.iter().filter(|(_, (_, p))| late(*p)).map(|(id, _)| *id).collect();
            prop_assert_eq!(expired, expected);
        }
        // Nothing was lost: what waits is given out, each once.
        let mut left: BTreeSet<Id> = model.queued().map(|(id, _)| id).collect();
        while let Some(id) = queue.next(now, every) {
            prop_assert!(left.remove(&id));
        }
        prop_assert!(left.is_empty());
    }

    /// However many jobs the others have, a client's next one comes within as many turns as there are clients.
    #[test]
    fn nobody_starves(counts in prop::collection::vec(1usize..20, 1..8)) {
        let mut queue = Queue::new(Budgets { unfinished: 1000, unfinished_client: 100, ..BUDGETS });
        let mut number = 0;
        for (client, count) in counts.iter().enumerate() {
            for _ in 0..*count {
                number += 1;
                queue.restore((client, number), job(client as u8, number, 0), Phase::Queued { since: 0 });
            }
        }
        let mut left = counts.clone();
        while left.iter().sum::<usize>() > 0 {
            let mut round: Vec<usize> = (0..left.iter().filter(|n| **n > 0).count()).map(|_| queue.next(0, every).unwrap().0).collect();
            round.sort_unstable();
            let expected: Vec<usize> = (0..counts.len()).filter(|c| left[*c] > 0).collect();
            prop_assert_eq!(&round, &expected, "a turn each");
            expected.iter().for_each(|c| left[*c] -= 1);
        }
        prop_assert_eq!(queue.next(0, every), None);
    }
}

#[test]
fn a_client_that_comes_late_waits_for_one_round_and_not_for_the_others_jobs() {
    let mut queue = Queue::new(BUDGETS);
    let put = |queue: &mut Queue<Id, char>, client, id| {
        queue.announce(id, job(client, id, 0)).unwrap();
        assert!(queue.arrived(&id, 0));
    };
    (1..=5).for_each(|id| put(&mut queue, 1, id));
    assert_eq!(queue.next(0, every), Some(1));
    put(&mut queue, 2, 6);
    assert_eq!([queue.next(0, every), queue.next(0, every), queue.next(0, every)], [Some(2), Some(6), Some(3)]);
}

#[test]
fn a_parked_job_waits_for_nobodys_turn_and_ends_at_its_own_deadline() {
    let mut queue = Queue::new(BUDGETS);
    queue.announce(1, job(1, 1, 5)).unwrap();
    assert!(!queue.park(&1, 10) && queue.arrived(&1, 0) && !queue.arrived(&1, 0));
    assert_eq!(queue.next(0, every), Some(1));
    assert!(queue.park(&1, 1000) && queue.next(0, every).is_none() && !queue.has_next(every));
    assert!(queue.expired(1000).is_empty());
    let expired = queue.expired(1001);
    assert_eq!((expired[0].id, expired[0].why), (1, Why::Parked));
    assert!(queue.resume(&1, 1001) && queue.expired(1001).is_empty());
    assert_eq!(queue.next(1001, every), Some(1));
    assert_eq!((queue.promised_bytes(), queue.kept_bytes(Some("client 1"))), (5, 5));
    assert!(queue.ended(&1, 3, 1001) && !queue.ended(&1, 0, 1001));
    assert_eq!((queue.promised_bytes(), queue.kept_bytes(None)), (0, 3));
}
