//! Rows become items: read, spilled by their first bits, sorted, looked through for duplicates, padded, cut into batches.
//!
//! Rows with one key lie on one pile, which comes back as a whole: where the contract takes duplicates, a key of very many rows takes
//! their memory, 40 bytes each.

use std::collections::BTreeMap;

use bytes::Bytes;
use party::{Batch, Found, Input, Output, ProtocolError, Seed, Unit};

use super::context::{BATCHES, Context, ITEMS, State, append, collect, unexpected};
use super::layout::{check_size, check_terms};
use crate::item::{ITEM, item, pile_of};
use crate::key::encode_key;
use crate::terms::Duplicates;

/// Item and row.
const ENTRY: usize = ITEM + 8;
/// Rows that are asked for at once.
const ROWS: usize = 1 << 14;
/// Of a padding item.
pub(crate) const NO_ROW: u64 = u64::MAX;

const UNIT: Unit = Unit::FIRST;

pub(crate) struct Gather {
    padding: blake3::OutputReader,
    read: u64,
    piles: u32,
    /// The pile that is being sorted: none while rows are read.
    next: Option<u32>,
    /// Items of whole batches that were written, and of the last one that was not.
    items: u64,
    batch: Vec<u8>,
}

impl Gather {
    pub(crate) fn start(context: &Context, seed: &Seed) -> Result<(Gather, Vec<Output>), ProtocolError> {
        check_terms(&context.terms)?;
        // Padding doubles a set at most, and a half more: 2 to 5 times a power of ten.
        let expected = context.terms.padded(context.rows);
        check_size(&context.terms, expected)
            .map_err(|found| ProtocolError::Resource { what: "the number of own items", found })?;
        let mut padding = blake3::Hasher::new_keyed(&context.job);
        padding.update(b"padding").update(seed.expose());
        let gather = Gather {
            padding: padding.finalize_xof(),
            read: 0,
            piles: expected.div_ceil(context.terms.pile as u64).max(1) as u32,
            next: None,
            items: 0,
            batch: Vec::new(),
        };
        Ok((gather, vec![Output::Read { at_most: ROWS }]))
    }

    /// How many items there are, once all is done.
    pub(crate) fn advance(
        &mut self,
        context: &Context,
        input: Input,
        out: &mut Vec<Output>,
    ) -> Result<Option<u64>, ProtocolError> {
        match (input, self.next) {
            (Input::Rows { batch, last }, None) => {
                self.take(context, &batch, last, out)?;
                Ok(None)
            }
            (Input::Collected { pile, bytes }, Some(number)) if pile.kind == ITEMS && pile.number == number => {
                self.sort(context, bytes, out)?;
                Ok(self.turn(context, number + 1, out))
            }
            _ => Err(unexpected()),
        }
    }

    fn take(
        &mut self,
        context: &Context,
        batch: &Batch,
        last: bool,
        out: &mut Vec<Output>,
    ) -> Result<(), ProtocolError> {
        let rows = self.read + batch.rows() as u64;
        if rows > context.rows || last && rows < context.rows {
            let found = Found::Value { found: rows, expected: context.rows };
            return Err(ProtocolError::Resource { what: "the number of rows of the snapshot", found });
        }
        let mut parts: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
        for row in 0..batch.rows() {
            let item = item(&context.job, &encode_key(&context.terms.key, batch, row, self.read)?);
            self.put(&mut parts, &item, self.read + row as u64);
        }
        self.read = rows;
        spill(parts, out);
        if last {
            // Duplicates are not known yet: what they take away, padding gives back later, so that nobody sees how many there were.
            self.pad(context.terms.padded(self.read) - self.read, out);
            out.push(collect(ITEMS, 0));
            self.next = Some(0);
        } else {
            out.push(Output::Read { at_most: ROWS });
        }
        Ok(())
    }

