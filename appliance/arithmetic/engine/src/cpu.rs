//! The processor's cores: which multiplier they use, and how they share a batch.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Instant;

use montgomery_lanes::Unit;

use crate::control::Control;
use crate::error::EngineError;
use crate::numbers::Numbers;

/// A number of threads, all with one multiplier: AVX-512 IFMA, AVX2 or the scalar one.
#[derive(Clone, Copy, Debug)]
pub struct Cpu {
    threads: usize,
    unit: Unit,
}

impl Cpu {
    /// All cores, with the unit that is fastest here.
    pub fn new() -> Cpu {
        Cpu::with(thread::available_parallelism().map_or(1, usize::from), fastest())
    }

    pub fn with(threads: usize, unit: Unit) -> Cpu {
        Cpu { threads: threads.max(1), unit }
    }

    pub fn threads(&self) -> usize {
        self.threads
    }

    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// Fills `out`, item by item, on all threads.
    pub fn fill(
        &self,
        out: &mut Numbers,
        control: Control<'_>,
        work: impl Fn(usize, &mut [u64]) + Sync,
    ) -> Result<(), EngineError> {
        /// Small enough to share evenly and to stop soon, large enough that taking a block costs nothing.
        const BLOCK: usize = 16;
        let limbs = out.limbs();
        self.blocks(
            out,
            BLOCK,
            control,
            || (),
            |_, first, words| {
                words.chunks_exact_mut(limbs).enumerate().for_each(|(i, item)| work(first + i, item));
            },
        )
    }

    /// Fills `out` in blocks of `block` items, which the threads take one after another; each thread has a state of its
    /// own. `work` gets the first item's number and the block's words.
    pub(crate) fn blocks<S>(
        &self,
        out: &mut Numbers,
        block: usize,
        control: Control<'_>,
        state: impl Fn() -> S + Sync,
        work: impl Fn(&mut S, usize, &mut [u64]) + Sync,
    ) -> Result<(), EngineError> {
        let (limbs, count) = (out.limbs(), out.count());
        let threads = self.threads.min(count.div_ceil(block));
        let stop = AtomicBool::new(false);
        let queue = Mutex::new(out.words_mut().chunks_mut(block * limbs).enumerate());
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        let run = || {
            let mut state = state();
            while let Some((index, words)) = next() {
                let items = words.len() / limbs;
                work(&mut state, index * block, words);
                if control(items) == ControlFlow::Break(()) {
                    stop.store(true, Ordering::Relaxed);
                }
                if stop.load(Ordering::Relaxed) {
                    return;
                }
            }
        };
        if count > 0 {
            thread::scope(|scope| {
                (1..threads).for_each(|_| _ = scope.spawn(run));
                run();
            });
        }
        if stop.into_inner() { Err(EngineError::Cancelled) } else { Ok(()) }
    }
}

impl Default for Cpu {
    fn default() -> Cpu {
        Cpu::new()
    }
}

/// The unit whose products cost least here: an emulated vector unit is slower than an emulated scalar one. Measured once.
fn fastest() -> Unit {
    static FASTEST: OnceLock<Unit> = OnceLock::new();
    *FASTEST.get_or_init(|| {
        let cost = |unit: &Unit| {
            let n = vec![u64::MAX; 32];
            let modulus = montgomery_lanes::Modulus::new(*unit, &n)?;
            let (mut group, mut scratch) = (modulus.group(), modulus.scratch());
            let mut round = || {
                let start = Instant::now();
                (0..8).for_each(|_| modulus.square(&mut group, &mut scratch));
                start.elapsed() / unit.lanes() as u32
            };
            // The first round warms up; of the others the least disturbed one counts.
            round();
            (0..5).map(|_| round()).min()
        };
        Unit::all()
            .into_iter()
            .filter_map(|unit| Some((cost(&unit)?, unit)))
            .min_by_key(|(cost, _)| *cost)
            .map_or_else(Unit::portable, |(_, unit)| unit)
    })
}
