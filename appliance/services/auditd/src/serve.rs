//! auditd as a service: what is to be written goes to the writer, what is to be read to the reader's thread.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ipc::auditd::{Reader, Refusal, Reply, Request, Weight};
use ipc::{Caller, Channel, Peer, Responder, Service, Text, keyd};
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::json;

use crate::error::AuditdError;
use crate::heads;
use crate::job::{Entry, Job};
use crate::pages::page;
use crate::readers::Readers;
use crate::reserve::Reserve;
use crate::store::{Index, Store};
use crate::writer::{Writer, fields};

/// What waits for the writer; more is refused.
const BACKLOG: usize = 4096;
/// What waits to be read.
const READS: usize = 16;
/// keyd checks a signature.
const CHECK_WAIT: Duration = Duration::from_secs(30);
const TO_KEYD: usize = 32;
/// How long a stop may take: others' last lines, then a head.
const PEERS_WAIT: Duration = Duration::from_secs(4);
const HEAD_WAIT: Duration = Duration::from_secs(4);

pub(crate) struct Auditd {
    writer: SyncSender<Job>,
    reads: SyncSender<Read>,
    peers: Arc<AtomicUsize>,
}

struct Read {
    peer: String,
    from: u64,
    reader: Reader,
    responder: Responder<Reply>,
}

/// A running auditd.
pub struct Running {
    service: Arc<Auditd>,
    writing: JoinHandle<()>,
}

impl Running {
    /// `keyd`: the channel to it. The second value says what was wrong with the log.
    pub fn start(folder: &Path, keyd: Channel) -> Result<(Running, Option<String>), AuditdError> {
        let found = Store::open(folder, now())?;
        let index = found.store.index();
        let keyd = Caller::start(keyd, "keyd", TO_KEYD, drop).map_err(AuditdError::Thread)?;
        let (writer, jobs) = sync_channel(BACKLOG);
        let (head_due, heads_due) = sync_channel(1);
        let (reads, to_read) = sync_channel(READS);
        let writing = Writer::new(found.store, Reserve::new(folder), head_due);
        let spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
            thread::Builder::new().name(name.into()).spawn(run).map_err(AuditdError::Thread)
        };
        let writing = spawn("writer", Box::new(move || writing.run(&jobs)))?;
        let (asking, signed) = (keyd.clone(), writer.clone());
        spawn("heads", Box::new(move || heads::run(&asking, &heads_due, &signed)))?;
        let (folder, lines) = (PathBuf::from(folder), writer.clone());
        spawn("reads", Box::new(move || serve_reads(&folder, &index, &keyd, &lines, &to_read)))?;
        let service = Arc::new(Auditd { writer, reads, peers: Arc::default() });
        service.own_line("start", json!({}));
        if let Some(trouble) = &found.trouble {
            service.own_line("log damaged", json!({ "what": trouble }));
        }
        Ok((Running { service, writing }, found.trouble))
    }

    pub fn serve(&self, peer: Peer, channel: Channel) -> Result<(), AuditdError> {
        // keyd signs the last head: its end is not waited for.
        if peer.name() != "keyd" {
            self.service.peers.fetch_add(1, Ordering::AcqRel);
        }
        ipc::serve(channel, peer, self.service.clone()).map(drop).map_err(AuditdError::Thread)
    }

    /// After the last lines of the others, which are stopping too.
    pub fn stop(self) {
        let until = Instant::now() + PEERS_WAIT;
        while self.service.peers.load(Ordering::Acquire) > 0 && Instant::now() < until {
            thread::sleep(Duration::from_millis(20));
        }
        self.service.own_line("stop", json!({}));
        let (done, written) = sync_channel(1);
        if self.service.writer.send(Job::Stop(done)).is_ok() {
            // Without the head, if it does not come in time: the lines themselves are on the disk.
            if written.recv_timeout(HEAD_WAIT).is_ok() {
                // It is ending: nothing is left to wait for. A panic in it was said by itself.
                let _ = self.writing.join();
            }
        }
    }
}

impl Auditd {
    fn own_line(&self, action: &str, detail: serde_json::Value) {
        let (source, weight) = (crate::writer::SOURCE.into(), Weight::Relief);
        let (client, action, detail) = (String::new(), action.into(), fields(detail));
        let entry = Entry { source, weight, client, action, detail, responder: None };
        // The writer gone means that this process is about to end.
        let _ = self.writer.send(Job::Record(entry));
    }
}

impl Service for Auditd {
    type Request = Request;
    type Reply = Reply;

