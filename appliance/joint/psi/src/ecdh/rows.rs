//! From places in batches to rows, in the order that both sides share: by dual. All on this side alone.

use std::collections::BTreeMap;

use bytes::Bytes;
use party::{Answer, Input, Output, ProtocolError};

use super::context::{BATCHES, PLACES, RANKED, append, collect, unexpected};
use super::gather::{NO_ROW, read_batch};
use super::layout::{Layout, Part};

/// Rank and place; rank and row.
const PLACE: usize = 12;
const ROW: usize = 16;

pub(crate) struct Rows {
    layout: Layout,
    common: u64,
    next: Next,
}

enum Next {
    /// The places of a batch, then the batch.
    Places(u32),
    Batch(u32, Bytes),
    /// Rows by their ranks.
    Ranked(u32),
    Done,
}

impl Rows {
    pub(crate) fn start(layout: Layout, common: u64, out: &mut Vec<Output>) -> Rows {
        out.push(collect(PLACES, 0));
        Rows { layout, common, next: Next::Places(0) }
    }

    pub(crate) fn is_done(&self) -> bool {
        matches!(self.next, Next::Done)
    }

    pub(crate) fn advance(&mut self, input: Input, out: &mut Vec<Output>) -> Result<(), ProtocolError> {
        let Input::Collected { pile, bytes } = input else { return Err(unexpected()) };
        let next = std::mem::replace(&mut self.next, Next::Done);
        self.next = match next {
            Next::Places(k) if (pile.kind, pile.number) == (PLACES, k) => {
                if bytes.is_empty() {
                    self.after_batch(k, out)
                } else {
                    out.push(collect(BATCHES, k));
                    Next::Batch(k, bytes)
                }
            }
            Next::Batch(k, places) if (pile.kind, pile.number) == (BATCHES, k) => {
                self.rank(&places, &bytes, out)?;
                self.after_batch(k, out)
            }
            Next::Ranked(r) if (pile.kind, pile.number) == (RANKED, r) => {
                self.give(&bytes, out)?;
                self.ranked(r + 1, out)
            }
            _ => return Err(unexpected()),
        };
        Ok(())
    }

    fn after_batch(&self, k: u32, out: &mut Vec<Output>) -> Next {
        if k + 1 < self.layout.batches() {
            out.push(collect(PLACES, k + 1));
            Next::Places(k + 1)
        } else {
            self.ranked(0, out)
        }
    }

    fn ranked(&self, r: u32, out: &mut Vec<Output>) -> Next {
        if u64::from(r) * self.layout.ranks() < self.common {
            out.push(collect(RANKED, r));
            Next::Ranked(r)
        } else {
            Next::Done
        }
    }

    fn rank(&self, places: &Bytes, batch: &Bytes, out: &mut Vec<Output>) -> Result<(), ProtocolError> {
        let batch = read_batch(batch)?;
        let mut parts: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
        for entry in places.as_chunks::<PLACE>().0 {
            let (rank, place) = read::<8, 4>(entry)?;
            let (rank, place) = (u64::from_le_bytes(rank), u32::from_le_bytes(place) as usize);
            let (_, row) = batch.get(place).ok_or(ProtocolError::fault("a place past its batch"))?;
            if *row == NO_ROW {
                return Err(ProtocolError::fault("a padding item was found on the other side"));
            }
            let part = parts.entry((rank / self.layout.ranks()) as u32).or_default();
            part.extend_from_slice(&rank.to_le_bytes());
            part.extend_from_slice(&row.to_le_bytes());
        }
        let unit = self.layout.unit(Part::Rows);
        out.extend(parts.into_iter().map(|(number, bytes)| append(unit, RANKED, number, bytes)));
        Ok(())
    }

    fn give(&self, bytes: &Bytes, out: &mut Vec<Output>) -> Result<(), ProtocolError> {
        let mut ranked = Vec::with_capacity(bytes.len() / ROW);
        for entry in bytes.as_chunks::<ROW>().0 {
            let (rank, row) = read::<8, 8>(entry)?;
            ranked.push((u64::from_le_bytes(rank), u64::from_le_bytes(row)));
        }
        ranked.sort_unstable();
        let rows = ranked.into_iter().map(|(_, row)| row).collect();
        out.push(Output::Result { unit: self.layout.unit(Part::Rows), answer: Answer::Rows(rows) });
        Ok(())
    }
}

/// The two numbers of an entry.
fn read<const A: usize, const B: usize>(entry: &[u8]) -> Result<([u8; A], [u8; B]), ProtocolError> {
    let parts = entry.split_first_chunk::<A>().and_then(|(first, rest)| Some((*first, *rest.first_chunk::<B>()?)));
    parts.ok_or(ProtocolError::fault("an entry's length"))
}
