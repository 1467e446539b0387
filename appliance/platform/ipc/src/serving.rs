//! The answering end of a channel between two services. Who asks is known from the channel; what it may ask is said by the
//! service table, and what is not in it never reaches the service.

use std::collections::BTreeSet;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::channel::{Channel, ChannelError};
use crate::envelope::{Envelope, NOTICE, open};

/// Requests of one peer that have no answer yet, or one that it has not read. Beyond them its requests are left in its channel.
const IN_FLIGHT_MAX: usize = 512;
/// What may wait for a peer: its answers, and some notices. With more it is hung up on.
const UNREAD_MAX: usize = IN_FLIGHT_MAX + 128;
/// How long a peer may read nothing. One that does not read is hung up on: it holds up nobody else.
const SEND_WAIT: Duration = Duration::from_secs(5);
/// How often a wait for room looks whether the channel has ended.
const LOOK: Duration = Duration::from_millis(200);

/// Whoever is at the other end, and what it may ask for.
#[derive(Clone, Debug)]
pub struct Peer {
    name: String,
    calls: BTreeSet<String>,
}

/// What a request is called in the service table.
pub trait Call {
    fn call(&self) -> &'static str;
}

/// A service that answers requests. `answer` is called on the peer's own thread; what takes long is to be passed on, with the
/// [`Responder`], to another.
pub trait Service: Send + Sync + 'static {
    type Request: DeserializeOwned + Call;
    type Reply: Serialize + Send + 'static;

    fn answer(&self, peer: &Peer, request: Self::Request, responder: Responder<Self::Reply>);

    /// The peer may not ask for this.
    fn refuse(&self, peer: &Peer, call: &'static str) -> Self::Reply;

    /// The request cannot be read: a part of it is longer than it may be, or it is no request at all.
    fn refuse_unreadable(&self, peer: &Peer) -> Self::Reply;

    /// The peer is gone.
    fn gone(&self, peer: &Peer);
}

/// Sends one reply, from any thread.
pub struct Responder<R> {
    id: u64,
    outbox: Outbox<R>,
    place: Place,
}

/// What a peer is sent, in order, on a thread of its own.
pub struct Outbox<R> {
    sender: mpsc::SyncSender<Outgoing<R>>,
    channel: Arc<Channel>,
    places: Arc<Places>,
}

struct Outgoing<R> {
    id: u64,
    body: R,
    descriptor: Option<OwnedFd>,
    /// Free again once the reply is sent.
    place: Option<Place>,
}

/// How many requests are in flight, and whether the channel has ended.
#[derive(Default)]
struct Places {
    taken: Mutex<usize>,
    freed: Condvar,
    is_over: AtomicBool,
}

/// One of them; free when this is dropped.
struct Place(Arc<Places>);

impl Peer {
    pub fn new(name: impl Into<String>, calls: impl IntoIterator<Item = String>) -> Peer {
        Peer { name: name.into(), calls: calls.into_iter().collect() }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn may(&self, call: &str) -> bool {
        self.calls.contains(call)
    }
}

/// Serves `peer` on threads of its own until it hangs up. What comes back sends notices.
pub fn serve<S: Service>(channel: Channel, peer: Peer, service: Arc<S>) -> io::Result<Outbox<S::Reply>> {
    channel.set_send_timeout(Some(SEND_WAIT)).map_err(io::Error::other)?;
    let channel = Arc::new(channel);
    let (sender, outgoing) = mpsc::sync_channel(UNREAD_MAX);
    let places = Arc::new(Places::default());
    let outbox = Outbox { sender, channel: channel.clone(), places: places.clone() };
    let (writer, over) = (channel.clone(), places.clone());
    thread::Builder::new().name(format!("to {}", peer.name)).spawn(move || {
        write(&writer, &outgoing);
        writer.hang_up();
        over.is_over.store(true, Ordering::Release);
    })?;
    let ours = outbox.clone();
    thread::Builder::new().name(format!("of {}", peer.name)).spawn(move || {
        // Also if the service panics: its peer would wait for an answer that does not come.
        let _ending = Ending { channel: &channel, places: &places, peer: &peer, service: &*service };
        read(&channel, &peer, &*service, &ours, &places);
    })?;
    Ok(outbox)
}

/// What the end of a peer's thread brings.
struct Ending<'a, S: Service> {
    channel: &'a Channel,
    places: &'a Places,
    peer: &'a Peer,
    service: &'a S,
}

impl<S: Service> Drop for Ending<'_, S> {
    fn drop(&mut self) {
        self.channel.hang_up();
        self.places.is_over.store(true, Ordering::Release);
        self.service.gone(self.peer);
    }
}

fn read<S: Service>(channel: &Channel, peer: &Peer, service: &S, outbox: &Outbox<S::Reply>, places: &Arc<Places>) {
    while let Some(place) = places.take() {
        let Ok(packet) = channel.receive_packet() else { return };
        let Ok((id, request)) = open::<S::Request>(&packet) else { return };
        let responder = Responder { id, outbox: outbox.clone(), place };
        match request {
            Err(_) => responder.send(service.refuse_unreadable(peer)),
            Ok(request) if !peer.may(request.call()) => responder.send(service.refuse(peer, request.call())),
            Ok(request) => service.answer(peer, request, responder),
        }
    }
}

fn write<R: Serialize>(channel: &Channel, outgoing: &mpsc::Receiver<Outgoing<R>>) {
    for Outgoing { id, body, descriptor, place } in outgoing {
        let envelope = Envelope { id, body: &body };
        let sent = match &descriptor {
            Some(descriptor) => channel.send_with_fd(&envelope, descriptor.as_fd()),
            None => channel.send(&envelope),
        };
        match sent {
            // A reply that does not fit is a fault of ours; its asker runs into its own bound, and all else goes on.
            Ok(()) | Err(ChannelError::TooLarge { .. }) => drop(place),
            Err(_) => return,
        }
    }
}

impl<R> Responder<R> {
    pub fn send(self, reply: R) {
        let Responder { id, outbox, place } = self;
        outbox.put(Outgoing { id, body: reply, descriptor: None, place: Some(place) });
    }

    pub fn send_with_fd(self, reply: R, descriptor: OwnedFd) {
        let Responder { id, outbox, place } = self;
        outbox.put(Outgoing { id, body: reply, descriptor: Some(descriptor), place: Some(place) });
    }
}

impl<R> Outbox<R> {
    /// Says something that nobody asked for; whether the peer is still there.
    pub fn notify(&self, notice: R) -> bool {
        self.put(Outgoing { id: NOTICE, body: notice, descriptor: None, place: None })
    }

    fn put(&self, outgoing: Outgoing<R>) -> bool {
        let is_there = !self.is_over() && self.sender.try_send(outgoing).is_ok();
        if !is_there {
            self.channel.hang_up();
        }
        is_there
    }

    /// The peer has gone.
    pub fn is_over(&self) -> bool {
        self.places.is_over.load(Ordering::Acquire)
    }
}

impl<R> Clone for Outbox<R> {
    fn clone(&self) -> Outbox<R> {
        Outbox { sender: self.sender.clone(), channel: self.channel.clone(), places: self.places.clone() }
    }
}

impl Places {
    /// Waits for one; `None`: the channel has ended.
    fn take(self: &Arc<Places>) -> Option<Place> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        while *taken >= IN_FLIGHT_MAX {
            if self.is_over.load(Ordering::Acquire) {
                return None;
            }
            taken = self.freed.wait_timeout(taken, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
        *taken += 1;
        Some(Place(self.clone()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *self.0.taken.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.freed.notify_one();
    }
}