    fn answer(&self, peer: &Peer, request: Request, responder: Responder<Reply>) {
        match request {
            Request::Record { weight, client, action, detail } => {
                let Ok(serde_json::Value::Object(detail)) = serde_json::from_str(detail.as_str()) else {
                    let why = Text::shortened("a line's detail is not a JSON object");
                    return responder.send(Reply::Refused(Refusal::Invalid(why)));
                };
                let (source, client, action) = (peer.name().into(), client.into_string(), action.into_string());
                let entry = Entry { source, weight, client, action, detail, responder: Some(responder) };
                if let Err(e) = self.writer.try_send(Job::Record(entry))
                    && let TrySendError::Full(Job::Record(mut entry)) = e
                    && let Some(responder) = entry.responder.take()
                {
                    let why = Text::shortened("more lines wait than may");
                    responder.send(Reply::Refused(Refusal::Quota(why)));
                }
            }
            Request::Count { action, address } => {
                // A count that finds no room is lost: the summary says how many there were at least.
                let (action, address) = (format!("{}: {action}", peer.name()), address.into_string());
                let _ = self.writer.try_send(Job::Count { action, address });
                responder.send(Reply::Counted);
            }
            Request::Read { from, reader } => {
                let read = Read { peer: peer.name().into(), from, reader, responder };
                if let Err(TrySendError::Full(read)) = self.reads.try_send(read) {
                    let why = Text::shortened("as many as may be read the log already");
                    read.responder.send(Reply::Refused(Refusal::Quota(why)));
                }
            }
        }
    }

    fn refuse(&self, peer: &Peer, call: &'static str) -> Reply {
        let text = format!("{} may not ask for {call}", peer.name());
        Reply::Refused(Refusal::NotAllowed(Text::shortened(&text)))
    }

    fn refuse_unreadable(&self, _: &Peer) -> Reply {
        let text = "the request cannot be read: a part of it is longer than it may be, or it is none of ours";
        Reply::Refused(Refusal::Invalid(Text::shortened(text)))
    }

    fn gone(&self, peer: &Peer) {
        if peer.name() != "keyd" {
            self.peers.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

fn serve_reads(
    folder: &Path,
    index: &Index,
    keyd: &Caller<keyd::Reply>,
    writer: &SyncSender<Job>,
    reads: &Receiver<Read>,
) {
    let mut readers = Readers::default();
    for Read { peer, from, reader, responder } in reads {
        let (_, end) = index.find(from);
        let mut begin = |shown| begin(keyd, &shown, &mut readers, &peer, from.min(end), writer);
        let begun = match reader {
            Reader::Token(token) => Ok(token),
            Reader::Proof(proof) => begin(keyd::Request::CheckReader { proof }),
            Reader::Ticket(ticket) => begin(keyd::Request::CheckTicket { ticket }),
        };
        let refused = |why: &str| Reply::Refused(Refusal::NotAllowed(Text::shortened(why)));
        let token = match begun {
            Ok(token) => token,
            Err(why) => {
                responder.send(refused(&why));
                continue;
            }
        };
        let Some(place) = readers.place(token, &peer, now()) else {
            responder.send(refused("nobody reads with this token, or not any more"));
            continue;
        };
        match page(folder, index, from, place) {
            Ok(page) => {
                readers.went_on(token, page.next, now());
                let (bytes, first, next, end) = (page.bytes, page.first, page.next.number(), page.end);
                responder.send_with_fd(Reply::Page { bytes, first, next, end, token }, page.file);
            }
            Err(e) => {
                responder.send(Reply::Refused(Refusal::Invalid(Text::shortened(&format!("reading the log: {e}")))))
            }
        }
    }
}

/// Whoever shows this to be a reader begins to read, with a line in the log; the token to go on with.
fn begin(
    keyd: &Caller<keyd::Reply>,
    shown: &keyd::Request,
    readers: &mut Readers,
    peer: &str,
    from: u64,
    writer: &SyncSender<Job>,
) -> Result<u64, String> {
    let client = check(keyd, shown)?;
    let mut bytes = [0; 8];
    SystemRandom::new().fill(&mut bytes).map_err(|_| "no randomness".to_string())?;
    let token = u64::from_be_bytes(bytes);
    readers.begin(token, peer, now());
    let (source, action) = (crate::writer::SOURCE.into(), "read audit log".into());
    let (weight, detail) = (Weight::Relief, fields(json!({ "from": from })));
    let entry = Entry { source, weight, client, action, detail, responder: None };
    let _ = writer.try_send(Job::Record(entry));
    Ok(token)
}

/// The name of whoever shows to be a reader.
fn check(keyd: &Caller<keyd::Reply>, shown: &keyd::Request) -> Result<String, String> {
    match keyd.call(shown, CHECK_WAIT).map_err(|e| error_chain::chain(&e))?.0 {
        keyd::Reply::Reader { name } => Ok(name.into_string()),
        keyd::Reply::Refused(refusal) => Err(refusal.text().to_string()),
        _ => Err("keyd answered something else than was asked".into()),
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}
