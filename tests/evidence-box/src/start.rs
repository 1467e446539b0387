//! What happens from power-on until the box is up, as events that are extended and logged.

use attestation::event_log;
use attestation::own_log::{self, LOADED_PCR, Loaded, PHASES, PHASES_PCR};
use sha2::{Digest, Sha256};

/// A firmware's log from a box.
const RECORDED: &[u8] = include_bytes!("../data/firmware.log");

/// An event of the firmware's.
#[derive(Clone, Debug)]
pub struct Record {
    pub pcr: u8,
    pub kind: u32,
    pub digest: [u8; 32],
    pub data: Vec<u8>,
}

#[derive(Clone, Debug)]
pub struct Start {
    header: Vec<u8>,
    pub firmware: Vec<Record>,
    /// PCR and text.
    pub own: Vec<(u8, String)>,
    /// Extended, and logged nowhere.
    pub unlogged: Vec<(u8, [u8; 32])>,
}

impl Start {
    /// A box that comes up as it should.
    pub fn recorded() -> Start {
        let events = event_log::read(RECORDED).unwrap();
        let firmware: Vec<Record> = events
            .iter()
            .map(|e| Record { pcr: e.pcr, kind: e.kind, digest: e.digest, data: e.data.to_vec() })
            .collect();
        let header = RECORDED[..RECORDED.len() - written(&firmware).len()].to_vec();
        let phases = PHASES.map(|phase| (PHASES_PCR, phase.to_string()));
        let loaded = [
            Loaded::Volume("0b7c1a3e-58fd-4e2a-9a0e-8a8c4b1de001".into()),
            Loaded::Opened("tpm".into()),
            Loaded::Configuration([0xc0; 32]),
            Loaded::Services(services()),
            Loaded::Card { address: "0000:01:00.0".into(), identity: "coffer-card-1".into(), build: card_build() },
        ];
        let own = phases.into_iter().chain(loaded.map(|l| (LOADED_PCR, l.text()))).collect();
        Start { header, firmware, own, unlogged: Vec::new() }
    }

    /// The first event of this PCR and type.
    pub fn event(&mut self, pcr: u8, kind: u32) -> &mut Record {
        self.firmware.iter_mut().find(|r| (r.pcr, r.kind) == (pcr, kind)).unwrap()
    }

    /// Replaces bytes in the data of events that measure their data, and measures them anew.
    pub fn rewrite(&mut self, pcr: u8, edit: impl Fn(&mut Vec<u8>)) {
        for record in self.firmware.iter_mut().filter(|r| r.pcr == pcr) {
            let before = record.data.clone();
            edit(&mut record.data);
            if record.data != before {
                record.digest = Sha256::digest(&record.data).into();
            }
        }
    }

    /// Swaps the first two events of this PCR.
    pub fn swap(&mut self, pcr: u8) {
        let mut of = self.firmware.iter_mut().filter(|r| r.pcr == pcr);
        if let (Some(first), Some(second)) = (of.next(), of.next()) {
            std::mem::swap(first, second);
        }
    }

    pub fn firmware_log(&self) -> Vec<u8> {
        [&self.header[..], &written(&self.firmware)].concat()
    }

    pub fn own_log(&self) -> Vec<u8> {
        self.own.iter().flat_map(|(pcr, text)| own_log::record(*pcr, text)).collect()
    }

    /// All that is extended, in order.
    pub(crate) fn extended(&self) -> impl Iterator<Item = (u8, [u8; 32])> {
        let firmware = self.firmware.iter().filter(|r| r.kind != event_log::EV_NO_ACTION).map(|r| (r.pcr, r.digest));
        let own = self.own.iter().map(|(pcr, text)| (*pcr, own_log::digest(text)));
        firmware.chain(own).chain(self.unlogged.iter().copied())
    }
}

impl Record {
    /// Another name, of the same length, for the variable that it measures.
    pub fn rename(&mut self, name: &str) {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.data[32..32 + wide.len()].copy_from_slice(&wide);
        self.digest = Sha256::digest(&self.data).into();
    }
}

/// The digest of the table of services of the recorded box.
pub(crate) fn services() -> [u8; 32] {
    [0x5e; 32]
}

pub(crate) fn card_build() -> [u8; 32] {
    [0xca; 32]
}

/// TCG_PCR_EVENT2 records with the SHA-256 bank alone, as the recorded log has them.
fn written(records: &[Record]) -> Vec<u8> {
    let mut out = Vec::new();
    for record in records {
        out.extend(u32::from(record.pcr).to_le_bytes());
        out.extend(record.kind.to_le_bytes());
        out.extend([1, 0, 0, 0, 0x0b, 0]);
        out.extend(record.digest);
        out.extend((record.data.len() as u32).to_le_bytes());
        out.extend(&record.data);
    }
    out
}
