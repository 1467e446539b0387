//! auditd over real channels, with a keyd that signs nothing, or whatever it is asked for: the log goes on after a kill, what is
//! full or damaged is an outcome, readers are few and proved.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use audit_log::{Head, Line, Verdict, Verifier};
use auditd::Running;
use ipc::auditd::{Reader, Refusal, Reply, Request, Weight};
use ipc::keyd::{self, Proof};
use ipc::{Bytes, Caller, Channel, Name, Peer, Responder, Service, Text};
use secrets::Secret;

const TICKET: &[u8] = b"a ticket of keyd's";
const WAIT: Duration = Duration::from_secs(60);

/// A keyd that takes every proof of "auditor", and signs no heads: those are tested with a TPM, in keyd. It counts who asks.
#[derive(Default)]
struct Keyd {
    heads_asked: AtomicUsize,
}

impl Service for Keyd {
    type Request = keyd::Request;
    type Reply = keyd::Reply;

    fn answer(&self, _: &Peer, request: keyd::Request, responder: Responder<keyd::Reply>) {
        responder.send(match request {
            keyd::Request::CheckReader { proof } if proof.client == *"auditor" => {
                keyd::Reply::Reader { name: proof.client }
            }
            keyd::Request::CheckTicket { ticket } if ticket.expose() == TICKET => {
                keyd::Reply::Reader { name: Name::shortened("@an") }
            }
            keyd::Request::SignHead { .. } => {
                self.heads_asked.fetch_add(1, Ordering::Relaxed);
                keyd::Reply::Refused(keyd::Refusal::Failed(Text::shortened("there is no TPM")))
            }
            _ => keyd::Reply::Refused(keyd::Refusal::NotAllowed(Text::shortened("no"))),
        });
    }

    fn refuse(&self, _: &Peer, _: &'static str) -> keyd::Reply {
        panic!("auditd asks for what it may")
    }

    fn refuse_unreadable(&self, _: &Peer) -> keyd::Reply {
        panic!("auditd speaks clearly")
    }

    fn gone(&self, _: &Peer) {}
}

struct Box {
    running: Option<Running>,
    trouble: Option<String>,
    computed: Caller<Reply>,
    keyd: Arc<Keyd>,
}

fn start(folder: &Path) -> Box {
    let (ours, theirs) = Channel::pair().unwrap();
    let calls = ["sign-head", "check-reader"].map(String::from);
    let keyd = Arc::new(Keyd::default());
    ipc::serve(Channel::from_fd(theirs), Peer::new("auditd", calls), keyd.clone()).unwrap();
    let (running, trouble) = Running::start(folder, Channel::from_fd(ours)).unwrap();
    let computed = joined(&running, "computed", &["record", "count", "read"]);
    Box { running: Some(running), trouble, computed, keyd }
}

fn joined(running: &Running, name: &str, calls: &[&str]) -> Caller<Reply> {
    let (ours, theirs) = Channel::pair().unwrap();
    running.serve(Peer::new(name, calls.iter().map(|c| c.to_string())), Channel::from_fd(theirs)).unwrap();
    Caller::start(Channel::from_fd(ours), "auditd", 10_000, drop).unwrap()
}

