//! The asking end of a channel between two services. Any number of requests may be on their way; a thread takes the answers in.

use std::collections::HashMap;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::channel::{Channel, ChannelError};
use crate::envelope::{Envelope, NOTICE, open};

/// How long a request may wait for room in the other side's queue. It reads as fast as packets come, or hangs up.
const SEND_WAIT: Duration = Duration::from_secs(5);

/// Why a request got no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error("sending the request")]
    Send(#[source] ChannelError),
    #[error("the answer could not be read")]
    Answer(#[source] ChannelError),
    #[error("the other service is gone")]
    Gone,
    #[error("no answer within {} s", wait.as_secs())]
    TimedOut { wait: Duration },
    #[error("as many requests as may be are on their way already")]
    Busy,
}

/// What an answer brings: the reply, and a descriptor where the reply says so.
pub type Answer<R> = Result<(R, Option<OwnedFd>), CallError>;
type Waiting<R> = Box<dyn FnOnce(Answer<R>) + Send>;

/// Clones share the channel. `R` is the reply's type; what the other side says unasked goes to the function given to
/// [`Caller::start`]. With the last one the channel ends.
pub struct Caller<R>(Arc<Handle<R>>);

struct Handle<R>(Arc<Shared<R>>);

struct Shared<R> {
    channel: Channel,
    next: AtomicU64,
    in_flight_max: usize,
    /// `None`: the other side is gone.
    waiting: Mutex<Option<HashMap<u64, Waiting<R>>>>,
}

/// A request on its way, for whoever stops waiting for it.
#[derive(Clone, Copy, Debug)]
pub struct CallId(u64);

impl<R: DeserializeOwned + Send + 'static> Caller<R> {
    /// `name`: of the other service, for the thread. At most `in_flight_max` requests are on their way at a time.
    pub fn start(
        channel: Channel,
        name: &str,
        in_flight_max: usize,
        notice: impl Fn(R) + Send + 'static,
    ) -> io::Result<Caller<R>> {
        channel.set_send_timeout(Some(SEND_WAIT)).map_err(io::Error::other)?;
        let (next, waiting) = (AtomicU64::new(NOTICE + 1), Mutex::new(Some(HashMap::new())));
        let shared = Arc::new(Shared { channel, next, in_flight_max, waiting });
        let listening = shared.clone();
        thread::Builder::new().name(name.into()).spawn(move || listening.listen(&notice))?;
        Ok(Caller(Arc::new(Handle(shared))))
    }

    /// Sends a request; `answer` is called once, on the thread that takes answers in, and must not wait there.
    pub fn send<Q: Serialize>(
        &self,
        request: &Q,
        answer: impl FnOnce(Answer<R>) + Send + 'static,
    ) -> Result<CallId, CallError> {
        let id = self.shared().next.fetch_add(1, Ordering::Relaxed);
        match self.shared().locked().as_mut() {
            None => return Err(CallError::Gone),
            Some(waiting) if waiting.len() >= self.shared().in_flight_max => return Err(CallError::Busy),
            Some(waiting) => drop(waiting.insert(id, Box::new(answer))),
        }
        if let Err(e) = self.shared().channel.send(&Envelope { id, body: request }) {
            self.forget(CallId(id));
            return Err(CallError::Send(e));
        }
        Ok(CallId(id))
    }

    /// Sends a request and waits for its answer.
    pub fn call<Q: Serialize>(&self, request: &Q, wait: Duration) -> Answer<R> {
        let (sender, receiver) = mpsc::sync_channel(1);
        // The receiver gave up: the answer is dropped.
        let id = self.send(request, move |answer| drop(sender.try_send(answer)))?;
        match receiver.recv_timeout(wait) {
            Ok(answer) => answer,
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(CallError::Gone),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                self.forget(id);
                Err(CallError::TimedOut { wait })
            }
        }
    }

    /// As [`Caller::call`], for tasks.
    #[cfg(feature = "tokio")]
    pub async fn ask<Q: Serialize>(&self, request: &Q, wait: Duration) -> Answer<R>
    where
        R: Send + 'static,
    {
        let (sender, answer) = tokio::sync::oneshot::channel();
        // A caller that stopped waiting gets no answer.
        let id = self.send(request, move |answer| drop(sender.send(answer)))?;
        match tokio::time::timeout(wait, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(CallError::Gone),
            Err(_) => {
                self.forget(id);
                Err(CallError::TimedOut { wait })
            }
        }
    }

    fn shared(&self) -> &Shared<R> {
        &self.0.0
    }

    /// Nobody waits for this answer any more; it is dropped when it comes.
    pub fn forget(&self, id: CallId) {
        if let Some(waiting) = self.shared().locked().as_mut() {
            waiting.remove(&id.0);
        }
    }
}

impl<R> Drop for Handle<R> {
    fn drop(&mut self) {
        self.0.channel.hang_up();
    }
}

impl<R> Clone for Caller<R> {
    fn clone(&self) -> Caller<R> {
        Caller(self.0.clone())
    }
}

impl<R: DeserializeOwned> Shared<R> {
    fn listen(&self, notice: &dyn Fn(R)) {
        // What cannot be numbered belongs to nobody: the other side is broken, and is told so by the end of the channel.
        while let Ok(mut packet) = self.channel.receive_packet() {
            let Ok((id, body)) = open::<R>(&packet) else { break };
            match (id, body) {
                (NOTICE, Ok(body)) => notice(body),
                (NOTICE, Err(_)) => {}
                (id, body) => {
                    let waiting = self.locked().as_mut().and_then(|w| w.remove(&id));
                    if let Some(answer) = waiting {
                        answer(body.map(|b| (b, packet.take_descriptor())).map_err(CallError::Answer));
                    }
                }
            }
        }
        self.channel.hang_up();
        let left = self.locked().take();
        left.into_iter().flatten().for_each(|(_, answer)| answer(Err(CallError::Gone)));
    }

    fn locked(&self) -> MutexGuard<'_, Option<HashMap<u64, Waiting<R>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
