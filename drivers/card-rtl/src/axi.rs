//! The slave side of an AXI4 port (64-bit data, incrementing bursts), a cycle at a time, in front of any storage.
//!
//! Ready and response signals are registered: what is driven in a cycle depends on earlier cycles alone.

use std::collections::VecDeque;

use crate::design::{FromMaster, FromMasterWide, ToMaster};

/// Response codes (AXI specification, table A3-4).
pub(crate) const OKAY: u8 = 0;
pub(crate) const SLVERR: u8 = 2;
pub(crate) const DECERR: u8 = 3;

/// Addresses that are taken before the first of them is served.
const OUTSTANDING: usize = 8;
/// The longest burst.
const BEATS: usize = 256;

/// What is behind a port.
pub(crate) trait Storage {
    /// Reads consecutive words; gives a response code.
    fn read(&mut self, address: u64, words: &mut [u64]) -> u8;
    /// Writes consecutive words, of each the bytes whose strobe is set.
    fn write(&mut self, address: u64, words: &[u64], strobes: &[u8]) -> u8;
}

pub(crate) struct Port {
    reads: VecDeque<(u8, u64, usize)>,
    writes: VecDeque<(u8, u64, usize)>,
    data: Vec<u64>,
    strobes: Vec<u8>,
    /// The burst that is being read: its id, its response, its words and how many of them are delivered.
    burst: Option<(u8, u8, usize, usize)>,
    words: [u64; BEATS],
    responses: VecDeque<(u8, u8)>,
    driven: ToMaster,
    rdata: u64,
    /// Nothing is answered any more: a fault.
    pub(crate) silent: bool,
    /// A word of data is given that nobody asked for, as soon as no burst is open: a fault.
    pub(crate) unasked: bool,
}

impl Port {
    pub(crate) fn new() -> Self {
        Self {
            reads: VecDeque::new(),
            writes: VecDeque::new(),
            data: Vec::new(),
            strobes: Vec::new(),
            burst: None,
            words: [0; BEATS],
            responses: VecDeque::new(),
            driven: ToMaster::default(),
            rdata: 0,
            silent: false,
            unasked: false,
        }
    }

    /// Whether data of a burst, or a response, is still to come.
    pub(crate) fn owes(&self) -> bool {
        self.burst.is_some() || !self.reads.is_empty() || !self.responses.is_empty()
    }

    /// The master alone was reset: the rest of what it was writing will not come.
    pub(crate) fn forget_writes(&mut self) {
        self.writes.clear();
        self.data.clear();
        self.strobes.clear();
    }

    /// What the port drives in the next cycle, and its read data.
    pub(crate) fn driven(&self) -> (ToMaster, u64) {
        (self.driven, self.rdata)
    }

    /// Takes in what the master drove in the cycle that has just passed; says whether anything goes on.
    pub(crate) fn step(&mut self, master: &FromMaster, wide: &FromMasterWide, storage: &mut impl Storage) -> bool {
        let quiet = master.arvalid | master.awvalid | master.wvalid | self.driven.rvalid | self.driven.bvalid == 0;
        if quiet
            && !self.unasked
            && self.reads.is_empty()
            && self.writes.is_empty()
            && self.burst.is_none()
            && self.responses.is_empty()
        {
            (self.driven.arready, self.driven.awready, self.driven.wready) = (1, 1, 1);
            return false;
        }
        if self.driven.arready & master.arvalid != 0 {
            self.reads.push_back((master.arid, wide.araddr, usize::from(master.arlen) + 1));
        }
        if self.driven.awready & master.awvalid != 0 {
            self.writes.push_back((master.awid, wide.awaddr, usize::from(master.awlen) + 1));
        }
        if self.driven.wready & master.wvalid != 0 {
            self.data.push(wide.wdata);
            self.strobes.push(master.wstrb);
        }
        self.finish_write(storage);
        self.drive_read(master.rready != 0, storage);
        self.drive_response(master.bready != 0);
        self.driven.arready = u8::from(self.reads.len() < OUTSTANDING);
        self.driven.awready = u8::from(self.writes.len() < OUTSTANDING);
        self.driven.wready = u8::from(self.data.len() < 2 * BEATS);
        true
    }

    /// A burst counts when all of its data is there.
    fn finish_write(&mut self, storage: &mut impl Storage) {
        let Some((id, address, beats)) = self.writes.front().copied() else { return };
        if self.silent || self.data.len() < beats {
            return;
        }
        let response = storage.write(address, &self.data[..beats], &self.strobes[..beats]);
        self.data.drain(..beats);
        self.strobes.drain(..beats);
        self.writes.pop_front();
        self.responses.push_back((id, response));
    }

