//! Check 10: the firmware's log and the box's own explain every PCR.

use std::collections::BTreeMap;

use attestation::Evidence;
use attestation::event_log::{self, Event};
use attestation::evidence::QUOTED_PCRS;
use attestation::own_log::{LOADED_PCR, Loaded, PHASES_PCR};

use super::{Judged, Trouble, need};
use crate::checks::identity::with_source;
use crate::reason::Reason;

/// What the TPM's values prove of the logs.
pub(crate) struct Logs<'a> {
    pub(crate) firmware: Vec<Event<'a>>,
    pub(crate) phases: Vec<&'a str>,
    pub(crate) loaded: Vec<Loaded>,
}

pub(crate) fn replay<'a>(evidence: &'a Evidence, pcrs: &Option<BTreeMap<u8, [u8; 32]>>) -> Judged<Logs<'a>> {
    let pcrs = need(pcrs, 9)?;
    if evidence.firmware_log.is_empty() {
        return Err(Trouble::Unknown(Reason::NoFirmwareLog));
    }
    let bad = |whose| move |e: event_log::LogError| Reason::Log { whose, problem: with_source(&e) };
    let firmware = event_log::read(&evidence.firmware_log).map_err(bad("firmware's"))?;
    let own = event_log::read_own(&evidence.own_log).map_err(bad("box's own"))?;
    let replayed = event_log::replay(firmware.iter().chain(own.iter().map(|(event, _)| event)));
    for pcr in QUOTED_PCRS {
        let value = replayed.get(&pcr).copied().unwrap_or_default();
        if pcrs.get(&pcr) != Some(&value) {
            return Err(Reason::Replay { pcr }.into());
        }
    }
    let (mut phases, mut loaded) = (Vec::new(), Vec::new());
    for (event, text) in &own {
        match event.pcr {
            PHASES_PCR => phases.push(*text),
            LOADED_PCR => loaded.push(known(text)?),
            _ => return Err(Trouble::Unknown(Reason::LoadedUnknown { text: (*text).into() })),
        }
    }
    let shown = own.iter().map(|(event, text)| format!("PCR {}: {text}", event.pcr));
    let shown = std::iter::once(format!("{} events of the firmware", firmware.len())).chain(shown).collect();
    Ok((Logs { firmware, phases, loaded }, shown))
}

/// What a newer box may load is not judged by what this program knows.
fn known(text: &str) -> Result<Loaded, Trouble> {
    Loaded::read(text).ok_or_else(|| Trouble::Unknown(Reason::LoadedUnknown { text: text.into() }))
}
