//! Products of powers with small public exponents, other ones for each output: a plaintext matrix times a table of
//! ciphertexts.

use std::ops::Range;

use montgomery_lanes::{Group, Modulus as Lanes, Pool, Scratch};

use crate::modulus::check_reduced;
use crate::pow::{load, ones};
use crate::products::{multiply_by_powers_of_r, pairs, products};
use crate::{Control, Cpu, EngineError, Modulus, Numbers, invert_each};

/// Numbers of all pools together, in bytes, that one thread may hold.
const POOL_MAX: usize = 48 << 20;
const BUCKET_BITS_MAX: usize = 13;
const TABLE_BITS_MAX: usize = 8;

/// out[o][c] = the product over rows r of table[r][c] ^ weights[o][r], plain: outputs x columns numbers, row by row.
///
/// `table` is rows x `columns` numbers, `weights` outputs x rows exponents, public and of any sign. A lane does one output
/// for one column, or for a slice of the rows when there are fewer outputs than lanes. For each lane this is Pippenger's
/// method ("On the evaluation of powers and monomials", 1980) with buckets for the digits, or for few rows Straus's
/// ("Addition chains of vectors", 1964) with tables of small powers; the cost decides. Negative exponents: each output's
/// smallest exponent is subtracted from all, which takes one power of the product of all rows, and one inversion, to undo.
pub fn plaintext_product(
    cpu: &Cpu,
    modulus: &Modulus,
    table: &Numbers,
    columns: usize,
    weights: &[i64],
    control: Control<'_>,
) -> Result<Numbers, EngineError> {
    check_reduced(modulus, table)?;
    if columns == 0 || table.count() == 0 || !table.count().is_multiple_of(columns) {
        return Err(EngineError::Shape { what: "the table is no whole number of rows" });
    }
    let rows = table.count() / columns;
    if weights.is_empty() || !weights.len().is_multiple_of(rows) {
        return Err(EngineError::Shape { what: "the weights are not one for each row and output" });
    }
    let weights = Weights::new(weights, rows);
    let plan = Plan::new(cpu, modulus, &weights, columns);
    let pairs_of = weights.outputs() * columns;
    let mut partial = Numbers::zero(modulus.limbs(), pairs_of * plan.slices);
    let m = modulus.powers(cpu.unit());
    let lanes = cpu.unit().lanes();
    let items = digits_of(m, table);
    // Slice by slice, column by column, output by output, so that neighbouring lanes share the table's items.
    let lane = |i: usize| Lane {
        output: i % weights.outputs(),
        column: i / weights.outputs() % columns,
        rows: plan.rows(i / pairs_of, rows),
    };
    let state = || Job::new(m, table, &items, columns, &weights, &plan);
    let silent = |_: usize| control(0);
    let heard: Control<'_> = if plan.slices == 1 { control } else { &silent };
    cpu.blocks(&mut partial, lanes, heard, state, |job, first, words| {
        let lanes: Vec<Lane> = (first..first + words.len() / modulus.limbs()).map(lane).collect();
        job.run(&lanes, &silent, words);
    })?;
    let sums = products(cpu, modulus, &partial, (pairs_of, plan.slices), &|pair, s| s * pairs_of + pair, &silent)?;
    let sums = undo_offsets(cpu, modulus, table, columns, &weights, sums, &silent)?;
    // From column by column to row by row.
    let mut out = Numbers::zero(modulus.limbs(), pairs_of);
    for (i, item) in sums.iter().enumerate() {
        let (column, output) = (i / weights.outputs(), i % weights.outputs());
        out.item_mut(output * columns + column).copy_from_slice(item);
    }
    if plan.slices > 1 && control(pairs_of).is_break() {
        return Err(EngineError::Cancelled);
    }
    Ok(out)
}

/// Multiplies each output by the product of the column's items to its offset, which is negative or 0.
fn undo_offsets(
    cpu: &Cpu,
    modulus: &Modulus,
    table: &Numbers,
    columns: usize,
    weights: &Weights<'_>,
    sums: Numbers,
    control: Control<'_>,
) -> Result<Numbers, EngineError> {
    if weights.offsets.iter().all(|offset| *offset == 0) {
        return Ok(sums);
    }
    let shape = (columns, weights.rows);
    let all = products(cpu, modulus, table, shape, &|column, row| row * columns + column, control)?;
    let mut bases = Numbers::zero(modulus.limbs(), sums.count());
    let mut exponents = Numbers::zero(1, sums.count());
    for i in 0..sums.count() {
        bases.item_mut(i).copy_from_slice(all.item(i / weights.outputs()));
        exponents.item_mut(i)[0] = weights.offsets[i % weights.outputs()].unsigned_abs();
    }
    let mut powers = cpu.pow_each(modulus, &bases, &exponents, control)?;
    invert_each(cpu, modulus, &mut powers, control)?;
    pairs(cpu, modulus, &sums, &powers, control)
}