    fn drive_read(&mut self, taken: bool, storage: &mut impl Storage) {
        if self.driven.rvalid != 0 && !taken {
            return;
        }
        self.driven.rvalid = 0;
        if self.unasked && self.burst.is_none() && self.reads.is_empty() {
            self.unasked = false;
            self.rdata = 0;
            (self.driven.rid, self.driven.rresp, self.driven.rlast, self.driven.rvalid) = (0, OKAY, 1, 1);
            return;
        }
        if self.burst.is_none()
            && !self.silent
            && let Some((id, address, beats)) = self.reads.pop_front()
        {
            let response = storage.read(address, &mut self.words[..beats]);
            self.burst = Some((id, response, beats, 0));
        }
        if let Some((id, response, beats, at)) = self.burst {
            let last = at + 1 == beats;
            // A refused read tells nothing of what was there before.
            self.rdata = if response == OKAY { self.words[at] } else { 0 };
            (self.driven.rid, self.driven.rresp, self.driven.rlast, self.driven.rvalid) =
                (id, response, u8::from(last), 1);
            self.burst = if last { None } else { Some((id, response, beats, at + 1)) };
        }
    }

    fn drive_response(&mut self, taken: bool) {
        if self.driven.bvalid != 0 && !taken {
            return;
        }
        self.driven.bvalid = 0;
        if let Some((id, response)) = self.responses.pop_front() {
            (self.driven.bid, self.driven.bresp, self.driven.bvalid) = (id, response, 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Words([u64; 16]);

    impl Storage for Words {
        fn read(&mut self, address: u64, words: &mut [u64]) -> u8 {
            match self.0.get(address as usize / 8..).and_then(|rest| rest.get(..words.len())) {
                Some(found) => words.copy_from_slice(found),
                None => return DECERR,
            }
            OKAY
        }

        fn write(&mut self, address: u64, words: &[u64], strobes: &[u8]) -> u8 {
            for (at, (word, strobe)) in words.iter().zip(strobes).enumerate() {
                if *strobe == 0xff {
                    self.0[address as usize / 8 + at] = *word;
                }
            }
            OKAY
        }
    }

    fn read(port: &mut Port, words: &mut Words, address: u64, beats: u8) -> Vec<(u64, u8, u8)> {
        let wide = FromMasterWide { araddr: address, ..Default::default() };
        let mut master = FromMaster { arvalid: 1, arlen: beats - 1, rready: 0, ..Default::default() };
        let mut found = Vec::new();
        for cycle in 0..100 {
            let (driven, data) = port.driven();
            // The master takes a word every third cycle.
            master.rready = u8::from(cycle % 3 == 0);
            if driven.rvalid & master.rready != 0 {
                found.push((data, driven.rresp, driven.rlast));
            }
            let taken = driven.arready & master.arvalid;
            port.step(&master, &wide, words);
            master.arvalid &= !taken;
        }
        found
    }

    #[test]
    fn bursts_are_whole_under_back_pressure() {
        let (mut port, mut words) = (Port::new(), Words(std::array::from_fn(|word| 100 + word as u64)));
        let expected: Vec<_> = (2..6).map(|word| (100 + word, OKAY, u8::from(word == 5))).collect();
        assert_eq!(read(&mut port, &mut words, 16, 4), expected);
        assert_eq!(read(&mut port, &mut words, 120, 2), [(0, DECERR, 0), (0, DECERR, 1)]);
    }

    #[test]
    fn a_write_waits_for_all_its_data() {
        let (mut port, mut words) = (Port::new(), Words([0; 16]));
        port.step(&FromMaster::default(), &FromMasterWide::default(), &mut words);
        let address = FromMaster { awvalid: 1, awlen: 1, ..Default::default() };
        port.step(&address, &FromMasterWide { awaddr: 8, ..Default::default() }, &mut words);
        let beat = |strobe, last| FromMaster { wvalid: 1, wstrb: strobe, wlast: last, bready: 1, ..Default::default() };
        port.step(&beat(0xff, 0), &FromMasterWide { wdata: 7, ..Default::default() }, &mut words);
        assert_eq!((words.0[1], port.driven().0.bvalid), (0, 0));
        port.step(&beat(0, 1), &FromMasterWide { wdata: 9, ..Default::default() }, &mut words);
        assert_eq!((words.0[1], words.0[2], port.driven().0.bvalid), (7, 0, 1));
    }
}
