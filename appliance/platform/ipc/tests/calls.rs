//! A caller and a service over a real channel: answers out of order, what is not granted, what is too long, who goes away.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use ipc::{Call, CallError, Caller, Channel, Peer, Responder, Service, Text, serve};
use serde::{Deserialize, Serialize};

const WAIT: Duration = Duration::from_secs(20);

#[derive(Serialize, Deserialize)]
enum Request {
    Echo(Text<8>),
    Hold,
    Release,
    Forbidden,
}

/// The same on the wire, without its bound: what a sender that was taken over could send.
#[derive(Serialize)]
enum Unbounded {
    Echo(String),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Reply {
    Echo(String),
    Held,
    Refused(String),
    News,
}

impl Call for Request {
    fn call(&self) -> &'static str {
        match self {
            Request::Echo(_) => "echo",
            Request::Hold => "hold",
            Request::Release => "release",
            Request::Forbidden => "forbidden",
        }
    }
}

#[derive(Default)]
struct Echo {
    held: Mutex<Vec<Responder<Reply>>>,
    gone: Mutex<Vec<String>>,
}

impl Service for Echo {
    type Request = Request;
    type Reply = Reply;

    fn answer(&self, peer: &Peer, request: Request, responder: Responder<Reply>) {
        match request {
            Request::Echo(text) => responder.send(Reply::Echo(format!("{} says {text}", peer.name()))),
            Request::Hold => self.held.lock().unwrap().push(responder),
            Request::Release => {
                self.held.lock().unwrap().drain(..).for_each(|held| held.send(Reply::Held));
                responder.send(Reply::Held);
            }
            Request::Forbidden => panic!("it was not granted"),
        }
    }

    fn refuse(&self, peer: &Peer, call: &'static str) -> Reply {
        Reply::Refused(format!("{} may not {call}", peer.name()))
    }

    fn refuse_unreadable(&self, _: &Peer) -> Reply {
        Reply::Refused("unreadable".into())
    }

    fn gone(&self, peer: &Peer) {
        self.gone.lock().unwrap().push(peer.name().into());
    }
}

fn joined(
    service: &Arc<Echo>,
    name: &str,
    in_flight: usize,
) -> (Caller<Reply>, ipc::Outbox<Reply>, mpsc::Receiver<Reply>) {
    let (ours, theirs) = Channel::pair().unwrap();
    let calls = ["echo", "hold", "release"].map(String::from);
    let outbox = serve(Channel::from_fd(theirs), Peer::new(name, calls), service.clone()).unwrap();
    let (sender, news) = mpsc::channel();
    let caller = Caller::start(Channel::from_fd(ours), "echo", in_flight, move |n| sender.send(n).unwrap()).unwrap();
    (caller, outbox, news)
}

fn echo(caller: &Caller<Reply>, text: &str) -> Reply {
    caller.call(&Request::Echo(Text::new("the text", text).unwrap()), WAIT).unwrap().0
}

#[test]
fn who_asks_is_known_from_the_channel_and_answers_find_their_askers_in_any_order() {
    let service = Arc::new(Echo::default());
    let (a, outbox, news) = joined(&service, "a", 8);
    let (b, ..) = joined(&service, "b", 8);
    let (sender, held) = mpsc::channel();
    a.send(&Request::Hold, move |answer| sender.send(answer.unwrap().0).unwrap()).unwrap();
    assert_eq!(echo(&a, "hello"), Reply::Echo("a says hello".into()));
    assert_eq!(echo(&b, "hello"), Reply::Echo("b says hello".into()));
    assert_eq!(a.call(&Request::Release, WAIT).unwrap().0, Reply::Held);
    assert_eq!(held.recv_timeout(WAIT).unwrap(), Reply::Held);
    outbox.notify(Reply::News);
    assert_eq!(news.recv_timeout(WAIT).unwrap(), Reply::News);
}

#[test]
fn what_is_not_granted_or_too_long_is_refused_and_both_go_on() {
    let (caller, ..) = joined(&Arc::new(Echo::default()), "a", 8);
    let refused = caller.call(&Request::Forbidden, WAIT).unwrap().0;
    assert_eq!(refused, Reply::Refused("a may not forbidden".into()));
    // Beyond the bound of the text, up to the largest packet and beyond it.
    for size in [9, 1000, 60_000] {
        let refused = caller.call(&Unbounded::Echo("x".repeat(size)), WAIT).unwrap().0;
        assert_eq!(refused, Reply::Refused("unreadable".into()), "{size}");
    }
    let refused = caller.call(&Unbounded::Echo("x".repeat(100_000)), WAIT);
    assert!(matches!(refused, Err(CallError::Send(_))));
    assert_eq!(echo(&caller, "still"), Reply::Echo("a says still".into()));
}

#[test]
fn a_silent_service_and_a_full_house_are_outcomes_and_late_answers_are_dropped() {
    let (caller, ..) = joined(&Arc::new(Echo::default()), "a", 2);
    let short = Duration::from_millis(20);
    assert!(matches!(caller.call(&Request::Hold, short), Err(CallError::TimedOut { .. })));
    caller.send(&Request::Hold, drop).unwrap();
    caller.send(&Request::Hold, drop).unwrap();
    assert!(matches!(caller.call(&Request::Release, WAIT), Err(CallError::Busy)));
}

#[test]
fn whoever_goes_away_is_missed_by_the_other() {
    let service = Arc::new(Echo::default());
    let (ours, theirs) = Channel::pair().unwrap();
    let caller = Caller::<Reply>::start(Channel::from_fd(ours), "echo", 8, drop).unwrap();
    let (sender, answer) = mpsc::channel();
    caller.send(&Request::Hold, move |a| sender.send(a.is_err()).unwrap()).unwrap();
    drop(theirs);
    assert!(answer.recv_timeout(WAIT).unwrap());
    assert!(matches!(caller.call(&Request::Hold, WAIT), Err(CallError::Gone | CallError::Send(_))));

    let (ours, theirs) = Channel::pair().unwrap();
    let _outbox = serve(Channel::from_fd(theirs), Peer::new("c", []), service.clone()).unwrap();
    drop(ours);
    while service.gone.lock().unwrap().is_empty() {
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(*service.gone.lock().unwrap(), ["c"]);
}

#[test]
fn a_peer_that_reads_no_answers_is_hung_up_on_and_holds_up_nobody() {
    let service = Arc::new(Echo::default());
    let (ours, theirs) = Channel::pair().unwrap();
    let _outbox = serve(Channel::from_fd(theirs), Peer::new("deaf", ["echo".into()]), service.clone()).unwrap();
    let deaf = Channel::from_fd(ours);
    deaf.set_timeout(Some(WAIT)).unwrap();
    // It asks and asks; sooner or later its end is closed.
    let text = Text::<8>::new("the text", "x").unwrap();
    while deaf.send(&(1u64, Request::Echo(text.clone()))).is_ok() {}
    let (caller, ..) = joined(&service, "other", 8);
    assert_eq!(echo(&caller, "here"), Reply::Echo("other says here".into()));
}
