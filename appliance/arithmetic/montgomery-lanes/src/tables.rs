//! Tables of groups and of numbers.

use zeroize::Zeroizing;

use crate::group::{Group, Line, lines};
use crate::modulus::Modulus;
use crate::scratch::Scratch;

/// Numbers of a fixed-base table's row are looked up sixteen at a time at least.
const WINDOW_MIN: usize = 4;
const WINDOW_MAX: usize = 8;

/// Groups to choose from, each lane for itself: the powers of eight (or four) bases.
pub struct GroupTable {
    lines: Zeroizing<Vec<Line>>,
    group_lines: usize,
}

/// Rows of numbers that all lanes choose from: one row for each window of a fixed base's exponents.
pub struct SharedTable {
    lines: Zeroizing<Vec<Line>>,
    window: usize,
    rows: usize,
}

/// Numbers that each lane has for itself, at addresses that are public: the buckets of a multi-exponentiation.
pub struct Pool {
    lines: Vec<Line>,
    /// Lines of a number.
    stride: usize,
}

impl Modulus {
    pub fn group_table(&self, entries: usize) -> GroupTable {
        let group_lines = (self.registers() * self.unit().lanes()).div_ceil(8);
        GroupTable { lines: lines(entries * group_lines * 8), group_lines }
    }

    /// out = the table's entry at `index`, one for each lane and below the number of entries, reading all of them.
    pub fn select(&self, table: &GroupTable, index: &[u64], out: &mut Group, scratch: &Scratch) {
        self.check(&[out], scratch);
        let entries = table.lines.len() / table.group_lines;
        let index = self.per_lane(index, entries);
        let registers = table.group_lines * 8 / self.unit().lanes();
        assert!(table.group_lines == out.lines.len(), "a table of another width");
        // SAFETY: the unit is this processor's; the table has so many entries, each as large as `out`.
        unsafe {
            let index = index.0.as_ptr();
            (self.unit().functions.select)(table.lines.as_ptr().cast(), entries, registers, index, out.pointer_mut());
        }
    }

    /// A table of `rows` rows of 2^`window` numbers; `window` is 4 to 8.
    pub fn shared_table(&self, rows: usize, window: usize) -> SharedTable {
        assert!((WINDOW_MIN..=WINDOW_MAX).contains(&window), "a window of {window} bits");
        SharedTable { lines: lines((rows * self.digits()) << window), window, rows }
    }

    /// Puts the number in a group's lane into the table.
    pub fn set_shared(&self, table: &mut SharedTable, row: usize, entry: usize, group: &Group, lane: usize) {
        let lanes = self.unit().lanes();
        assert!(row < table.rows && entry < 1 << table.window && lane < lanes, "beyond the table");
        for j in 0..self.digits() {
            let at = ((row * self.digits() + j) << table.window) + entry;
            table.lines[at / 8].0[at % 8] = group.word(j * lanes + lane);
        }
    }

    /// out = the row's entry at `index`, one for each lane, reading the whole row; for two groups at once, so that each
    /// part of the row is loaded once for both.
    pub fn look_up(
        &self,
        table: &SharedTable,
        row: usize,
        index: [&[u64]; 2],
        out: [&mut Group; 2],
        scratch: &Scratch,
    ) {
        self.check(&[out[0], out[1]], scratch);
        let entries = 1 << table.window;
        let row_lines = (self.digits() << table.window) / 8;
        assert!(table.lines.len() == table.rows * row_lines && row < table.rows, "a table of another width");
        let index = index.map(|i| self.per_lane(i, entries));
        // SAFETY: the unit is this processor's; the row has `entries` numbers of so many digits.
        unsafe {
            let row = table.lines.as_ptr().add(row * row_lines).cast();
            let index = [index[0].0.as_ptr(), index[1].0.as_ptr()];
            (self.unit().functions.look_up)(row, entries, self.digits(), index, out.map(|o| o.pointer_mut()));
        }
    }

    /// A pool of so many numbers, all zero.
    pub fn pool(&self, count: usize) -> Pool {
        let stride = self.registers().div_ceil(8);
        Pool { lines: vec![Line::default(); count * stride], stride }
    }

    /// Lane l of `out` = the pool's number at `index[l]`.
    pub fn gather(&self, pool: &Pool, index: &[usize], out: &mut Group, scratch: &Scratch) {
        self.check(&[out], scratch);
        let mut from = [std::ptr::null(); 8];
        let lanes = self.unit().lanes();
        for (from, index) in from.iter_mut().zip(&index[..lanes]) {
            *from = pool.item(*index, self.registers()).as_ptr().cast();
        }
        // SAFETY: the unit is this processor's; each item holds as many digits as the group has registers.
        unsafe { (self.unit().functions.gather)(&from[..lanes], self.registers(), out.pointer_mut()) }
    }

    /// The reverse of [`Modulus::gather`]; where an index comes twice, one of its lanes counts.
    pub fn scatter(&self, group: &Group, pool: &mut Pool, index: &[usize], scratch: &Scratch) {
        self.check(&[group], scratch);
        let mut to = [std::ptr::null_mut(); 8];
        let lanes = self.unit().lanes();
        for (to, index) in to.iter_mut().zip(&index[..lanes]) {
            *to = pool.item_mut(*index, self.registers()).as_mut_ptr().cast();
        }
        // SAFETY: as in `gather`.
        unsafe { (self.unit().functions.scatter)(group.pointer(), self.registers(), &to[..lanes]) }
    }

    fn per_lane(&self, index: &[u64], entries: usize) -> Line {
        let mut line = Line::default();
        for (to, index) in line.0.iter_mut().zip(&index[..self.unit().lanes()]) {
            // Beyond the table nothing is found or read: only the table's own entries are compared with it.
            *to = index & (entries as u64).next_power_of_two().wrapping_sub(1);
        }
        line
    }
}

impl GroupTable {
    pub fn set(&mut self, entry: usize, group: &Group) {
        self.lines[entry * self.group_lines..][..self.group_lines].copy_from_slice(&group.lines);
    }
}

impl SharedTable {
    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.lines.len() * 64
    }
}

impl Pool {
    /// Brings numbers nearer to the processor that will be gathered soon.
    pub fn prefetch(&self, index: &[usize]) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        for index in index {
            for line in &self.lines[index * self.stride..][..self.stride] {
                // SAFETY: a prefetch of memory that is there; it changes nothing.
                unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(line).cast()) }
            }
        }
    }

    fn item(&self, index: usize, registers: usize) -> &[Line] {
        assert!(registers <= self.stride * 8, "a pool of another width");
        &self.lines[index * self.stride..][..self.stride]
    }

    fn item_mut(&mut self, index: usize, registers: usize) -> &mut [Line] {
        assert!(registers <= self.stride * 8, "a pool of another width");
        &mut self.lines[index * self.stride..][..self.stride]
    }
}
