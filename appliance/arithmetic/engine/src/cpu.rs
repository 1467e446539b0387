//! The engine on the processor's cores.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Instant;

use montgomery_lanes::Unit;

use crate::fixed_base::Factors;
use crate::modulus::check_reduced;
use crate::pow::{self, Exponents};
use crate::{Backend, Control, EngineError, FixedBase, Modulus, Numbers, products};

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

    /// Each base to its own exponent, which may be secret and of another width than the modulus.
    pub fn pow_each(
        &self,
        modulus: &Modulus,
        bases: &Numbers,
        exponents: &Numbers,
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        self.pow_each_low(modulus, bases, exponents, exponents.limbs() * 64, control)
    }

    /// The same, for exponents that are known to be shorter than their width: the bits above `bits` are not looked at.
    pub fn pow_each_low(
        &self,
        modulus: &Modulus,
        bases: &Numbers,
        exponents: &Numbers,
        bits: usize,
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        pow::pow(self, modulus, bases, Exponents::Each { numbers: exponents, bits }, control)
    }

    /// Each base to one exponent that is no secret: the time depends on it.
    pub fn pow_public(
        &self,
        modulus: &Modulus,
        bases: &Numbers,
        exponent: &[u64],
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        pow::pow_public(self, modulus, bases, exponent, control)
    }

    /// Each power of the base times a factor of its own, below the modulus: for the price of the power alone.
    pub fn pow_fixed_base_times(
        &self,
        base: &FixedBase,
        exponents: &Numbers,
        factors: &Numbers,
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        base.check(exponents)?;
        check_reduced(base.modulus(), factors)?;
        if factors.count() != exponents.count() {
            return Err(EngineError::Shape { what: "the factors and the exponents differ in number" });
        }
        base.powers(self, exponents, Factors::Plain(factors), control)
    }

    /// Each power of the base times 1 + m root, of an m of its own below the root of the base's modulus, which is a square.
    pub fn pow_fixed_base_one_plus(
        &self,
        base: &FixedBase,
        exponents: &Numbers,
        multiples: &Numbers,
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        if !base.takes_one_plus(self.unit) {
            let factors = one_plus(self, base.modulus(), multiples)?;
            return self.pow_fixed_base_times(base, exponents, &factors, control);
        }
        base.check(exponents)?;
        if multiples.count() != exponents.count() || multiples.limbs() * 2 != base.modulus().limbs() {
            return Err(EngineError::Shape {
                what: "the multiples are not one for each exponent, as wide as the root",
            });
        }
        base.powers(self, exponents, Factors::OnePlus(multiples), control)
    }

    /// Numbers of up to twice the modulus's width, modulo it.
    pub fn reduced(&self, modulus: &Modulus, numbers: &Numbers, control: Control<'_>) -> Result<Numbers, EngineError> {
        pow::reduced(self, modulus, numbers, control)
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

impl Backend for Cpu {
    fn name(&self) -> &'static str {
        self.unit.name()
    }

    fn pow_common(
        &self,
        modulus: &Modulus,
        bases: &Numbers,
        exponent: &[u64],
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        pow::pow(self, modulus, bases, Exponents::Common(exponent), control)
    }

    fn pow_fixed_base(
        &self,
        base: &FixedBase,
        exponents: &Numbers,
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        base.check(exponents)?;
        base.powers(self, exponents, Factors::None, control)
    }

    fn mul(&self, modulus: &Modulus, a: &Numbers, b: &Numbers, control: Control<'_>) -> Result<Numbers, EngineError> {
        check_reduced(modulus, a)?;
        check_reduced(modulus, b)?;
        if a.count() != b.count() {
            return Err(EngineError::Shape { what: "the factors differ in number" });
        }
        products::pairs(self, modulus, a, b, control)
    }
}

/// 1 + m root, for each m below the root.
pub(crate) fn one_plus(cpu: &Cpu, modulus: &Modulus, multiples: &Numbers) -> Result<Numbers, EngineError> {
    let root = modulus.root().ok_or(EngineError::Shape { what: "the modulus is no square" })?;
    if multiples.limbs() != root.len() {
        return Err(EngineError::Shape { what: "the multiples are not as wide as the root" });
    }
    let mut out = Numbers::zero(2 * root.len(), multiples.count());
    cpu.fill(&mut out, &crate::unattended, |i, out| {
        for (k, x) in multiples.item(i).iter().enumerate() {
            let mut carry = 0;
            for (y, out) in root.iter().zip(&mut out[k..]) {
                let wide = u128::from(*x) * u128::from(*y) + u128::from(*out) + carry;
                (*out, carry) = (wide as u64, wide >> 64);
            }
            out[k + root.len()] = carry as u64;
        }
        // m root is at most root^2 - root, and even more than 1 below 2^64's next multiple: no carry but this one's.
        let mut carry = 1;
        for limb in out {
            let (sum, over) = limb.overflowing_add(carry);
            (*limb, carry) = (sum, u64::from(over));
        }
    })?;
    Ok(out)
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