fn line(weight: Weight, client: &str, action: &str) -> Request {
    let (client, action) = (Name::new("client", client).unwrap(), Text::new("action", action).unwrap());
    Request::Record { weight, client, action, detail: Text::new("detail", r#"{"n":1}"#).unwrap() }
}

fn proof(client: &str) -> Reader {
    let (challenge, signature) = (Bytes::default(), Bytes::default());
    Reader::Proof(Proof { client: Name::new("client", client).unwrap(), challenge, signature })
}

impl Box {
    /// As after a kill, but for the threads, which another process would not have.
    fn end(mut self) {
        drop(self.computed);
        self.running.take().unwrap().stop();
    }

    fn ask(&self, request: Request) -> Reply {
        self.computed.call(&request, WAIT).unwrap().0
    }

    fn record(&self, action: &str) -> u64 {
        match self.ask(line(Weight::Work, "alice", action)) {
            Reply::Recorded { number } => number,
            other => panic!("{other:?}"),
        }
    }

    /// All lines from this number on, page by page.
    fn read(&self, from: u64) -> Result<Vec<String>, Refusal> {
        let (mut from, mut reader, mut text) = (from, proof("auditor"), String::new());
        loop {
            match self.computed.call(&Request::Read { from, reader }, WAIT).unwrap() {
                (Reply::Page { bytes, next, end, token, .. }, Some(file)) => {
                    let before = text.len();
                    fs::File::from(file).read_to_string(&mut text).unwrap();
                    assert_eq!((text.len() - before) as u64, bytes);
                    if next >= end {
                        return Ok(text.lines().map(String::from).collect());
                    }
                    (from, reader) = (next, Reader::Token(token));
                }
                (Reply::Refused(refusal), None) => return Err(refusal),
                other => panic!("{other:?}"),
            }
        }
    }
}

fn verified(lines: &[String]) -> Verdict {
    let mut verifier = Verifier::default();
    lines.iter().for_each(|line| verifier.push(line).unwrap());
    verifier.finish()
}

#[test]
fn lines_of_many_sources_are_one_chain_and_a_source_is_its_channel() {
    let folder = tempfile::tempdir().unwrap();
    let made = start(folder.path());
    let keyd = joined(made.running.as_ref().unwrap(), "keyd", &["record", "count"]);
    let (sender, answers) = std::sync::mpsc::channel();
    for n in 0..500 {
        let caller = if n % 2 == 0 { &made.computed } else { &keyd };
        let sender = sender.clone();
        caller.send(&line(Weight::Work, "", &format!("a {n}")), move |a| sender.send(a.unwrap().0).unwrap()).unwrap();
    }
    for _ in 0..500 {
        assert!(matches!(answers.recv_timeout(WAIT).unwrap(), Reply::Recorded { .. }));
    }
    assert!(matches!(
        keyd.call(&Request::Read { from: 0, reader: proof("auditor") }, WAIT).unwrap().0,
        Reply::Refused(Refusal::NotAllowed(_))
    ));
    let lines = made.read(0).unwrap();
    assert!(verified(&lines).end >= 501);
    for (source, count) in [("computed", 250), ("keyd", 250)] {
        assert_eq!(lines.iter().filter(|l| l.contains(&format!("\"source\":\"{source}\""))).count(), count);
    }
}

#[test]
fn what_was_acknowledged_is_there_after_a_kill_and_a_torn_line_is_not() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..3 {
        let made = start(folder.path());
        assert!(made.trouble.is_none());
        let number = made.record(&format!("round {round}"));
        let lines = made.read(0).unwrap();
        assert!(lines[number as usize].contains(&format!("round {round}")));
        assert_eq!(verified(&lines).end, lines.len() as u64);
        made.end();
        let path = folder.path().join(audit_log::segment::name(0));
        let mut text = fs::read(&path).unwrap();
        text.extend(b"{\"seq\":");
        fs::write(&path, text).unwrap();
    }
}

#[test]
fn damage_is_told_of_and_kept_and_the_chain_goes_on_from_what_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let number = {
        let made = start(folder.path());
        for n in 0..5 {
            made.record(&format!("n {n}"));
        }
        let number = made.record("last");
        made.end();
        number
    };
    let path = folder.path().join(audit_log::segment::name(0));
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"n 3\"", "\"n 9\"", 1)).unwrap();
    let made = start(folder.path());
    assert!(made.trouble.as_ref().unwrap().contains("damaged"), "{:?}", made.trouble);
    made.record("after");
    let lines = made.read(0).unwrap();
    assert!(verified(&lines).end <= number + 4 && lines.iter().any(|l| l.contains("log damaged")));
    assert!(
        fs::read_dir(folder.path()).unwrap().flatten().any(|e| e.file_name().to_string_lossy().contains(".damaged-"))
    );
    made.end();
    assert!(start(folder.path()).trouble.is_none(), "once");
}

/// The power went while the first line of a new segment was written.
#[test]
fn a_segment_that_was_just_begun_goes_on_from_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let made = start(folder.path());
    let number = made.record("first");
    made.end();
    let before = fs::read_to_string(folder.path().join(audit_log::segment::name(0))).unwrap();
    let next = before.lines().count() as u64;
    assert!(next > number);
    for torn in ["", "{\"seq\":"] {
        fs::write(folder.path().join(audit_log::segment::name(next)), torn).unwrap();
        let made = start(folder.path());
        assert!(made.trouble.is_none());
        made.record("later");
        assert!(verified(&made.read(0).unwrap()).end > next, "{torn:?}");
        made.end();
        fs::write(folder.path().join(audit_log::segment::name(0)), &before).unwrap();
    }
}

#[test]
fn a_keyd_that_signs_nothing_is_asked_now_and_then() {
    let folder = tempfile::tempdir().unwrap();
    let made = start(folder.path());
    for n in 0..1500 {
        made.record(&format!("{n}"));
    }
    let asked = made.keyd.heads_asked.load(Ordering::Relaxed);
    assert!((1..4).contains(&asked), "{asked}");
}

