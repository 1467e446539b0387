//! The products of one group of lanes, by Pippenger's buckets or by Straus's tables.

use montgomery_lanes::{Group, Modulus as Lanes, Pool, Scratch};

use crate::control::Control;
use crate::matrix::plan::{Method, Plan};
use crate::matrix::weights::{Lane, Weights};
use crate::numbers::Numbers;
use crate::pow::ones;
use crate::products::multiply_by_powers_of_r;

/// What one thread works with.
pub(crate) struct LaneProducts<'a> {
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

impl<'a> LaneProducts<'a> {
    pub(crate) fn new(
        m: &'a Lanes,
        table: &'a Numbers,
        items: &'a Pool,
        columns: usize,
        weights: &'a Weights<'a>,
        plan: &'a Plan,
    ) -> LaneProducts<'a> {
        let mut scratch = m.scratch();
        let (one, plain_one) = ones(m, &mut scratch);
        let pool_size = match plan.method {
            Method::Pippenger => m.unit().lanes() << plan.width,
            // Each lane may have a column of its own, but not more tables than lanes.
            Method::Straus => (weights.rows.div_ceil(plan.slices) * m.unit().lanes()) << plan.width,
        };
        let pool = m.pool(pool_size + 1);
        let group = || m.group();
        LaneProducts {
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
    pub(crate) fn run(&mut self, lanes: &[Lane], control: Control<'_>, words: &mut [u64]) {
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
