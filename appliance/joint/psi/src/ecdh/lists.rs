//! Sorted lists of duals: each side sends what it made of the other's points, and who receives looks for its own among them.

use std::collections::BTreeMap;

use bytes::Bytes;
use party::{Expectation, Found, Frame, Input, Output, ProtocolError};

use super::context::{Context, LISTS, MATCHED, State, THEIRS, WINDOW, append, check_unit, collect, send, unexpected};
use super::layout::{Layout, Part};
use crate::item::{ITEM, pile_of};

const STAGE: &str = "the exchange of lists";

pub(crate) struct Lists {
    layout: Layout,
    receives: bool,
    sends: bool,
    done: u32,
    fetched: u32,
    sent: u32,
    received: u32,
    /// Duals of the other's items, sorted; and the lists that came.
    piles: BTreeMap<u32, Vec<Bytes>>,
    lists: BTreeMap<u32, Bytes>,
    /// Own items that came back, if all lists were seen, and this party did not resume in their midst.
    listed: Option<u64>,
    pub(crate) common: u64,
}

impl Lists {
    pub(crate) fn new(context: &Context, layout: Layout, from: u32, common: u64) -> Lists {
        Lists {
            layout,
            receives: context.receives(),
            sends: context.other_receives(),
            done: from,
            fetched: from,
            sent: from,
            received: from,
            piles: BTreeMap::new(),
            lists: BTreeMap::new(),
            listed: (from == 0).then_some(0),
            common,
        }
    }

    /// Whether all lists are done.
    pub(crate) fn go_on(&mut self, out: &mut Vec<Output>) -> bool {
        while let Some(duals) = self.piles.get(&self.sent) {
            if self.sends {
                out.push(send(LISTS, self.layout.unit(Part::List(self.sent)), duals.concat()));
            }
            self.sent += 1;
        }
        while self.sent > self.done {
            if self.receives && !self.lists.contains_key(&self.done) {
                break;
            }
            let unit = self.layout.unit(Part::List(self.done));
            let pile = self.piles.remove(&self.done).unwrap_or_default();
            if let Some(list) = self.lists.remove(&self.done) {
                let positions = self.matches(&pile, &list);
                self.common += positions.len() as u64;
                let bytes: Vec<u8> = positions.into_iter().flat_map(u32::to_le_bytes).collect();
                out.push(append(unit, MATCHED, self.done, bytes));
            }
            let (own, theirs) = (self.layout.own, self.layout.theirs);
            out.push(State { own, theirs, common: self.common, ranked: 0 }.checkpoint(unit));
            self.done += 1;
        }
        while self.fetched < self.layout.piles && self.fetched < self.done + WINDOW {
            out.push(collect(THEIRS, self.fetched));
            self.fetched += 1;
        }
        self.done == self.layout.piles
    }

    pub(crate) fn advance(&mut self, input: Input) -> Result<(), ProtocolError> {
        match input {
            Input::Collected { pile, bytes } if pile.kind == THEIRS => {
                let sorted = sorted(&self.layout, &bytes)?;
                let duals: Vec<Bytes> = sorted.iter().map(|entry| entry.slice(..self.layout.dual)).collect();
                self.piles.insert(pile.number, duals);
                Ok(())
            }
            Input::Frame(frame) if frame.channel == LISTS => self.receive(frame),
            _ => Err(unexpected()),
        }
    }

    pub(crate) fn expects(&self) -> Expectation {
        let at_most = self.layout.pile_max() * self.layout.dual;
        match self.received {
            k if !self.receives || k >= self.layout.piles => Expectation::Never,
            k if k < self.done + WINDOW => Expectation::Now { at_most },
            _ => Expectation::Later { at_most },
        }
    }

    fn receive(&mut self, frame: Frame) -> Result<(), ProtocolError> {
        let breach = |field, found| Err(ProtocolError::Breach { stage: STAGE, field, found });
        let p = self.received;
        check_unit(&frame, self.layout.unit(Part::List(p)), STAGE)?;
        let (list, width) = (frame.bytes, self.layout.dual);
        if !list.len().is_multiple_of(width) || list.len() > self.layout.pile_max() * width {
            let at_most = self.layout.pile_max() * width;
            return breach("length of a list", Found::TooLong { found: list.len(), at_most });
        }
        let mut last: &[u8] = &[];
        for (index, dual) in list.chunks_exact(width).enumerate() {
            let mut whole = [0; ITEM];
            whole[..width].copy_from_slice(dual);
            if pile_of(&whole, self.layout.piles) != p || dual < last {
                return breach("order of a list", Found::Malformed { index });
            }
            last = dual;
        }
        self.listed = self.listed.map(|listed| listed + (list.len() / width) as u64);
        self.received += 1;
        if let Some(found) =
            self.listed.filter(|listed| self.received == self.layout.piles && *listed != self.layout.own)
        {
            return breach("number of duals in all lists", Found::Value { found, expected: self.layout.own });
        }
        self.lists.insert(p, list);
        Ok(())
    }

    /// Positions in the list of what is in the pile, too.
    fn matches(&self, pile: &[Bytes], list: &Bytes) -> Vec<u32> {
        let mut own = pile.iter().peekable();
        let mut positions = Vec::new();
        for (position, dual) in (0..).zip(list.chunks_exact(self.layout.dual)) {
            while own.next_if(|mine| mine.as_ref() < dual).is_some() {}
            if own.next_if(|mine| mine.as_ref() == dual).is_some() {
                positions.push(position);
            }
        }
        positions
    }
}

/// The entries of a pile of duals in the order in which they are sent: duals, then numbers.
pub(crate) fn sorted(layout: &Layout, bytes: &Bytes) -> Result<Vec<Bytes>, ProtocolError> {
    let width = layout.dual + 8;
    if !bytes.len().is_multiple_of(width) {
        return Err(ProtocolError::fault("a pile's length"));
    }
    let mut entries: Vec<Bytes> = (0..bytes.len()).step_by(width).map(|at| bytes.slice(at..at + width)).collect();
    entries.sort_unstable();
    Ok(entries)
}
