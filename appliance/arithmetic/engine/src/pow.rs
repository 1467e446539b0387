//! Powers of many bases, several at a time.

use montgomery_lanes::{Group, GroupTable, Modulus as Lanes, Scratch};
use zeroize::Zeroizing;

use crate::control::Control;
use crate::cpu::Cpu;
use crate::error::EngineError;
use crate::modulus::Modulus;
use crate::modulus::check_reduced;
use crate::numbers::Numbers;
use crate::numbers::window;

/// Exponents that may be secret; their width is not.
#[derive(Clone, Copy)]
pub(crate) enum Exponents<'a> {
    Common(&'a [u64]),
    /// Of each the low `bits` bits.
    Each {
        numbers: &'a Numbers,
        bits: usize,
    },
}

impl Exponents<'_> {
    fn bits(&self) -> usize {
        match self {
            Exponents::Common(e) => e.len() * 64,
            Exponents::Each { bits, .. } => *bits,
        }
    }

    /// Bits of the item's exponent; beyond the last item those of zero.
    fn window(&self, item: usize, from: usize, width: usize) -> u64 {
        match self {
            Exponents::Common(e) => window(e, from, width),
            Exponents::Each { numbers, bits } if item < numbers.count() => {
                window(numbers.item(item), from, width.min(bits - from))
            }
            Exponents::Each { .. } => 0,
        }
    }
}

/// Each base to its exponent by fixed windows (Handbook of Applied Cryptography, algorithm 14.82) over the exponents' whole
/// width; the time depends on widths and counts alone.
pub(crate) fn pow(
    cpu: &Cpu,
    modulus: &Modulus,
    bases: &Numbers,
    exponents: Exponents<'_>,
    control: Control<'_>,
) -> Result<Numbers, EngineError> {
    check_reduced(modulus, bases)?;
    if let Exponents::Each { numbers, .. } = exponents
        && numbers.count() != bases.count()
    {
        return Err(EngineError::Shape { what: "the bases and the exponents differ in number" });
    }
    let (lanes, width) = (cpu.unit().lanes(), window_width(exponents.bits()));
    let m = modulus.powers(cpu.unit());
    // Two groups in step hide each other's latencies, unless that leaves a core without work.
    let groups = if bases.count() > lanes * cpu.threads() { 2 } else { 1 };
    let mut out = Numbers::zero(modulus.limbs(), bases.count());
    let state = || Power::new(m, groups, width);
    cpu.blocks(&mut out, groups * lanes, control, state, |power, first, words| {
        power.run(bases, exponents, first);
        power.store(words);
    })?;
    Ok(out)
}

/// Each base to one exponent that is no secret.
pub(crate) fn pow_public(
    cpu: &Cpu,
    modulus: &Modulus,
    bases: &Numbers,
    exponent: &[u64],
    control: Control<'_>,
) -> Result<Numbers, EngineError> {
    check_reduced(modulus, bases)?;
    let lanes = cpu.unit().lanes();
    let m = modulus.powers(cpu.unit());
    let bits =
        exponent.iter().rposition(|limb| *limb != 0).map_or(0, |i| (i + 1) * 64 - exponent[i].leading_zeros() as usize);
    let mut out = Numbers::zero(modulus.limbs(), bases.count());
    let state = || (m.group(), Power::new(m, 1, 1));
    cpu.blocks(&mut out, lanes, control, state, |(entered, power), first, words| {
        let Power { one, accumulators, scratch, .. } = power;
        let accumulator = &mut accumulators[0];
        enter(m, bases, first, entered, scratch);
        accumulator.copy_from(if bits == 0 { one } else { entered });
        for bit in (0..bits.saturating_sub(1)).rev() {
            m.square(accumulator, scratch);
            if window(exponent, bit, 1) == 1 {
                m.multiply(accumulator, entered, scratch);
            }
        }
        power.store(words);
    })?;
    Ok(out)
}

/// What one thread works with.
struct Power<'a> {
    m: &'a Lanes,
    width: usize,
    /// 1, in Montgomery form.
    one: Group,
    plain_one: Group,
    tables: Vec<GroupTable>,
    accumulators: Vec<Group>,
    entry: Group,
    scratch: Scratch,
}

