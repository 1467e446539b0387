//! The firmware's event log, crypto agile (TCG PC Client Platform Firmware Profile 1.06, 10), and what it replays to.
//!
//! Types and data of events are hearsay until their digest says so: it is the digests that were extended.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::own_log;
use crate::reader::{ReadError, Reader};

pub const SHA256: u16 = 0x000b;
pub const EV_NO_ACTION: u32 = 0x03;
const PCRS: u64 = 24;
const ALGORITHMS_MAX: u64 = 8;
const SIGNATURE: &[u8] = b"Spec ID Event03\0";
const STARTUP_LOCALITY: &[u8] = b"StartupLocality\0";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    pub pcr: u8,
    pub kind: u32,
    /// Of the SHA-256 bank.
    pub digest: [u8; 32],
    pub data: &'a [u8],
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    #[error("it can't be read")]
    Read(#[from] ReadError),
    #[error("it has no digests of SHA-256")]
    Bank,
    #[error("an event of PCR {pcr} has a digest of an algorithm ({algorithm:#06x}) that the header does not name")]
    Algorithm { pcr: u64, algorithm: u16 },
    #[error("an event is for PCR {pcr}: there is none")]
    Pcr { pcr: u64 },
    #[error("event {number} has not one SHA-256 digest of its own")]
    Digest { number: usize },
    #[error("event {number} is none of the supervisor's: its digest is not that of its text")]
    Foreign { number: usize },
}

/// The firmware's log, without its header.
pub fn read(log: &[u8]) -> Result<Vec<Event<'_>>, LogError> {
    let mut r = Reader::new(log);
    let sizes = header(&mut r)?;
    events(r, &sizes)
}

/// The box's own records ([`own_log`]), and their texts.
pub fn read_own(log: &[u8]) -> Result<Vec<(Event<'_>, &str)>, LogError> {
    let events = events(Reader::new(log), &BTreeMap::from([(SHA256, 32)]))?;
    events
        .into_iter()
        .enumerate()
        .map(|(number, event)| {
            let text = std::str::from_utf8(event.data).map_err(|_| LogError::Foreign { number })?;
            let is_own = event.kind == own_log::EVENT_TYPE && event.describes_itself();
            if is_own { Ok((event, text)) } else { Err(LogError::Foreign { number }) }
        })
        .collect()
}

/// The values that these events leave in the PCRs that they extend.
pub fn replay<'e, 'a: 'e>(events: impl IntoIterator<Item = &'e Event<'a>>) -> BTreeMap<u8, [u8; 32]> {
    let mut pcrs = BTreeMap::new();
    for event in events {
        let value: &mut [u8; 32] = pcrs.entry(event.pcr).or_default();
        if event.kind != EV_NO_ACTION {
            *value = Sha256::new().chain_update(*value).chain_update(event.digest).finalize().into();
        } else if let Some(&locality) = event.data.strip_prefix(STARTUP_LOCALITY).and_then(<[u8]>::first) {
            // A TPM that was started at another locality than 0 says so in PCR 0's first value.
            value[31] = locality;
        }
    }
    pcrs
}

impl Event<'_> {
    /// Its digest is that of its data, so that the data is what was measured.
    pub fn describes_itself(&self) -> bool {
        Sha256::digest(self.data).as_slice() == self.digest
    }
}

/// TCG_PCR_EVENT with TCG_EfiSpecIDEvent: which algorithms there are, and how long their digests are.
fn header(r: &mut Reader<'_>) -> Result<BTreeMap<u16, usize>, LogError> {
    r.little(4, "the header's PCR")?;
    r.little(4, "the header's type")?;
    r.bytes(20, "the header's digest")?;
    let size = r.little(4, "the header's size")? as usize;
    let mut r = Reader::new(r.bytes(size, "the header")?);
    if r.bytes(SIGNATURE.len(), "the header's signature")? != SIGNATURE {
        return Err(LogError::Bank);
    }
    r.bytes(8, "the header's versions")?;
    let count = r.little(4, "the number of algorithms")?;
    if count > ALGORITHMS_MAX {
        return Err(ReadError::Long { field: "the list of algorithms", size: count as usize }.into());
    }
    let mut sizes = BTreeMap::new();
    for _ in 0..count {
        let algorithm = r.little(2, "an algorithm")? as u16;
        sizes.insert(algorithm, r.little(2, "a digest's size")? as usize);
    }
    let vendor = r.little(1, "the size of the vendor's information")? as usize;
    r.bytes(vendor, "the vendor's information")?;
    r.end()?;
    if sizes.get(&SHA256) == Some(&32) { Ok(sizes) } else { Err(LogError::Bank) }
}

/// TCG_PCR_EVENT2, one after the other.
fn events<'a>(mut r: Reader<'a>, sizes: &BTreeMap<u16, usize>) -> Result<Vec<Event<'a>>, LogError> {
    let mut events = Vec::new();
    while !r.is_empty() {
        let pcr = r.little(4, "an event's PCR")?;
        let kind = r.little(4, "an event's type")? as u32;
        let count = r.little(4, "the number of digests")?;
        let mut digests = Vec::new();
        for _ in 0..count.min(ALGORITHMS_MAX + 1) {
            let algorithm = r.little(2, "a digest's algorithm")? as u16;
            let size = *sizes.get(&algorithm).ok_or(LogError::Algorithm { pcr, algorithm })?;
            let digest = r.bytes(size, "a digest")?;
            if algorithm == SHA256 {
                digests.push(digest);
            }
        }
        let size = r.little(4, "an event's size")? as usize;
        let data = r.bytes(size, "an event's data")?;
        let digest = match digests[..] {
            [digest] if count <= ALGORITHMS_MAX => digest.try_into().ok(),
            _ => None,
        };
        let digest = digest.ok_or(LogError::Digest { number: events.len() })?;
        // Some firmware logs what it does not measure under the number "none".
        let none = kind == EV_NO_ACTION && pcr == u64::from(u32::MAX);
        if pcr < PCRS {
            events.push(Event { pcr: pcr as u8, kind, digest, data });
        } else if !none {
            return Err(LogError::Pcr { pcr });
        }
    }
    Ok(events)
}
