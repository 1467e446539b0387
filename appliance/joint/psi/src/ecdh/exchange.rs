//! Batches of points, both ways at once: own items times the own scalar go out, and what comes in is multiplied and laid on piles.

use std::collections::BTreeMap;

use bytes::Bytes;
use party::{Expectation, Found, Frame, Input, Output, ProtocolError, Ticket, Work, WorkResult};

use super::context::{BATCHES, Context, POINTS, State, THEIRS, WINDOW, append, check_unit, collect, send, unexpected};
use super::gather::read_batch;
use super::layout::{Layout, Part};
use crate::item::{ITEM, dual, pile_of};

const STAGE: &str = "the exchange of points";

pub(crate) struct Exchange {
    layout: Layout,
    /// The first batch that is not done in both directions.
    done: u32,
    /// The next own batch to fetch; the next that may go out.
    fetched: u32,
    sent: u32,
    /// The next batch of the other side to come; the next to lay on piles.
    received: u32,
    laid: u32,
    /// Work under way, by its batch; and what is ready before its turn.
    own: BTreeMap<Ticket, u32>,
    theirs: BTreeMap<Ticket, u32>,
    own_ready: BTreeMap<u32, Vec<[u8; ITEM]>>,
    theirs_ready: BTreeMap<u32, Vec<[u8; ITEM]>>,
}

impl Exchange {
    pub(crate) fn new(layout: Layout, from: u32) -> Exchange {
        Exchange {
            layout,
            done: from,
            fetched: from,
            sent: from,
            received: from,
            laid: from,
            own: BTreeMap::new(),
            theirs: BTreeMap::new(),
            own_ready: BTreeMap::new(),
            theirs_ready: BTreeMap::new(),
        }
    }

    /// Whether all batches are done.
    pub(crate) fn go_on(&mut self, out: &mut Vec<Output>) -> bool {
        let (own_batches, their_batches) = (self.own_batches(), self.their_batches());
        let (own, theirs) = (self.layout.own, self.layout.theirs);
        while self.done < self.layout.batches()
            && (self.sent > self.done || self.done >= own_batches)
            && (self.laid > self.done || self.done >= their_batches)
        {
            let unit = self.layout.unit(Part::Batch(self.done));
            out.push(State { own, theirs, ..State::default() }.checkpoint(unit));
            self.done += 1;
        }
        while self.fetched < own_batches && self.fetched < self.done + WINDOW {
            out.push(collect(BATCHES, self.fetched));
            self.fetched += 1;
        }
        self.done == self.layout.batches()
    }

    pub(crate) fn advance(
        &mut self,
        context: &mut Context,
        input: Input,
        out: &mut Vec<Output>,
    ) -> Result<(), ProtocolError> {
        match input {
            Input::Collected { pile, bytes } if pile.kind == BATCHES => self.hash(context, pile.number, &bytes, out),
            Input::Frame(frame) if frame.channel == POINTS => self.receive(context, frame, out),
            Input::Worked { ticket, result } => self.worked(context, ticket, result, out),
            _ => Err(unexpected()),
        }
    }

    pub(crate) fn expects(&self) -> Expectation {
        let at_most = self.layout.batch_len(u64::MAX, 0) * ITEM;
        match self.received {
            k if k >= self.their_batches() => Expectation::Never,
            k if k < self.done + WINDOW => Expectation::Now { at_most },
            _ => Expectation::Later { at_most },
        }
    }

    fn hash(
        &mut self,
        context: &mut Context,
        k: u32,
        bytes: &Bytes,
        out: &mut Vec<Output>,
    ) -> Result<(), ProtocolError> {
        let items: Vec<[u8; ITEM]> = read_batch(bytes)?.into_iter().map(|(item, _)| item).collect();
        if items.len() != self.layout.batch_len(self.layout.own, k) {
            return Err(ProtocolError::fault("a batch that was written is not what is read"));
        }
        let ticket = context.ticket();
        self.own.insert(ticket, k);
        let work = Work::HashAndMultiply { suite: context.terms.suite, items, scalar: context.scalar.clone() };
        out.push(Output::Work { ticket, work });
        Ok(())
    }

    fn receive(&mut self, context: &mut Context, frame: Frame, out: &mut Vec<Output>) -> Result<(), ProtocolError> {
        let k = self.received;
        check_unit(&frame, self.layout.unit(Part::Batch(k)), STAGE)?;
        let expected = self.layout.batch_len(self.layout.theirs, k) * ITEM;
        if frame.bytes.len() != expected || expected == 0 {
            let found = Found::Length { found: frame.bytes.len(), expected };
            return Err(ProtocolError::Breach { stage: STAGE, field: "batch of points", found });
        }
        let ticket = context.ticket();
        self.theirs.insert(ticket, k);
        self.received += 1;
        let points = frame.bytes.as_chunks().0.to_vec();
        let work = Work::Multiply { suite: context.terms.suite, points, scalar: context.scalar.clone() };
        out.push(Output::Work { ticket, work });
        Ok(())
    }

    fn worked(
        &mut self,
        context: &Context,
        ticket: Ticket,
        result: WorkResult,
        out: &mut Vec<Output>,
    ) -> Result<(), ProtocolError> {
        if let Some(k) = self.own.remove(&ticket) {
            let WorkResult::Points(points) = result else {
                return Err(ProtocolError::fault("an item that is no point"));
            };
            check_count(points.len(), self.layout.batch_len(self.layout.own, k))?;
            self.own_ready.insert(k, points);
            while let Some(points) = self.own_ready.remove(&self.sent) {
                out.push(send(POINTS, self.layout.unit(Part::Batch(self.sent)), points.concat()));
                self.sent += 1;
            }
            return Ok(());
        }
        let k = self.theirs.remove(&ticket).ok_or_else(unexpected)?;
        let points = match result {
            WorkResult::Points(points) => points,
            WorkResult::NotAPoint { index } => {
                let found = Found::Malformed { index };
                return Err(ProtocolError::Breach { stage: STAGE, field: "batch of points", found });
            }
        };
        check_count(points.len(), self.layout.batch_len(self.layout.theirs, k))?;
        self.theirs_ready.insert(k, points);
        while let Some(points) = self.theirs_ready.remove(&self.laid) {
            self.lay(context, points, out);
            self.laid += 1;
        }
        Ok(())
    }

    /// Duals, cut, with the numbers of their items.
    fn lay(&self, context: &Context, points: Vec<[u8; ITEM]>, out: &mut Vec<Output>) {
        let mut parts: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
        let first = u64::from(self.laid) * self.layout.batch_len(u64::MAX, 0) as u64;
        for (number, point) in (first..).zip(&points) {
            let dual = dual(&context.job, point);
            let part = parts.entry(pile_of(&dual, self.layout.piles)).or_default();
            part.extend_from_slice(&dual[..self.layout.dual]);
            part.extend_from_slice(&number.to_le_bytes());
        }
        let unit = self.layout.unit(Part::Batch(self.laid));
        out.extend(parts.into_iter().map(|(number, bytes)| append(unit, THEIRS, number, bytes)));
    }

    fn own_batches(&self) -> u32 {
        self.layout.place(self.layout.own.saturating_sub(1)).0 + u32::from(self.layout.own > 0)
    }

    fn their_batches(&self) -> u32 {
        self.layout.place(self.layout.theirs.saturating_sub(1)).0 + u32::from(self.layout.theirs > 0)
    }
}

fn check_count(found: usize, expected: usize) -> Result<(), ProtocolError> {
    if found == expected { Ok(()) } else { Err(ProtocolError::fault("work has not as many results as points")) }
}
