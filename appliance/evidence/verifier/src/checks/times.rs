//! Check 12: the TPM's clock and counters, now and in an earlier evidence.

use attestation::{Attest, Evidence, KeyPublic, ReferenceValues, signed_by};

use super::signed::Attested;
use super::{Judged, Trouble, need};
use crate::checks::identity::with_source;
use crate::reason::Reason;

pub(crate) fn times(
    evidence: &Evidence,
    attested: &Option<Attested>,
    key: &Option<KeyPublic>,
    previous: Option<&[u8]>,
    reference: &Option<ReferenceValues>,
) -> Judged<()> {
    let (attested, key) = (need(attested, 3)?, need(key, 4)?);
    let now = &attested.quote;
    for other in [&attested.floor, &attested.service_key].into_iter().flatten() {
        if (other.reset_count, other.restart_count) != (now.reset_count, now.restart_count) {
            return Err(Reason::CountsDiffer.into());
        }
        if !other.safe {
            return Err(Trouble::Unknown(Reason::ClockUnsafe));
        }
    }
    if !now.safe {
        return Err(Trouble::Unknown(Reason::ClockUnsafe));
    }
    let version = format!("{:016x}", now.firmware_version);
    let mut shown = vec![
        format!("clock {} ms, {} resets, {} restarts", now.clock, now.reset_count, now.restart_count),
        format!("TPM firmware {version}"),
    ];
    match previous {
        None => shown.push("no earlier evidence was given: this one can be the next time's".into()),
        Some(bytes) => {
            let before = earlier(bytes, evidence, key)?;
            in_order(&before, now)?;
            shown.push(format!("earlier: clock {} ms, {} resets", before.clock, before.reset_count));
        }
    }
    if need(reference, 14)?.refused_tpm_firmware.contains(&version) {
        return Err(Reason::TpmFirmware { version }.into());
    }
    Ok(((), shown))
}

/// An earlier quote of the same key.
fn earlier(bytes: &[u8], evidence: &Evidence, key: &KeyPublic) -> Result<Attest, Reason> {
    let previous = Evidence::from_bytes(bytes).map_err(|e| Reason::Previous { problem: with_source(&e) })?;
    if previous.attestation_key != evidence.attestation_key {
        return Err(Reason::PreviousOfOtherKey);
    }
    signed_by(key, &previous.quote.attest, &previous.quote.signature)
        .map_err(|e| Reason::Previous { problem: with_source(&e) })
}

/// Resets only grow, and within one of them the clock and the restarts do. From one reset to the next a power cut may set the clock
/// back, by up to 70 minutes (TPM 2.0 part 1, "Timing Components").
fn in_order(before: &Attest, now: &Attest) -> Result<(), Reason> {
    let backward = |what| Err(Reason::Backward { what });
    if now.reset_count < before.reset_count {
        return backward("count of resets");
    }
    if now.reset_count > before.reset_count {
        return Ok(());
    }
    if now.restart_count < before.restart_count {
        return backward("count of restarts");
    }
    if now.clock < before.clock { backward("clock") } else { Ok(()) }
}
