//! The thread that writes. What comes at the same time is written and synced together.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use audit_log::head::{ACTION, detail};
use audit_log::{Counts, Line, Quota};
use ipc::Text;
use ipc::auditd::{Refusal, Reply, Weight};
use serde_json::{Map, Value, json};

use crate::job::{Entry, HeadDue, Job};
use crate::reserve::Reserve;
use crate::store::Store;

/// Lines that are written together at most.
const TOGETHER: usize = 256;
/// How often the writer looks round when nothing comes.
const TICK: Duration = Duration::from_secs(1);
/// How often what strangers caused is summed up.
const SUM_UP: Duration = Duration::from_secs(60);
/// A head is signed after so many lines, or so long after one line.
const HEAD_LINES: u64 = 1000;
const HEAD_AGE: Duration = Duration::from_secs(600);
/// Before keyd is asked again after it gave none.
const HEAD_PAUSE: Duration = Duration::from_secs(60);

/// Our own name, as the source of our own lines.
pub(crate) const SOURCE: &str = "auditd";

pub(crate) struct Writer {
    store: Store,
    reserve: Reserve,
    quota: Quota,
    counts: Counts,
    /// Lines of relief that the disk did not take.
    unwritten: u64,
    started: Instant,
    summed_up: Instant,
    /// Where to ask for a head, and whether one is on its way.
    heads: SyncSender<HeadDue>,
    head_asked: bool,
    /// The number that the last head covers, and since when there is a line beyond it.
    covered: u64,
    uncovered_since: Option<Instant>,
    /// Not before then: keyd, or its TPM, gave none when it was last asked.
    not_before: Instant,
    losses: u64,
}

impl Writer {
    pub(crate) fn new(store: Store, reserve: Reserve, heads: SyncSender<HeadDue>) -> Writer {
        let now = Instant::now();
        Writer {
            store,
            reserve,
            quota: Quota::default(),
            counts: Counts::default(),
            unwritten: 0,
            started: now,
            summed_up: now,
            heads,
            head_asked: false,
            covered: 0,
            uncovered_since: None,
            not_before: now,
            losses: 0,
        }
    }