/// The table's numbers as the lanes have them: each is used many times.
fn digits_of(m: &Lanes, table: &Numbers) -> Pool {
    let (lanes, count) = (m.unit().lanes(), table.count());
    let mut scratch = m.scratch();
    let mut group = m.group();
    // Room for what lanes beyond the last number hold.
    let mut pool = m.pool(count.next_multiple_of(lanes));
    for first in (0..count).step_by(lanes) {
        load(m, table, first, &mut group, &mut scratch);
        let index: Vec<usize> = (first..first + lanes).collect();
        m.scatter(&group, &mut pool, &index, &scratch);
    }
    pool
}

/// Exponents, and each output's offset that makes them all non-negative.
struct Weights<'a> {
    weights: &'a [i64],
    rows: usize,
    /// The smallest exponent of each output, at most 0.
    offsets: Vec<i64>,
    /// Bits of the largest exponent less its offset.
    bits: usize,
}

impl Weights<'_> {
    fn new(weights: &[i64], rows: usize) -> Weights<'_> {
        let offset = |row: &[i64]| row.iter().copied().min().unwrap_or(0).min(0);
        let offsets: Vec<i64> = weights.chunks_exact(rows).map(offset).collect();
        let mut weights = Weights { weights, rows, offsets, bits: 0 };
        let every = (0..weights.outputs()).flat_map(|o| (0..rows).map(move |r| (o, r)));
        weights.bits = every.map(|(o, r)| 64 - weights.exponent(o, r).leading_zeros() as usize).max().unwrap_or(0);
        weights
    }

    fn outputs(&self) -> usize {
        self.offsets.len()
    }

    /// `width` bits of the exponent of a lane's row; 0 beyond its rows.
    fn digit(&self, lane: &Lane, row: usize, from: usize, width: usize) -> usize {
        if row >= lane.rows.len() {
            return 0;
        }
        (self.exponent(lane.output, lane.rows.start + row) >> from) as usize & ((1 << width) - 1)
    }

    fn exponent(&self, output: usize, row: usize) -> u64 {
        self.weights[output * self.rows + row].abs_diff(self.offsets[output])
    }
}

/// One lane's work.
struct Lane {
    output: usize,
    column: usize,
    rows: Range<usize>,
}

#[derive(Clone, Copy)]
enum Method {
    Pippenger,
    Straus,
}

/// How a product is done.
struct Plan {
    method: Method,
    /// Bits of exponent that are looked at together.
    width: usize,
    /// Parts that the rows are cut into.
    slices: usize,
}

impl Plan {
    fn new(cpu: &Cpu, modulus: &Modulus, weights: &Weights<'_>, columns: usize) -> Plan {
        let (lanes, pairs) = (cpu.unit().lanes(), weights.outputs() * columns);
        let mut best = (u64::MAX, Plan { method: Method::Straus, width: 1, slices: 1 });
        for slices in (0..20).map(|s| 1 << s).take_while(|s| *s == 1 || weights.rows / s >= 32) {
            let groups = (pairs * slices).div_ceil(lanes).div_ceil(cpu.threads());
            let rows = weights.rows.div_ceil(slices);
            for (method, width, cost) in Plan::choices(modulus, weights.bits, rows, lanes) {
                let cost = (groups * cost) as u64;
                if cost < best.0 {
                    best = (cost, Plan { method, width, slices });
                }
            }
        }
        best.1
    }

    /// Multiplications for one group of lanes.
    fn choices(
        modulus: &Modulus,
        bits: usize,
        rows: usize,
        lanes: usize,
    ) -> impl Iterator<Item = (Method, usize, usize)> {
        let fits = move |numbers: usize| numbers * (modulus.limbs() * 8 * 5 / 4) <= POOL_MAX;
        let buckets = (1..=BUCKET_BITS_MAX).filter(move |w| fits(lanes << w));
        let pippenger = move |w: usize| (Method::Pippenger, w, bits.div_ceil(w) * (rows + (2 << w)) + bits);
        let tables = (1..=TABLE_BITS_MAX).filter(move |w| fits(rows << w));
        let straus = move |w: usize| (Method::Straus, w, bits.div_ceil(w) * rows + bits + (rows << w) / lanes);
        buckets.map(pippenger).chain(tables.map(straus))
    }

