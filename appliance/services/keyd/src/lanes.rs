//! Work that takes long, off the threads that answer: a lane is a thread with a queue for each party (a peer, or an owner of
//! keys), served in turn. One that asks for much waits for itself.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{io, thread};

/// What may wait, of one peer. Its requests on their way are not more.
const WAITING_MAX: usize = 64;

/// `T`: what the work is done with, such as the TPM.
pub(crate) struct Lane<T>(Arc<Shared<T>>);

type Work<T> = Box<dyn FnOnce(&mut T) + Send>;

struct Shared<T> {
    queues: Mutex<Queues<T>>,
    arrived: Condvar,
}

struct Queues<T> {
    /// The peer whose turn is next is first. A queue is never empty.
    waiting: VecDeque<(String, VecDeque<Work<T>>)>,
    is_closed: bool,
    /// The thread has done its last work.
    has_ended: bool,
}

/// As much as may waits already.
#[derive(Debug)]
pub(crate) struct Full;

impl<T: Send + 'static> Lane<T> {
    pub(crate) fn start(name: &str, mut tool: T) -> io::Result<Lane<T>> {
        let queues = Mutex::new(Queues { waiting: VecDeque::new(), is_closed: false, has_ended: false });
        let shared = Arc::new(Shared { queues, arrived: Condvar::new() });
        let serving = shared.clone();
        thread::Builder::new().name(name.into()).spawn(move || {
            while let Some(work) = serving.next() {
                work(&mut tool);
            }
            drop(tool);
            serving.locked().has_ended = true;
            serving.arrived.notify_all();
        })?;
        Ok(Lane(shared))
    }

    /// Has the work done, for this peer.
    pub(crate) fn push(&self, peer: &str, work: impl FnOnce(&mut T) + Send + 'static) -> Result<(), Full> {
        self.push_within(WAITING_MAX, peer, work)
    }

    /// Unless as many of this peer wait already.
    pub(crate) fn push_within(
        &self,
        waiting_max: usize,
        peer: &str,
        work: impl FnOnce(&mut T) + Send + 'static,
    ) -> Result<(), Full> {
        let mut queues = self.0.locked();
        match queues.waiting.iter_mut().find(|(name, _)| name == peer) {
            Some((_, own)) if own.len() >= waiting_max => return Err(Full),
            Some((_, own)) => own.push_back(Box::new(work)),
            None => queues.waiting.push_back((peer.into(), VecDeque::from([Box::new(work) as Work<T>]))),
        }
        self.0.arrived.notify_one();
        Ok(())
    }
}

impl<T> Lane<T> {
    /// Begins no more work, and waits for what is being done, but not for longer: a process that ends while a library of C is at work may
    /// crash.
    pub(crate) fn finish(&self, wait: Duration) {
        let mut queues = self.0.locked();
        queues.is_closed = true;
        self.0.arrived.notify_all();
        let wait = self.0.arrived.wait_timeout_while(queues, wait, |queues| !queues.has_ended);
        drop(wait.unwrap_or_else(PoisonError::into_inner));
    }
}

impl<T> Drop for Lane<T> {
    fn drop(&mut self) {
        self.0.locked().is_closed = true;
        self.0.arrived.notify_all();
    }
}

impl<T> Shared<T> {
    /// `None`: the lane is closed.
    fn next(&self) -> Option<Work<T>> {
        let mut queues = self.locked();
        loop {
            if queues.is_closed {
                return None;
            }
            if let Some((peer, mut own)) = queues.waiting.pop_front() {
                let work = own.pop_front();
                if !own.is_empty() {
                    queues.waiting.push_back((peer, own));
                }
                return work;
            }
            queues = self.arrived.wait(queues).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn locked(&self) -> MutexGuard<'_, Queues<T>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_peer_that_asks_for_much_waits_for_itself() {
        let lane = Lane::start("test", Vec::new()).unwrap();
        let (go, gate) = mpsc::channel::<()>();
        lane.push("greedy", move |_: &mut Vec<String>| gate.recv().unwrap()).unwrap();
        let pushed = (0..1000).filter(|_| lane.push("greedy", |done| done.push("greedy".into())).is_ok()).count();
        // The first one may be in the lane already.
        assert!((WAITING_MAX - 1..=WAITING_MAX).contains(&pushed), "{pushed}");
        lane.push("modest", |done| done.push("modest".into())).unwrap();
        let (sender, receiver) = mpsc::channel();
        lane.push("modest", move |done| sender.send(done.clone()).unwrap()).unwrap();
        go.send(()).unwrap();
        // In turn: at most two of the greedy one's before each of the modest one's.
        assert!(receiver.recv().unwrap().len() <= 4);
    }
}
