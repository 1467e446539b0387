//! The table of a fixed base.

use montgomery_lanes::{Group, Modulus as Lanes, Scratch, SharedTable};
use zeroize::Zeroizing;

use super::FixedBase;
use crate::modulus::Modulus;
use crate::numbers::Numbers;
use crate::pow::load;
use crate::units::inverse_of_unit;

/// Entry k of row j is base ^ (k * 2^(window j)) in Montgomery form, those of row 0 times the scale.
pub(super) struct Table {
    pub(super) shared: SharedTable,
    pub(super) window: usize,
    /// Entries are numbers r (1 + root)^l kept as r and l ([`montgomery_lanes::Logarithms`]).
    pub(super) is_factored: bool,
}

/// The inverses of what stands in a table, modulo the root.
struct Inverses {
    root: Modulus,
    base: Zeroizing<Vec<u64>>,
    scale: Zeroizing<Vec<u64>>,
}

impl Table {
    pub(super) fn of(base: &FixedBase, m: &Lanes) -> Table {
        let window = base.window(m);
        let (rows, lanes) = (base.rows(window), m.unit().lanes());
        let mut scratch = m.scratch();
        let mut shared = m.shared_table(rows, window);
        let generators = generators(m, base.modulus.limbs(), &base.base, (rows, window), &mut scratch);
        let inverses = m.logarithms(&mut scratch).and_then(|_| Inverses::of(base));
        let mut running = inverses.as_ref().map(|inverses| Running::new(inverses, m, (rows, window)));
        let one = one(base.modulus.limbs());
        let scale = base.scale.as_ref().map_or(one.as_slice(), |scale| scale);
        let (mut factor, mut group, mut power, mut entry) = (m.group(), m.group(), m.group(), m.group());
        m.set_all(&mut factor, m.r_squared(), &mut scratch);
        for first in (0..rows).step_by(lanes) {
            let start = (first..first + lanes).map(|row| if row == 0 { scale } else { one.as_slice() });
            m.load(&mut power, start, &mut scratch);
            m.multiply(&mut power, &factor, &mut scratch);
            load(m, &generators, first, &mut group, &mut scratch);
            if let Some(running) = &mut running {
                running.begin(first);
            }
            for k in 0..1 << window {
                entry.copy_from(&power);
                if let Some(running) = &mut running {
                    m.factor(&mut entry, &running.inverses, &mut scratch);
                    running.step();
                }
                for row in first..rows.min(first + lanes) {
                    m.set_shared(&mut shared, row, k, &entry, row - first);
                }
                m.multiply(&mut power, &group, &mut scratch);
            }
        }
        Table { shared, window, is_factored: running.is_some() }
    }
}

impl Inverses {
    /// `None` if there is no root, or the base or the scale has no inverse.
    fn of(base: &FixedBase) -> Option<Inverses> {
        let root = Modulus::new(base.modulus.root()?).ok()?;
        let inverse = |number: &[u64]| {
            let (mut entered, mut residue) = (one(root.limbs()), one(root.limbs()));
            root.enter_wide(number, &mut entered);
            root.leave(&entered, &mut residue);
            inverse_of_unit(&root, &residue)
        };
        let scale = base.scale.as_ref().map_or_else(|| Some(one(root.limbs())), |scale| inverse(scale));
        Some(Inverses { base: inverse(&base.base)?, scale: scale?, root })
    }
}

/// The inverses of the entries that are being made, plain, and what the next ones are made with.
struct Running<'a> {
    of: &'a Inverses,
    m: &'a Lanes,
    scratch: Scratch,
    generators: Numbers,
    generator: Group,
    inverses: Group,
}

impl<'a> Running<'a> {
    fn new(of: &'a Inverses, m: &Lanes, shape: (usize, usize)) -> Running<'a> {
        let m = of.root.lanes(m.unit());
        let mut scratch = m.scratch();
        let generators = generators(m, of.root.limbs(), &of.base, shape, &mut scratch);
        Running { of, m, scratch, generators, generator: m.group(), inverses: m.group() }
    }

    fn begin(&mut self, first: usize) {
        let one = one(self.of.root.limbs());
        let rows = first..first + self.m.unit().lanes();
        let start = rows.map(|row| if row == 0 { self.of.scale.as_slice() } else { one.as_slice() });
        self.m.load(&mut self.inverses, start, &mut self.scratch);
        load(self.m, &self.generators, first, &mut self.generator, &mut self.scratch);
    }

    fn step(&mut self) {
        self.m.multiply(&mut self.inverses, &self.generator, &mut self.scratch);
    }
}

/// The generators of all rows in Montgomery form, each the last one's power by 2^window.
fn generators(m: &Lanes, limbs: usize, base: &[u64], (rows, window): (usize, usize), scratch: &mut Scratch) -> Numbers {
    let mut generators = Numbers::zero(limbs, rows.next_multiple_of(m.unit().lanes()));
    let (mut group, mut factor) = (m.group(), m.group());
    m.set_all(&mut factor, m.r_squared(), scratch);
    m.set_all(&mut group, base, scratch);
    m.multiply(&mut group, &factor, scratch);
    for row in 0..rows {
        m.store(&group, generators.item_mut(row), scratch);
        (0..window).for_each(|_| m.square(&mut group, scratch));
    }
    generators
}

fn one(limbs: usize) -> Zeroizing<Vec<u64>> {
    let mut one = Zeroizing::new(vec![0; limbs]);
    one[0] = 1;
    one
}