#[test]
fn the_past_is_read_by_whoever_proves_to_be_a_reader_and_page_by_page_over_segments() {
    let folder = tempfile::tempdir().unwrap();
    let made = start(folder.path());
    let refused = made.ask(Request::Read { from: 0, reader: proof("operator") });
    assert!(matches!(refused, Reply::Refused(Refusal::NotAllowed(_))));
    let guessed = made.ask(Request::Read { from: 0, reader: Reader::Token(7) });
    assert!(matches!(guessed, Reply::Refused(Refusal::NotAllowed(_))));
    // More than a segment: a few thousand long lines, from clients enough that no quota is in the way.
    let detail = Text::new("detail", format!("{{\"x\":\"{}\"}}", "y".repeat(3000))).unwrap();
    let (sender, answers) = std::sync::mpsc::channel();
    for n in 0..3000 {
        let (client, action) = (Name::new("c", format!("c{}", n % 10)).unwrap(), Text::new("a", "a").unwrap());
        let request = Request::Record { weight: Weight::Work, client, action, detail: detail.clone() };
        let sender = sender.clone();
        made.computed.send(&request, move |a| sender.send(a.unwrap().0).unwrap()).unwrap();
        if n % 100 == 99 {
            (0..100).for_each(|_| assert!(matches!(answers.recv_timeout(WAIT).unwrap(), Reply::Recorded { .. })));
        }
    }
    let segments = fs::read_dir(folder.path()).unwrap().flatten();
    assert!(segments.filter(|e| e.file_name().to_string_lossy().starts_with("log-")).count() >= 2);
    let lines = made.read(0).unwrap();
    assert!(lines.len() > 3000 && verified(&lines).first == 0);
    assert_eq!(made.read(2990).unwrap()[0], lines[2990]);
    // The start reads the last segment alone, and goes on.
    made.end();
    let again = start(folder.path());
    again.record("later");
    assert!(verified(&again.read(0).unwrap()).end > 3000);
}

#[test]
fn strangers_are_counted_in_a_few_lines_and_nobody_writes_more_than_a_share() {
    let folder = tempfile::tempdir().unwrap();
    let made = start(folder.path());
    for n in 0..20_000 {
        let request = Request::Count {
            action: Text::new("action", "wrong pairing code").unwrap(),
            address: Name::new("address", format!("192.0.2.{}", n % 200)).unwrap(),
        };
        // What is over the caller's own bound waits for an answer.
        if n % 5000 == 0 {
            assert!(matches!(made.ask(request), Reply::Counted));
        } else {
            made.computed.send(&request, drop).unwrap();
        }
    }
    // Answered after all of them.
    made.record("work");
    made.end();
    let text = fs::read_to_string(folder.path().join(audit_log::segment::name(0))).unwrap();
    let counted: Vec<&str> = text.lines().filter(|l| l.contains("wrong pairing code")).collect();
    assert!(counted.len() == 1 && counted[0].contains("\"addresses\":200"), "{counted:?}");
    assert!(text.lines().count() < 10);
}

#[test]
fn a_line_that_cannot_be_written_stops_work_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let made = start(folder.path());
    made.record("before");
    let refused = made.ask(Request::Record {
        weight: Weight::Work,
        client: Name::default(),
        action: Text::new("a", "a").unwrap(),
        detail: Text::new("d", "[1]").unwrap(),
    });
    assert!(matches!(refused, Reply::Refused(Refusal::Invalid(_))));
    assert!(matches!(made.ask(line(Weight::Relief, "alice", "delete job")), Reply::Recorded { .. }));
}

/// A person at the console reads by a ticket, and the line about it says who, and from where.
#[test]
fn whoever_has_a_ticket_reads_and_stands_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let made = start(folder.path());
    let end = made.record("before") + 1;
    let read = |ticket: &[u8], from| {
        made.computed.call(&Request::Read { from, reader: Reader::Ticket(Secret::copy_of(ticket)) }, WAIT).unwrap().0
    };
    assert!(matches!(read(b"another", 0), Reply::Refused(Refusal::NotAllowed(_))));
    // Behind the end there is nothing, but for where the end is.
    let behind = read(TICKET, u64::MAX);
    assert!(matches!(behind, Reply::Page { bytes: 0, end: found, .. } if found >= end), "{behind:?}");
    made.record("after");
    let lines = made.read(0).unwrap();
    let about: Vec<&String> = lines.iter().filter(|line| line.contains("\"client\":\"@an\"")).collect();
    let from = format!("\"from\":{end}");
    assert!(about.len() == 1 && about[0].contains("read audit log") && about[0].contains(&from), "{about:?}");
}

/// Somebody took a line out of a segment while auditd runs: all else is to be read, and the chain shows it.
#[test]
fn a_log_with_a_line_taken_out_is_read_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let (mut head, mut lines) = (Head::default(), Vec::new());
    for time in 0..20 {
        let line = Line { time, source: "t", client: "", action: "a", detail: serde_json::Map::new() };
        let (text, next) = head.append(&line);
        lines.push(text);
        head = next;
    }
    let write = |first: usize, lines: &[String]| {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        fs::write(folder.path().join(audit_log::segment::name(first as u64)), text).unwrap();
    };
    write(0, &lines[..10]);
    write(10, &lines[10..]);
    let made = start(folder.path());
    assert!(made.trouble.is_none());
    write(0, &[&lines[..3], &lines[4..10]].concat());
    let read = made.read(0).unwrap();
    assert_eq!(read[..19], [&lines[..3], &lines[4..]].concat());
    let mut verifier = Verifier::default();
    assert!(read.iter().try_for_each(|line| verifier.push(line)).is_err());
    // What was asked for and is no more: the page says where it begins.
    made.end();
    fs::remove_file(folder.path().join(audit_log::segment::name(0))).unwrap();
    let again = start(folder.path());
    let page = again.ask(Request::Read { from: 4, reader: proof("auditor") });
    assert!(matches!(page, Reply::Page { first: 10, .. }), "{page:?}");
}
