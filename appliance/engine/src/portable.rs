//! The engine on the CPU's cores.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::modulus::check_reduced;
use crate::{Backend, Control, EngineError, FixedBase, Modulus, Numbers};

/// Portable Rust on as many threads as there are cores.
pub struct Portable {
    threads: usize,
}

impl Portable {
    pub fn new() -> Portable {
        Portable::with_threads(thread::available_parallelism().map_or(1, usize::from))
    }

    pub fn with_threads(threads: usize) -> Portable {
        Portable { threads: threads.max(1) }
    }

    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Fills `out`, item by item, on all threads.
    pub fn fill(
        &self,
        out: &mut Numbers,
        control: Control<'_>,
        work: impl Fn(usize, &mut [u64]) + Sync,
    ) -> Result<(), EngineError> {
        let (limbs, count) = (out.limbs(), out.count());
        if count == 0 {
            return Ok(());
        }
        let share = count.div_ceil(self.threads);
        let stop = AtomicBool::new(false);
        let run = |first: usize, words: &mut [u64]| {
            for (i, item) in words.chunks_exact_mut(limbs).enumerate() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                work(first + i, item);
                if control(1) == ControlFlow::Break(()) {
                    stop.store(true, Ordering::Relaxed);
                }
            }
        };
        thread::scope(|scope| {
            let mut chunks = out.words_mut().chunks_mut(share * limbs).enumerate();
            let own = chunks.next();
            for (i, words) in chunks {
                let run = &run;
                scope.spawn(move || run(i * share, words));
            }
            if let Some((_, words)) = own {
                run(0, words);
            }
        });
        if stop.into_inner() { Err(EngineError::Cancelled) } else { Ok(()) }
    }
}

impl Default for Portable {
    fn default() -> Portable {
        Portable::new()
    }
}

impl Backend for Portable {
    fn name(&self) -> &'static str {
        "portable"
    }

    fn pow_common(
        &self,
        modulus: &Modulus,
        bases: &Numbers,
        exponent: &[u64],
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        check_reduced(modulus, bases)?;
        let mut out = Numbers::zero(modulus.limbs(), bases.count());
        self.fill(&mut out, control, |i, item| modulus.pow(bases.item(i), exponent, item))?;
        Ok(out)
    }

    fn pow_fixed_base(
        &self,
        base: &FixedBase,
        exponents: &Numbers,
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        base.check(exponents)?;
        let mut out = Numbers::zero(base.modulus().limbs(), exponents.count());
        self.fill(&mut out, control, |i, item| base.pow(exponents.item(i), item))?;
        Ok(out)
    }

    fn mul(&self, modulus: &Modulus, a: &Numbers, b: &Numbers, control: Control<'_>) -> Result<Numbers, EngineError> {
        check_reduced(modulus, a)?;
        check_reduced(modulus, b)?;
        if a.count() != b.count() {
            return Err(EngineError::Shape { what: "the factors differ in number" });
        }
        let mut out = Numbers::zero(modulus.limbs(), a.count());
        self.fill(&mut out, control, |i, item| modulus.mul(a.item(i), b.item(i), item))?;
        Ok(out)
    }
}
