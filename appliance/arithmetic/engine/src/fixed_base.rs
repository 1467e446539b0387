//! Powers of one base: a table of multiples of its exponent's windows, used with no branch and no address that depends on
//! the exponent (E. F. Brickell, D. M. Gordon, K. S. McCurley, D. B. Wilson, "Fast exponentiation with precomputation",
//! EUROCRYPT 1992, in the variant with a table for each digit).

use std::sync::{Arc, OnceLock};

use montgomery_lanes::{Modulus as Lanes, SharedTable, Unit};
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
    /// By [`Unit::number`]. Entry k of row j is base ^ (k * 2^(window j)) in Montgomery form.
    tables: [OnceLock<Table>; Unit::COUNT],
}

struct Table {
    shared: SharedTable,
    window: usize,
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
            let powers: Vec<_> = (0..block / lanes).map(|_| m.group()).collect();
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
                        m.look_up(&table.shared, row, index, [a, b], scratch);
                        continue;
                    }
                    let [x, y] = entries;
                    m.look_up(&table.shared, row, index, [x, y], scratch);
                    m.multiply(a, x, scratch);
                    // The last group of an odd number has nothing beside it.
                    if first + (2 * pair + 1) * lanes < exponents.count() {
                        m.multiply(b, y, scratch);
                    }
                }
            }
            for (g, (power, words)) in powers.iter_mut().zip(words.chunks_mut(lanes * self.modulus.limbs())).enumerate()
            {
                // The factor is plain, so that the product is.
                let factor = &mut entries[0];
                match factors {
                    Factors::None => factor.copy_from(plain_one),
                    Factors::Plain(numbers) => load(m, numbers, first + g * lanes, factor, scratch),
                    Factors::OnePlus(multiples) => {
                        let words = multiples.words().get((first + g * lanes) * multiples.limbs()..);
                        let multiples = words.unwrap_or_default().chunks_exact(multiples.limbs());
                        m.load_one_plus(factor, multiples, scratch);
                    }
                }
                m.multiply(power, factor, scratch);
                m.store(power, words, scratch);
            }
        })?;
        Ok(out)
    }

    fn rows(&self, window: usize) -> usize {
        (self.exponent_bits + HEADROOM).div_ceil(window)
    }

    /// The widest window whose table is small enough.
    fn window(&self, m: &Lanes) -> usize {
        let bytes = |window: usize| (self.rows(window) * m.digits() * 8) << window;
        // A scalar look-up reads its row word by word, in time that a vector's permutations do not need.
        let widest = if m.unit().lanes() == 8 { 8 } else { 5 };
        (4..=widest).rev().find(|w| bytes(*w) <= TABLE_MAX).unwrap_or(4)
    }

    fn table(&self, unit: Unit) -> &Table {
        self.tables[unit.number()].get_or_init(|| self.build(self.modulus.powers(unit)))
    }

    fn build(&self, m: &Lanes) -> Table {
        let window = self.window(m);
        let (rows, lanes) = (self.rows(window), m.unit().lanes());
        let mut scratch = m.scratch();
        let mut shared = m.shared_table(rows, window);
        // The generators of all rows, each the last one's power, then several rows side by side.
        let mut generators = Numbers::zero(self.modulus.limbs(), rows.next_multiple_of(lanes));
        let (mut group, mut factor) = (m.group(), m.group());
        m.set_all(&mut factor, m.r_squared(), &mut scratch);
        m.set_all(&mut group, &self.base, &mut scratch);
        m.multiply(&mut group, &factor, &mut scratch);
        for row in 0..rows {
            m.store(&group, generators.item_mut(row), &mut scratch);
            (0..window).for_each(|_| m.square(&mut group, &mut scratch));
        }
        let mut one = vec![0; self.modulus.limbs()];
        one[0] = 1;
        let scale = self.scale.as_ref().map_or(one.as_slice(), |scale| scale);
        let mut power = m.group();
        for first in (0..rows).step_by(lanes) {
            let start = (first..first + lanes).map(|row| if row == 0 { scale } else { one.as_slice() });
            m.load(&mut power, start, &mut scratch);
            m.multiply(&mut power, &factor, &mut scratch);
            load(m, &generators, first, &mut group, &mut scratch);
            for k in 0..1 << window {
                for row in first..rows.min(first + lanes) {
                    m.set_shared(&mut shared, row, k, &power, row - first);
                }
                m.multiply(&mut power, &group, &mut scratch);
            }
        }
        Table { shared, window }
    }
}
