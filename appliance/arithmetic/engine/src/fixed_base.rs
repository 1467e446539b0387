//! Powers of one base: a table of multiples of its exponent's windows, used with no branch and no address that depends on
//! the exponent (E. F. Brickell, D. M. Gordon, K. S. McCurley, D. B. Wilson, "Fast exponentiation with precomputation",
//! EUROCRYPT 1992, in the variant with a table for each digit).

use std::sync::{Arc, OnceLock};

use montgomery_lanes::{Modulus as Lanes, Unit};
use zeroize::Zeroizing;

use crate::control::Control;
use crate::cpu::Cpu;
use crate::error::EngineError;
use crate::modulus::Modulus;
use crate::numbers::Numbers;
use crate::numbers::window;
use crate::pow::{load, ones};
use crate::speeds::{Kind, Work};
use crate::units::separate;
use power::Power;
use table::Table;

mod power;
mod table;

/// Room above the longest exponent, so that sums of up to 2^32 exponents can be used too (see [`crate::verify`]).
const HEADROOM: usize = 32;
/// The largest table, in bytes, that wider windows may lead to.
const TABLE_MAX: usize = 32 << 20;
/// Groups that pass over the table together: a row comes from memory once for all of them.
const GROUPS: usize = 32;

/// What the powers of a base are multiplied by, each by its own.
#[derive(Clone, Copy)]
pub(crate) enum Factors<'a> {
    None,
    /// Numbers below the modulus.
    Plain(&'a Numbers),
    /// 1 + m root, of m below the root of a modulus that is a square.
    OnePlus(&'a Numbers),
}

/// A base, its modulus and the longest exponent; the table is made when it is first needed.
pub struct FixedBase {
    modulus: Arc<Modulus>,
    base: Zeroizing<Vec<u64>>,
    scale: Option<Zeroizing<Vec<u64>>>,
    exponent_bits: usize,
    public: bool,
    unit: OnceLock<bool>,
    /// By [`Unit::number`].
    tables: [OnceLock<Table>; Unit::COUNT],
}

impl FixedBase {
    /// A base below the modulus, for exponents of up to so many bits.
    pub fn new(modulus: Arc<Modulus>, base: &[u64], exponent_bits: usize) -> Result<FixedBase, EngineError> {
        // secret: whether a base is below its modulus: true of every one that goes on.
        if !modulus.contains(base) {
            return Err(EngineError::NotReduced { index: 0 });
        }
        let base = Zeroizing::new(base.to_vec());
        let (unit, tables) = Default::default();
        Ok(FixedBase { base, scale: None, exponent_bits, public: false, unit, modulus, tables })
    }

    /// The same, with every power multiplied by `scale`, below the modulus, at no cost.
    pub fn scaled(
        modulus: Arc<Modulus>,
        base: &[u64],
        scale: &[u64],
        exponent_bits: usize,
    ) -> Result<FixedBase, EngineError> {
        // secret: the same.
        if !modulus.contains(scale) {
            return Err(EngineError::NotReduced { index: 0 });
        }
        let plain = FixedBase::new(modulus, base, exponent_bits)?;
        Ok(FixedBase { scale: Some(Zeroizing::new(scale.to_vec())), ..plain })
    }

    /// The same, of which base and modulus are public: cards keep its table from batch to batch.
    pub fn public(self) -> FixedBase {
        FixedBase { public: true, ..self }
    }

    pub fn modulus(&self) -> &Modulus {
        &self.modulus
    }

    pub fn base(&self) -> &[u64] {
        &self.base
    }

    pub fn exponent_bits(&self) -> usize {
        self.exponent_bits
    }

    /// Whether the base has an inverse, so that powers of it can be checked; found out once.
    pub fn is_unit(&self, cpu: &Cpu) -> Result<bool, EngineError> {
        if let Some(known) = self.unit.get() {
            return Ok(*known);
        }
        let base = Numbers::from_words(self.modulus.limbs(), self.base.to_vec())?;
        let found = separate(cpu, &self.modulus, &base)?.others.is_empty();
        Ok(*self.unit.get_or_init(|| found))
    }

    pub(crate) fn is_public(&self) -> bool {
        self.public
    }

    pub(crate) fn kind(&self) -> Kind {
        let (modulus_bits, exponent_bits) = (self.modulus.bits(), self.exponent_bits);
        Kind { work: Work::FixedBase, modulus_bits, exponent_bits }
    }

    /// Whether a card, which knows of no scale, can do the powers.
    pub(crate) fn is_plain(&self) -> bool {
        self.scale.is_none()
    }

    /// Makes the table for this unit, if it is not there; its size in bytes.
    pub fn prepare(&self, unit: Unit) -> usize {
        self.table(unit).shared.bytes()
    }

    /// Multiplications for one power.
    pub(crate) fn cost(&self, unit: Unit) -> usize {
        self.exponent_bits.div_ceil(self.window(self.modulus.powers(unit)))
    }

    pub(crate) fn check(&self, exponents: &Numbers) -> Result<(), EngineError> {
        let bits = self.exponent_bits;
        let fits = |e: &[u64]| {
            let over = |(i, limb): (usize, &u64)| {
                let room = bits.saturating_sub(i * 64);
                if room >= 64 { 0 } else { limb >> room }
            };
            e.iter().enumerate().map(over).fold(0, |a, b| a | b) == 0
        };
        match exponents.iter().position(|e| !fits(e)) {
            Some(index) => Err(EngineError::LongExponent { index, bits }),
            None => Ok(()),
        }
    }

    /// Whether this unit's lanes take [`Factors::OnePlus`].
    pub(crate) fn takes_one_plus(&self, unit: Unit) -> bool {
        self.modulus.powers(unit).takes_any_width()
    }

    /// The powers, times their factors; for exponents of at most `exponent_bits` + 32 bits.
    pub(crate) fn powers(
        &self,
        cpu: &Cpu,
        exponents: &Numbers,
        factors: Factors<'_>,
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        let m = self.modulus.powers(cpu.unit());
        let table = self.table(cpu.unit());
        let (lanes, width) = (m.unit().lanes(), table.window);
        let rows = (exponents.limbs() * 64).div_ceil(width).min(self.rows(width));
        let share = exponents.count().div_ceil(cpu.threads()).max(1).next_multiple_of(2 * lanes);
        let block = share.min(GROUPS * lanes);
        let mut out = Numbers::zero(self.modulus.limbs(), exponents.count());
        let state = || {
            let mut scratch = m.scratch();
            let (_, plain_one) = ones(m, &mut scratch);
            let powers: Vec<_> = (0..block / lanes).map(|_| Power::new(m, table, &mut scratch)).collect();
            (powers, [m.group(), m.group()], plain_one, scratch)
        };
        cpu.blocks(&mut out, block, control, state, |(powers, entries, plain_one, scratch), first, words| {
            let groups = (words.len() / self.modulus.limbs()).div_ceil(lanes).next_multiple_of(2);
            let mut index = [vec![0; lanes], vec![0; lanes]];
            for row in 0..rows {
                for (pair, powers) in powers[..groups].chunks_exact_mut(2).enumerate() {
                    for (g, index) in index.iter_mut().enumerate() {
                        for (lane, index) in index.iter_mut().enumerate() {
                            let item = first + (2 * pair + g) * lanes + lane;
                            let exponent = if item < exponents.count() { exponents.item(item) } else { &[] };
                            *index = window(exponent, row * width, width);
                        }
                    }
                    let index = [index[0].as_slice(), index[1].as_slice()];
                    let [a, b] = powers else { continue };
                    if row == 0 {
                        m.look_up(&table.shared, row, index, [&mut a.group, &mut b.group], scratch);
                        a.begin(m, scratch);
                        b.begin(m, scratch);
                        continue;
                    }
                    let [x, y] = entries;
                    m.look_up(&table.shared, row, index, [x, y], scratch);
                    a.multiply(m, x, scratch);
                    // The last group of an odd number has nothing beside it.
                    if first + (2 * pair + 1) * lanes < exponents.count() {
                        b.multiply(m, y, scratch);
                    }
                }
            }
            for (g, (power, words)) in powers.iter_mut().zip(words.chunks_mut(lanes * self.modulus.limbs())).enumerate()
            {
                let first = first + g * lanes;
                match factors {
                    Factors::None => power.end(m, plain_one, scratch),
                    Factors::Plain(numbers) => {
                        load(m, numbers, first, &mut entries[0], scratch);
                        power.end(m, &entries[0], scratch);
                    }
                    Factors::OnePlus(multiples) => {
                        let words = multiples.words().get(first * multiples.limbs()..).unwrap_or_default();
                        power.end_one_plus(m, words.chunks_exact(multiples.limbs()), scratch);
                    }
                }
                m.store(&power.group, words, scratch);
            }
        })?;
        Ok(out)
    }

    fn rows(&self, window: usize) -> usize {
        (self.exponent_bits + HEADROOM).div_ceil(window)
    }

    /// The window with which a power costs least, of those whose table is small enough.
    fn window(&self, m: &Lanes) -> usize {
        let bytes = |window: usize| (self.rows(window) * m.digits() * 8) << window;
        // A scalar look-up reads its row word by word, in time that a vector's permutations do not need.
        let widest = if m.unit().lanes() == 8 { 8 } else { 5 };
        let fitting = (4..=widest).filter(|window| bytes(*window) <= TABLE_MAX);
        fitting.min_by_key(|window| step_cost(m, *window) / window).unwrap_or(4)
    }

    fn table(&self, unit: Unit) -> &Table {
        self.tables[unit.number()].get_or_init(|| Table::of(self, self.modulus.powers(unit)))
    }
}

/// What an entry's look-up and its product take, in tenths of a multiply-add. That of a look-up was measured (AVX-512, 20 to 60 digits).
fn step_cost(m: &Lanes, window: usize) -> usize {
    let digits = m.digits();
    // Of a pair's digits each half is half.
    let product = if m.takes_any_width() { 2 * digits * digits } else { 4 * digits * digits };
    10 * product + ((3 * digits) << window)
}
