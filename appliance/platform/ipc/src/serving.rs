//! The answering end of a channel between two services. Who asks is known from the channel; what it may ask is said by the
//! service table, and what is not in it never reaches the service.

use std::collections::BTreeSet;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::channel::{Channel, ChannelError};
use crate::envelope::{Envelope, NOTICE, open};

/// Replies that wait for a peer to read them. One that reads nothing is hung up on: it holds up nobody else.
const UNREAD_MAX: usize = 256;
const SEND_WAIT: Duration = Duration::from_secs(10);

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
}

/// What a peer is sent, in order, on a thread of its own.
pub struct Outbox<R>(mpsc::SyncSender<Outgoing<R>>, Arc<Channel>);

struct Outgoing<R> {
    id: u64,
    body: R,
    descriptor: Option<OwnedFd>,
}

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
    let (writer, outbox) = (channel.clone(), Outbox(sender, channel.clone()));
    thread::Builder::new().name(format!("to {}", peer.name)).spawn(move || write(&writer, &outgoing))?;
    let ours = outbox.clone();
    thread::Builder::new().name(format!("of {}", peer.name)).spawn(move || {
        read(&channel, &peer, &*service, &ours);
        channel.hang_up();
        service.gone(&peer);
    })?;
    Ok(outbox)
}

fn read<S: Service>(channel: &Channel, peer: &Peer, service: &S, outbox: &Outbox<S::Reply>) {
    while let Ok(packet) = channel.receive_packet() {
        let Ok((id, request)) = open::<S::Request>(&packet) else { return };
        let responder = Responder { id, outbox: outbox.clone() };
        match request {
            Err(_) => responder.send(service.refuse_unreadable(peer)),
            Ok(request) if !peer.may(request.call()) => responder.send(service.refuse(peer, request.call())),
            Ok(request) => service.answer(peer, request, responder),
        }
    }
}

fn write<R: Serialize>(channel: &Channel, outgoing: &mpsc::Receiver<Outgoing<R>>) {
    for Outgoing { id, body, descriptor } in outgoing {
        let envelope = Envelope { id, body: &body };
        let sent = match &descriptor {
            Some(descriptor) => channel.send_with_fd(&envelope, descriptor.as_fd()),
            None => channel.send(&envelope),
        };
        match sent {
            // A reply that does not fit is a fault of ours; its asker runs into its own bound, and all else goes on.
            Ok(()) | Err(ChannelError::TooLarge { .. }) => {}
            Err(_) => return channel.hang_up(),
        }
    }
}

impl<R> Responder<R> {
    pub fn send(self, reply: R) {
        self.outbox.put(Outgoing { id: self.id, body: reply, descriptor: None });
    }

    pub fn send_with_fd(self, reply: R, descriptor: OwnedFd) {
        self.outbox.put(Outgoing { id: self.id, body: reply, descriptor: Some(descriptor) });
    }
}

impl<R> Outbox<R> {
    /// Says something that nobody asked for.
    pub fn notify(&self, notice: R) {
        self.put(Outgoing { id: NOTICE, body: notice, descriptor: None });
    }

    fn put(&self, outgoing: Outgoing<R>) {
        if self.0.try_send(outgoing).is_err() {
            self.1.hang_up();
        }
    }
}

impl<R> Clone for Outbox<R> {
    fn clone(&self) -> Outbox<R> {
        Outbox(self.0.clone(), self.1.clone())
    }
}