    fn rows(&self, slice: usize, rows: usize) -> Range<usize> {
        let share = rows.div_ceil(self.slices);
        (slice * share).min(rows)..((slice + 1) * share).min(rows)
    }
}

/// What one thread works with.
struct Job<'a> {
    m: &'a Lanes,
    table: &'a Numbers,
    items: &'a Pool,
    columns: usize,
    weights: &'a Weights<'a>,
    plan: &'a Plan,
    pool: Pool,
    /// The pool's last number, for lanes with nothing to keep.
    spare: usize,
    one: Group,
    plain_one: Group,
    item: Group,
    bucket: Group,
    running: Group,
    sum: Group,
    accumulator: Group,
    scratch: Scratch,
}

impl<'a> Job<'a> {
    fn new(
        m: &'a Lanes,
        table: &'a Numbers,
        items: &'a Pool,
        columns: usize,
        weights: &'a Weights<'a>,
        plan: &'a Plan,
    ) -> Job<'a> {
        let mut scratch = m.scratch();
        let (one, plain_one) = ones(m, &mut scratch);
        let pool_size = match plan.method {
            Method::Pippenger => m.unit().lanes() << plan.width,
            // Each lane may have a column of its own, but not more tables than lanes.
            Method::Straus => (weights.rows.div_ceil(plan.slices) * m.unit().lanes()) << plan.width,
        };
        let pool = m.pool(pool_size + 1);
        let group = || m.group();
        Job {
            m,
            table,
            items,
            columns,
            weights,
            plan,
            pool,
            spare: pool_size,
            one,
            plain_one,
            item: group(),
            bucket: group(),
            running: group(),
            sum: group(),
            accumulator: group(),
            scratch,
        }
    }

    /// The products of these lanes, plain, into `words`.
    fn run(&mut self, lanes: &[Lane], control: Control<'_>, words: &mut [u64]) {
        self.accumulator.copy_from(&self.one);
        match self.plan.method {
            Method::Pippenger => self.pippenger(lanes, control),
            Method::Straus => self.straus(lanes),
        }
        self.correct(lanes);
        self.m.multiply(&mut self.accumulator, &self.plain_one, &mut self.scratch);
        self.m.store(&self.accumulator, words, &mut self.scratch);
    }

    fn pippenger(&mut self, lanes: &[Lane], control: Control<'_>) {
        let (m, weights, width) = (self.m, self.weights, self.plan.width);
        let count = m.unit().lanes();
        let rows = lanes.iter().map(|l| l.rows.len()).max().unwrap_or(0);
        for w in (0..self.weights.bits.div_ceil(width)).rev() {
            (0..width).for_each(|_| m.square(&mut self.accumulator, &mut self.scratch));
            let index: Vec<usize> = (0..count).collect();
            for k in 0..1 << width {
                let index: Vec<usize> = index.iter().map(|lane| lane << width | k).collect();
                m.scatter(&self.one, &mut self.pool, &index, &self.scratch);
            }
            // A digit of 0 goes to bucket 0, which nobody reads.
            let digits = |row: usize, index: &mut [usize]| {
                for (l, index) in index.iter_mut().enumerate() {
                    *index = l << width | lanes.get(l).map_or(0, |lane| weights.digit(lane, row, w * width, width));
                }
            };
            let (mut index, mut next) = (vec![0; count], vec![0; count]);
            digits(0, &mut next);
            for row in 0..rows {
                std::mem::swap(&mut index, &mut next);
                digits(row + 1, &mut next);
                self.pool.prefetch(&next);
                if index.iter().all(|i| i & ((1 << width) - 1) == 0) {
                    continue;
                }
                self.load_row(lanes, row);
                m.gather(&self.pool, &index, &mut self.bucket, &self.scratch);
                m.multiply(&mut self.bucket, &self.item, &mut self.scratch);
                m.scatter(&self.bucket, &mut self.pool, &index, &self.scratch);
                if row % 1024 == 0 && control(0).is_break() {
                    return;
                }
            }
            self.fold_buckets();
        }
    }

    /// Each lane's item of this row; of a shorter slice's lane, whose digit is 0 there, any.
    fn load_row(&mut self, lanes: &[Lane], row: usize) {
        let mut index = vec![0; self.m.unit().lanes()];
        for (index, lane) in index.iter_mut().zip(lanes) {
            *index = (lane.rows.start + row).min(self.weights.rows - 1) * self.columns + lane.column;
        }
        self.m.gather(self.items, &index, &mut self.item, &self.scratch);
    }

    /// accumulator *= the product of bucket[k] ^ k: the product of all suffix products.
    fn fold_buckets(&mut self) {
        let (m, width) = (self.m, self.plan.width);
        self.running.copy_from(&self.one);
        self.sum.copy_from(&self.one);
        for k in (1..1 << width).rev() {
            let index: Vec<usize> = (0..m.unit().lanes()).map(|lane| lane << width | k).collect();
            m.gather(&self.pool, &index, &mut self.bucket, &self.scratch);
            m.multiply(&mut self.running, &self.bucket, &mut self.scratch);
            m.multiply(&mut self.sum, &self.running, &mut self.scratch);
        }
        m.multiply(&mut self.accumulator, &self.sum, &mut self.scratch);
    }

    fn straus(&mut self, lanes: &[Lane]) {
        let (m, weights, width) = (self.m, self.weights, self.plan.width);
        let rows = lanes.iter().map(|l| l.rows.len()).max().unwrap_or(0);
        let tables = self.fill_tables(lanes, rows);
        let mut index = vec![0; m.unit().lanes()];
        for w in (0..self.weights.bits.div_ceil(width)).rev() {
            (0..width).for_each(|_| m.square(&mut self.accumulator, &mut self.scratch));
            for row in 0..rows {
                for (l, index) in index.iter_mut().enumerate() {
                    let (table, digit) =
                        lanes.get(l).map_or((0, 0), |lane| (tables[l], weights.digit(lane, row, w * width, width)));
                    *index = (table * rows + row) << width | digit;
                }
                m.gather(&self.pool, &index, &mut self.bucket, &self.scratch);
                m.multiply(&mut self.accumulator, &self.bucket, &mut self.scratch);
            }
        }
    }

    /// Powers 0 to 2^width - 1 of every item that these lanes need; which lane uses which table.
    fn fill_tables(&mut self, lanes: &[Lane], rows: usize) -> Vec<usize> {
        let (m, width, count) = (self.m, self.plan.width, self.m.unit().lanes());
        let mut sources: Vec<(usize, usize)> = Vec::new();
        let mut tables = Vec::new();
        for lane in lanes {
            let source = (lane.column, lane.rows.start);
            tables.push(sources.iter().position(|s| *s == source).unwrap_or_else(|| {
                sources.push(source);
                sources.len() - 1
            }));
        }
        let items: Vec<(usize, usize)> =
            (0..sources.len()).flat_map(|table| (0..rows).map(move |row| (table, row))).collect();
        for (chunk, items) in items.chunks(count).enumerate() {
            let numbers = items.iter().map(|(table, row)| {
                let (column, first) = sources[*table];
                // Beyond the last row the digit is 0.
                self.table.item((first + row).min(self.weights.rows - 1) * self.columns + column)
            });
            m.load(&mut self.item, numbers, &mut self.scratch);
            self.running.copy_from(&self.one);
            for k in 0..1 << width {
                let at = |lane: usize| (chunk * count + lane) << width | k;
                let place = |lane: usize| if lane < items.len() { at(lane) } else { self.spare };
                let index: Vec<usize> = (0..count).map(place).collect();
                m.scatter(&self.running, &mut self.pool, &index, &self.scratch);
                m.multiply(&mut self.running, &self.item, &mut self.scratch);
            }
        }
        tables
    }

    /// Items come plain, so that each factor divides by R: R to the sum of a lane's exponents takes that back.
    fn correct(&mut self, lanes: &[Lane]) {
        let total =
            |lane: &Lane| lane.rows.clone().map(|row| u128::from(self.weights.exponent(lane.output, row))).sum();
        let totals: Vec<u128> = lanes.iter().map(total).collect();
        multiply_by_powers_of_r(self.m, &mut self.accumulator, &totals, &mut self.scratch);
    }
}