    fn pad(&mut self, count: u64, out: &mut Vec<Output>) {
        let mut left = count;
        while left > 0 {
            let now = left.min(ROWS as u64);
            let mut parts = BTreeMap::new();
            for _ in 0..now {
                let mut random = [0; ITEM];
                self.padding.fill(&mut random);
                self.put(&mut parts, &random, NO_ROW);
            }
            spill(parts, out);
            left -= now;
        }
    }

    fn put(&self, parts: &mut BTreeMap<u32, Vec<u8>>, item: &[u8; ITEM], row: u64) {
        let part = parts.entry(pile_of(item, self.piles)).or_default();
        part.extend_from_slice(item);
        part.extend_from_slice(&row.to_le_bytes());
    }

    /// A pile, sorted, without duplicates, goes to the batches.
    fn sort(&mut self, context: &Context, bytes: Bytes, out: &mut Vec<Output>) -> Result<(), ProtocolError> {
        let (entries, []) = bytes.as_chunks::<ENTRY>() else { return Err(ProtocolError::fault("a pile's length")) };
        let mut entries: Vec<(&[u8], u64)> = entries.iter().filter_map(read_entry).collect();
        entries.sort_unstable();
        let mut last: Option<&[u8]> = None;
        for (item, row) in entries {
            if last == Some(item) {
                if context.terms.duplicates == Duplicates::Refuse {
                    let names: Vec<&str> = context.terms.key.iter().map(|column| column.name.as_str()).collect();
                    let problem = "another row has the same key";
                    return Err(ProtocolError::Data { column: names.join(", "), row, problem });
                }
                continue;
            }
            last = Some(item);
            self.batch.extend_from_slice(item);
            self.batch.extend_from_slice(&row.to_le_bytes());
            if self.batch.len() == context.terms.batch * ENTRY {
                self.flush(context, out);
            }
        }
        Ok(())
    }

    /// On to the next pile, or to the end.
    fn turn(&mut self, context: &Context, next: u32, out: &mut Vec<Output>) -> Option<u64> {
        if next < self.piles {
            out.push(collect(ITEMS, next));
            self.next = Some(next);
            return None;
        }
        // What duplicates took away, unsorted at the end: random items tell nothing by their place.
        while context.terms.pad && self.items + ((self.batch.len() / ENTRY) as u64) < context.terms.padded(context.rows)
        {
            let mut random = [0; ITEM];
            self.padding.fill(&mut random);
            self.batch.extend_from_slice(&random);
            self.batch.extend_from_slice(&NO_ROW.to_le_bytes());
            if self.batch.len() == context.terms.batch * ENTRY {
                self.flush(context, out);
            }
        }
        if !self.batch.is_empty() {
            self.flush(context, out);
        }
        out.push(State { own: self.items, ..State::default() }.checkpoint(UNIT));
        Some(self.items)
    }

    fn flush(&mut self, context: &Context, out: &mut Vec<Output>) {
        let number = (self.items / context.terms.batch as u64) as u32;
        let batch = std::mem::take(&mut self.batch);
        self.items += (batch.len() / ENTRY) as u64;
        out.push(append(UNIT, BATCHES, number, batch));
    }
}

/// Items and rows of a batch's pile.
pub(crate) fn read_batch(bytes: &Bytes) -> Result<Vec<([u8; ITEM], u64)>, ProtocolError> {
    let (entries, []) = bytes.as_chunks::<ENTRY>() else { return Err(ProtocolError::fault("a batch's length")) };
    let owned = |(item, row): (&[u8], u64)| Some((*item.first_chunk()?, row));
    Ok(entries.iter().filter_map(read_entry).filter_map(owned).collect())
}

fn read_entry(entry: &[u8; ENTRY]) -> Option<(&[u8], u64)> {
    let (item, row) = entry.split_first_chunk::<ITEM>()?;
    Some((item, u64::from_le_bytes(*row.first_chunk()?)))
}

fn spill(parts: BTreeMap<u32, Vec<u8>>, out: &mut Vec<Output>) {
    out.extend(parts.into_iter().map(|(number, bytes)| append(UNIT, ITEMS, number, bytes)));
}
