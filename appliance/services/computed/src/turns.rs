//! Whose turn it is to compute. Each block uses all cores and the card, so blocks are done one after another.
//!
//! The rule: turns are given in the order in which they are asked for. The worker with its one job and each interactive
//! batch have at most one block in the queue. So with b batches going on a block waits for b others at most: the job in hand
//! gets one turn in b + 1, and no batch waits longer than for one block of the job and of each other batch
//! (`limits::BLOCK_ITEMS_DEAR`, `limits::BLOCK_PRODUCTS` say how long one is). Obfuscators for later use are computed only
//! while nobody waits, and give the turn back at once when somebody does.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Mutex, MutexGuard};

/// The queue. tokio's mutex is fair: first come, first served.
#[derive(Default)]
pub(crate) struct Turns {
    queue: Mutex<()>,
    waiting: AtomicUsize,
}

/// A turn; it ends when this is dropped.
pub(crate) struct Turn<'a>(#[expect(dead_code, reason = "it is held")] MutexGuard<'a, ()>);

impl Turns {
    /// Waits for a turn; for threads that are no part of a runtime.
    pub(crate) fn take(&self) -> Turn<'_> {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        let turn = Turn(self.queue.blocking_lock());
        self.waiting.fetch_sub(1, Ordering::AcqRel);
        turn
    }

    /// A turn that nobody else wants now.
    pub(crate) fn take_idle(&self) -> Option<Turn<'_>> {
        self.queue.try_lock().ok().map(Turn)
    }

    /// Whether somebody waits.
    pub(crate) fn wanted(&self) -> bool {
        self.waiting.load(Ordering::Acquire) > 0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn turns_come_in_the_order_asked_for() {
        let turns = Arc::new(Turns::default());
        let first = turns.take();
        let (sender, order) = mpsc::channel();
        let threads: Vec<_> = (0..4)
            .map(|i| {
                let (shared, sender) = (turns.clone(), sender.clone());
                let thread = thread::spawn(move || {
                    let _turn = shared.take();
                    sender.send(i).unwrap();
                });
                while turns.waiting.load(Ordering::Acquire) <= i {
                    thread::sleep(Duration::from_millis(1));
                }
                // In the count is just before in the queue.
                thread::sleep(Duration::from_millis(20));
                thread
            })
            .collect();
        assert!(turns.wanted() && turns.take_idle().is_none());
        drop(first);
        threads.into_iter().for_each(|t| t.join().unwrap());
        assert_eq!(order.try_iter().collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert!(!turns.wanted() && turns.take_idle().is_some());
    }
}