    /// Until it is told to stop.
    pub(crate) fn run(mut self, jobs: &Receiver<Job>) {
        self.reserve.renew();
        self.ask_for_head();
        let mut stopping: Option<SyncSender<()>> = None;
        loop {
            let mut entries = Vec::new();
            match jobs.recv_timeout(TICK) {
                Ok(job) => self.sort(job, &mut entries, &mut stopping),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            while entries.len() < TOGETHER {
                match jobs.try_recv() {
                    Ok(job) => self.sort(job, &mut entries, &mut stopping),
                    Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
                }
            }
            self.write(entries);
            self.round(stopping.is_some());
            if !self.head_asked
                && let Some(done) = stopping.take()
            {
                // Whoever waits may have given up.
                let _ = done.try_send(());
                return;
            }
        }
    }

    fn sort(&mut self, job: Job, entries: &mut Vec<Entry>, stopping: &mut Option<SyncSender<()>>) {
        match job {
            Job::Record(entry) => entries.push(entry),
            Job::Count { action, address } => self.counts.add(&action, &address),
            Job::Head(head) => {
                self.head_asked = false;
                if head.is_none() {
                    self.not_before = Instant::now() + HEAD_PAUSE;
                }
                if let Some(head) = head {
                    self.covered = head.statement.number;
                    self.uncovered_since = None;
                    entries.extend(self.loss(head.statement.losses));
                    entries.push(own(ACTION, detail(&head)));
                }
            }
            Job::Stop(done) => {
                self.sum_up();
                self.ask_for_head();
                *stopping = Some(done);
            }
        }
    }

    /// A line about a loss, the first time that a head tells of it.
    fn loss(&mut self, losses: u64) -> Option<Entry> {
        let is_new = losses > self.losses;
        self.losses = losses;
        is_new.then(|| own("log lost lines", fields(json!({ "losses": losses }))))
    }

    fn write(&mut self, entries: Vec<Entry>) {
        let now_ms = self.started.elapsed().as_millis() as u64;
        let room = self.reserve.allows_work();
        let mut admitted = Vec::new();
        for mut entry in entries {
            let over = self.quota.take(&entry.source, &entry.client, now_ms).err();
            let refusal = match (entry.weight, over, &room) {
                (_, None, Ok(())) | (Weight::Relief, None, Err(_)) => None,
                (Weight::Work, Some(_), _) => {
                    Some(Refusal::Quota(Text::shortened("more audit lines than one client may cause")))
                }
                (Weight::Work, None, Err(why)) => Some(Refusal::CannotWrite(Text::shortened(why))),
                (Weight::Relief, Some(_), _) => {
                    self.counts.add(&format!("{} of {}", entry.action, entry.client), "");
                    answer(&mut entry, Reply::Counted);
                    continue;
                }
            };
            match refusal {
                Some(refusal) => answer(&mut entry, Reply::Refused(refusal)),
                None => admitted.push(entry),
            }
        }
        self.append(admitted);
    }

    fn append(&mut self, mut entries: Vec<Entry>) {
        if entries.is_empty() {
            return;
        }
        let Err(e) = self.append_all(&mut entries) else { return };
        // Relief once more, with what was kept for it.
        let why = Text::shortened(&e.to_string());
        let (mut relief, work): (Vec<Entry>, Vec<Entry>) =
            entries.into_iter().partition(|e| e.weight == Weight::Relief);
        for mut entry in work {
            answer(&mut entry, Reply::Refused(Refusal::CannotWrite(why.clone())));
        }
        self.reserve.release();
        if !relief.is_empty() && self.append_all(&mut relief).is_err() {
            self.unwritten += relief.len() as u64;
            for mut entry in relief {
                answer(&mut entry, Reply::Refused(Refusal::CannotWrite(why.clone())));
            }
        }
    }

    fn append_all(&mut self, entries: &mut [Entry]) -> io::Result<()> {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        let lines: Vec<Line<'_>> = entries
            .iter()
            .map(|e| Line { time, source: &e.source, client: &e.client, action: &e.action, detail: e.detail.clone() })
            .collect();
        let first = self.store.append(&lines)?;
        let is_news = entries.iter().any(|e| e.action != ACTION || e.source != SOURCE);
        if is_news {
            self.uncovered_since.get_or_insert_with(Instant::now);
        }
        for (entry, number) in entries.iter_mut().zip(first..) {
            answer(entry, Reply::Recorded { number });
        }
        Ok(())
    }

    /// What is to be done every so often.
    fn round(&mut self, is_stopping: bool) {
        if is_stopping {
            return;
        }
        let may_ask = !self.head_asked && Instant::now() >= self.not_before;
        if self.summed_up.elapsed() >= SUM_UP {
            self.sum_up();
        }
        let many = self.store.head().seq.saturating_sub(self.covered) >= HEAD_LINES;
        if may_ask && (many || self.uncovered_since.is_some_and(|since| since.elapsed() >= HEAD_AGE)) {
            self.ask_for_head();
        }
    }

    fn sum_up(&mut self) {
        self.summed_up = Instant::now();
        self.reserve.renew();
        let mut entries: Vec<Entry> = Vec::new();
        for (action, mut detail) in self.counts.take() {
            detail.insert("what".into(), action.into());
            entries.push(own("counted", detail));
        }
        if self.unwritten > 0 {
            entries.push(own("lines not written", fields(json!({ "times": self.unwritten }))));
        }
        match self.store.trim() {
            Ok(Some((from, to))) => {
                entries.push(own("oldest lines removed", fields(json!({ "from": from, "below": to }))));
            }
            Ok(None) => {}
            Err(e) => eprintln!("auditd: removing the oldest lines: {e}"),
        }
        let had_unwritten = self.unwritten;
        self.unwritten = 0;
        if !entries.is_empty() && self.append_all(&mut entries).is_err() {
            self.unwritten = had_unwritten + entries.len() as u64;
        }
    }

    fn ask_for_head(&mut self) {
        let head = self.store.head();
        let due = HeadDue { number: head.seq, hash: head.previous.clone() };
        // One is on its way at most, so there is room; if the thread is gone, so are we soon.
        self.head_asked = self.head_asked || self.heads.try_send(due).is_ok();
        self.uncovered_since = None;
    }
}

fn own(action: &str, detail: Map<String, Value>) -> Entry {
    let (source, action) = (SOURCE.into(), action.into());
    Entry { source, weight: Weight::Relief, client: String::new(), action, detail, responder: None }
}

pub(crate) fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn answer(entry: &mut Entry, reply: Reply) {
    if let Some(responder) = entry.responder.take() {
        responder.send(reply);
    }
}
