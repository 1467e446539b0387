//! What the firmware started, and by whose keys (PCR 4 and PCR 7). Types of events are hearsay: an event counts by its digest.

use std::collections::BTreeMap;

use attestation::event_log::{EV_NO_ACTION, Event};
use attestation::secure_boot;
use attestation::{Hash, SecureBoot, SecureBootState};

use crate::reason::Reason;

/// What firmware says beside the programs, in PCR 4: separators, and what it does next.
const SAYINGS: [&[u8]; 5] = [
    &[0; 4],
    b"Calling EFI Application from Boot Option",
    b"Returning from EFI Application from Boot Option",
    b"Booting to EFI Shell",
    &[0xff; 4],
];
/// What must have been started. The kernel in the image is started by the image, which does not always tell the firmware.
const NEEDED: [&str; 2] = ["boot-loader", "image"];

/// PCR 7: Secure Boot is on, and its keys are the vendor's and nobody else's.
pub(crate) fn secure_boot(events: &[Event<'_>], reference: &SecureBoot) -> Result<SecureBootState, Reason> {
    let state = secure_boot::read(measured(events, 7)).map_err(|e| Reason::SecureBootLog { problem: e.to_string() })?;
    if !state.on {
        return Err(Reason::SecureBootOff);
    }
    let lists =
        [("PK", &state.pk, &reference.pk), ("KEK", &state.kek, &reference.kek), ("db", &state.db, &reference.db)];
    for (variable, found, expected) in lists {
        let mut expected = expected.clone();
        expected.sort();
        if found.certificates != expected || found.others > 0 {
            return Err(Reason::SecureBootKeys { variable });
        }
    }
    if let Some(other) = state.used.iter().find(|used| !reference.db.contains(used)) {
        return Err(Reason::StartedByOther { certificate: other.to_string() });
    }
    if state.used.is_empty() {
        return Err(Reason::SecureBootLog { problem: "nothing was started by a certificate".into() });
    }
    Ok(state)
}

/// PCR 4: the release's programs, and nothing that is unknown.
pub(crate) fn programs(events: &[Event<'_>], reference: &BTreeMap<String, Hash>) -> Result<Vec<String>, Reason> {
    let mut started = Vec::new();
    for (number, event) in measured(events, 4).enumerate() {
        let digest = Hash(event.digest);
        if let Some((name, _)) = reference.iter().find(|(_, known)| **known == digest) {
            started.push(name.as_str());
        } else if !SAYINGS.iter().any(|saying| Hash::of(saying) == digest) {
            // It is said to be a program, or to be something else: unknown both.
            return Err(match event.describes_itself() {
                true => Reason::Pcr4Event { number },
                false => Reason::ProgramUnknown { digest: digest.to_string() },
            });
        }
    }
    if let Some(name) = NEEDED.into_iter().find(|name| !started.contains(name)) {
        return Err(Reason::ProgramMissing { name });
    }
    Ok(started.into_iter().map(|name| format!("started: {name} {}", reference[name])).collect())
}

/// "No action" is not extended.
fn measured<'e, 'a>(events: &'e [Event<'a>], pcr: u8) -> impl Iterator<Item = &'e Event<'a>> {
    events.iter().filter(move |e| e.pcr == pcr && e.kind != EV_NO_ACTION)
}