impl<'a> Power<'a> {
    fn new(m: &'a Lanes, groups: usize, width: usize) -> Power<'a> {
        let mut scratch = m.scratch();
        let (one, plain_one) = ones(m, &mut scratch);
        Power {
            m,
            width,
            one,
            plain_one,
            tables: (0..groups).map(|_| m.group_table(1 << width)).collect(),
            accumulators: (0..groups).map(|_| m.group()).collect(),
            entry: m.group(),
            scratch,
        }
    }

    /// The powers, in Montgomery form, of the items from `first` on.
    fn run(&mut self, bases: &Numbers, exponents: Exponents<'_>, first: usize) {
        let (m, lanes, width) = (self.m, self.m.unit().lanes(), self.width);
        self.fill_tables(bases, first);
        let windows = exponents.bits().div_ceil(width);
        let mut index = vec![0; lanes];
        for w in (0..windows).rev() {
            if w + 1 < windows {
                for _ in 0..width {
                    self.accumulators.iter_mut().for_each(|a| m.square(a, &mut self.scratch));
                }
            }
            for (g, (accumulator, table)) in self.accumulators.iter_mut().zip(&self.tables).enumerate() {
                for (lane, index) in index.iter_mut().enumerate() {
                    *index = exponents.window(first + g * lanes + lane, w * width, width);
                }
                if w + 1 == windows {
                    m.select(table, &index, accumulator, &self.scratch);
                } else {
                    m.select(table, &index, &mut self.entry, &self.scratch);
                    m.multiply(accumulator, &self.entry, &mut self.scratch);
                }
            }
        }
        if windows == 0 {
            self.accumulators.iter_mut().for_each(|a| a.copy_from(&self.one));
        }
    }

    /// Entry k is the base to the k; all in Montgomery form.
    fn fill_tables(&mut self, bases: &Numbers, first: usize) {
        let Power { m, one, tables, accumulators, entry, scratch, width, .. } = self;
        let lanes = m.unit().lanes();
        for (g, (table, accumulator)) in tables.iter_mut().zip(accumulators).enumerate() {
            enter(m, bases, first + g * lanes, entry, scratch);
            table.set(0, one);
            table.set(1, entry);
            accumulator.copy_from(entry);
            for k in 2..1 << *width {
                m.multiply(accumulator, entry, scratch);
                table.set(k, accumulator);
            }
        }
    }

    fn store(&mut self, words: &mut [u64]) {
        let Power { m, plain_one, accumulators, scratch, .. } = self;
        let share = m.unit().lanes() * m.limbs();
        for (accumulator, words) in accumulators.iter_mut().zip(words.chunks_mut(share)) {
            m.multiply(accumulator, plain_one, scratch);
            m.store(accumulator, words, scratch);
        }
    }
}

/// 1 in Montgomery form, and plain, in every lane.
pub(crate) fn ones(m: &Lanes, scratch: &mut Scratch) -> (Group, Group) {
    let (mut one, mut plain) = (m.group(), m.group());
    m.set_all(&mut plain, &[1], scratch);
    m.set_all(&mut one, m.r_squared(), scratch);
    m.multiply(&mut one, &plain, scratch);
    (one, plain)
}

/// The items from `first` on in Montgomery form; lanes beyond the last are zero.
fn enter(m: &Lanes, items: &Numbers, first: usize, group: &mut Group, scratch: &mut Scratch) {
    load(m, items, first, group, scratch);
    let mut factor = m.group();
    m.set_all(&mut factor, m.r_squared(), scratch);
    m.multiply(group, &factor, scratch);
}

/// The items from `first` on, as they are; lanes beyond the last are zero.
pub(crate) fn load(m: &Lanes, items: &Numbers, first: usize, group: &mut Group, scratch: &mut Scratch) {
    let words = items.words().get(first * items.limbs()..).unwrap_or_default();
    m.load(group, words.chunks_exact(items.limbs()), scratch);
}

/// Bits of exponent for each multiplication by a table's entry: the table's multiplications, those by its entries, and the
/// time to select from it (an entry read costs about 1/400 of a multiplication) add up to least.
fn window_width(bits: usize) -> usize {
    let cost = |width: &usize| ((400 << width) + bits.div_ceil(*width) * (400 + (1 << width))) as u64;
    (1..=6).min_by_key(cost).unwrap_or(1)
}

/// Numbers of any width modulo the modulus.
pub(crate) fn reduced(
    cpu: &Cpu,
    modulus: &Modulus,
    numbers: &Numbers,
    control: Control<'_>,
) -> Result<Numbers, EngineError> {
    let mut out = Numbers::zero(modulus.limbs(), numbers.count());
    let m = modulus.powers(cpu.unit());
    if !m.takes_any_width() {
        if numbers.limbs() > 2 * modulus.limbs() {
            return Err(EngineError::Shape { what: "numbers of more than twice the modulus's width" });
        }
        cpu.fill(&mut out, control, |i, item| {
            let mut entered = Zeroizing::new(vec![0; modulus.limbs()]);
            modulus.enter_wide(numbers.item(i), &mut entered);
            modulus.leave(&entered, item);
        })?;
        return Ok(out);
    }
    let lanes = cpu.unit().lanes();
    let state = || {
        let mut scratch = m.scratch();
        let (one, _) = ones(m, &mut scratch);
        (m.group(), one, scratch)
    };
    cpu.blocks(&mut out, lanes, control, state, |(group, one, scratch), first, words| {
        load(m, numbers, first, group, scratch);
        m.multiply(group, one, scratch);
        m.store(group, words, scratch);
    })?;
    Ok(out)
}
