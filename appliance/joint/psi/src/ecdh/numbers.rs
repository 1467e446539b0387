//! Behind the gate: the numbers that undo the lists' sorting, so that who receives learns which of its items were found.

use std::collections::BTreeMap;

use bytes::Bytes;
use party::{Expectation, Found, Frame, Input, Output, ProtocolError};

use super::context::{
    Context, MATCHED, NUMBERS, PLACES, State, THEIRS, WINDOW, append, check_unit, collect, send, unexpected,
};
use super::layout::{Layout, Part};
use super::lists::sorted;

const STAGE: &str = "the exchange of numbers";

pub(crate) struct Numbers {
    layout: Layout,
    receives: bool,
    sends: bool,
    done: u32,
    fetched: u32,
    received: u32,
    sent: u32,
    /// Numbers to send before their turn; positions of matches, and the numbers that came.
    own: BTreeMap<u32, Vec<u8>>,
    positions: BTreeMap<u32, Bytes>,
    numbers: BTreeMap<u32, Bytes>,
    /// Matches in the lists; and those of the piles that are done, which is the next one's rank.
    common: u64,
    ranked: u64,
}

impl Numbers {
    pub(crate) fn new(context: &Context, layout: Layout, from: u32, state: &State) -> Numbers {
        Numbers {
            layout,
            receives: context.receives(),
            sends: context.other_receives(),
            done: from,
            fetched: from,
            received: from,
            sent: from,
            own: BTreeMap::new(),
            positions: BTreeMap::new(),
            numbers: BTreeMap::new(),
            common: state.common,
            ranked: state.ranked,
        }
    }

    /// Whether all is done.
    pub(crate) fn go_on(&mut self, out: &mut Vec<Output>) -> Result<bool, ProtocolError> {
        while let Some(numbers) = self.own.remove(&self.sent) {
            out.push(send(NUMBERS, self.layout.unit(Part::Numbers(self.sent)), numbers));
            self.sent += 1;
        }
        let ready = |this: &Numbers| {
            let has = |map: &BTreeMap<u32, Bytes>| map.contains_key(&this.done);
            (!this.sends || this.sent > this.done) && (!this.receives || has(&this.positions) && has(&this.numbers))
        };
        while self.done < self.layout.piles && ready(self) {
            let unit = self.layout.unit(Part::Numbers(self.done));
            let positions = self.positions.remove(&self.done).unwrap_or_default();
            let numbers = self.numbers.remove(&self.done).unwrap_or_default();
            let mut parts: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
            for position in positions.as_chunks().0 {
                let number = self.number(&numbers, u32::from_le_bytes(*position) as usize)?;
                let (batch, place) = self.layout.place(number);
                let part = parts.entry(batch).or_default();
                part.extend_from_slice(&self.ranked.to_le_bytes());
                part.extend_from_slice(&place.to_le_bytes());
                self.ranked += 1;
            }
            out.extend(parts.into_iter().map(|(batch, bytes)| append(unit, PLACES, batch, bytes)));
            let (own, theirs) = (self.layout.own, self.layout.theirs);
            out.push(State { own, theirs, common: self.common, ranked: self.ranked }.checkpoint(unit));
            self.done += 1;
        }
        while self.fetched < self.layout.piles && self.fetched < self.done + WINDOW {
            if self.sends {
                out.push(collect(THEIRS, self.fetched));
            }
            if self.receives {
                out.push(collect(MATCHED, self.fetched));
            }
            self.fetched += 1;
        }
        Ok(self.done == self.layout.piles)
    }

    pub(crate) fn advance(&mut self, input: Input) -> Result<(), ProtocolError> {
        match input {
            Input::Collected { pile, bytes } if pile.kind == THEIRS => {
                let width = Layout::number(self.layout.theirs);
                let entries = sorted(&self.layout, &bytes)?;
                let numbers: Vec<u8> =
                    entries.iter().flat_map(|entry| entry[self.layout.dual..][..width].to_vec()).collect();
                self.own.insert(pile.number, numbers);
                Ok(())
            }
            Input::Collected { pile, bytes } if pile.kind == MATCHED => {
                self.positions.insert(pile.number, bytes);
                Ok(())
            }
            Input::Frame(frame) if frame.channel == NUMBERS => self.receive(frame),
            _ => Err(unexpected()),
        }
    }

    pub(crate) fn expects(&self) -> Expectation {
        let at_most = self.layout.pile_max() * Layout::number(self.layout.own);
        match self.received {
            k if !self.receives || k >= self.layout.piles => Expectation::Never,
            k if k < self.done + WINDOW => Expectation::Now { at_most },
            _ => Expectation::Later { at_most },
        }
    }

    fn receive(&mut self, frame: Frame) -> Result<(), ProtocolError> {
        check_unit(&frame, self.layout.unit(Part::Numbers(self.received)), STAGE)?;
        let width = Layout::number(self.layout.own);
        if !frame.bytes.len().is_multiple_of(width) {
            let found = Found::Length { found: frame.bytes.len(), expected: frame.bytes.len() / width * width };
            return Err(ProtocolError::Breach { stage: STAGE, field: "length of the numbers", found });
        }
        self.numbers.insert(self.received, frame.bytes);
        self.received += 1;
        Ok(())
    }

    /// The number at a position of a list, which is one of an own item.
    fn number(&self, numbers: &Bytes, position: usize) -> Result<u64, ProtocolError> {
        let breach = |field, found| Err(ProtocolError::Breach { stage: STAGE, field, found });
        let width = Layout::number(self.layout.own);
        let Some(bytes) = numbers.chunks_exact(width).nth(position) else {
            let (found, at_least) = ((numbers.len() / width) as u64, position as u64 + 1);
            return breach("count of numbers", Found::TooSmall { found, at_least });
        };
        let found = bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte));
        let at_most = self.layout.own - 1;
        if found > at_most { breach("an item's number", Found::TooLarge { found, at_most }) } else { Ok(found) }
    }
}
