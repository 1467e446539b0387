//! Checks 14 and 11: what the vendor says a box must show, and whether this one does.

use std::collections::BTreeMap;

use attestation::own_log::{Loaded, PHASES};
use attestation::{Claim, Hash, ReferenceValues, floor, jws};

use super::logs::Logs;
use super::signed::Attested;
use super::started;
use super::{Judged, Trouble, need};
use crate::appraise::Input;
use crate::checks::identity::with_source;
use crate::reason::Reason;

/// What is added to an image from outside is measured into these.
const OUTSIDE: [u8; 3] = [12, 13, 14];

/// What check 11 has proven beside the reference values themselves.
pub(crate) struct Image {
    pub(crate) floor: u32,
    pub(crate) refused: Option<Hash>,
}

/// Check 14: the reference values are the vendor's, of a format that is known, and not a development release's.
pub(crate) fn reference(input: &Input<'_>) -> Judged<ReferenceValues> {
    let reference = input.reference.ok_or(Trouble::Unknown(Reason::NoReference))?;
    let values: ReferenceValues =
        jws::verify(reference, &input.roots.release).map_err(|e| Reason::Reference { problem: with_source(&e) })?;
    if values.development && !input.allow_development {
        return Err(Reason::Development.into());
    }
    let mut shown = vec![format!("release {} ({})", values.release, values.profile)];
    if values.development {
        shown.push("DEVELOPMENT: signed with keys that anyone may have".into());
    }
    Ok((values, shown))
}

/// Check 11: the box shows them.
pub(crate) fn values(
    attested: &Option<Attested>,
    pcrs: &Option<BTreeMap<u8, [u8; 32]>>,
    logs: &Option<Logs<'_>>,
    reference: &Option<ReferenceValues>,
) -> Judged<Image> {
    let (pcrs, logs) = (need(pcrs, 9)?, need(logs, 10)?);
    let reference = need(reference, 14)?;
    let secure_boot = started::secure_boot(&logs.firmware, &reference.secure_boot)?;
    let mut shown = vec!["Secure Boot on, with the release's keys".into()];
    shown.extend(started::programs(&logs.firmware, &reference.programs)?);
    for pcr in OUTSIDE {
        if pcrs.get(&pcr) != Some(&[0; 32]) {
            return Err(Reason::PcrNotZero { pcr }.into());
        }
    }
    if logs.phases != PHASES {
        return Err(Reason::Phases.into());
    }
    let expected = reference.pcr11.get(&PHASES.join(":"));
    if expected.is_none() || expected.map(|hash| &hash.0) != pcrs.get(&11) {
        return Err(Reason::Pcr11Other.into());
    }
    let mut services = logs.loaded.iter().filter_map(|l| match l {
        Loaded::Services(digest) => Some(Hash(*digest)),
        _ => None,
    });
    // Said once at least, and never otherwise.
    if services.next() != Some(reference.services) || services.any(|digest| digest != reference.services) {
        return Err(Reason::ServicesOther.into());
    }
    let floor = security_floor(need(attested, 3)?, reference.security_version)?;
    shown.push(format!("security version {}, floor {floor}", reference.security_version));
    Ok((Image { floor, refused: secure_boot.dbx }, shown))
}

fn security_floor(attested: &Attested, version: u32) -> Result<u32, Trouble> {
    let attest = attested.floor.as_ref().ok_or(Trouble::Unknown(Reason::NoFloor))?;
    let Claim::Nv { name, offset: 0, contents } = &attest.claim else { return Err(Reason::FloorOther.into()) };
    let floor = floor::of_contents(contents).filter(|_| *name == floor::name()).ok_or(Reason::FloorOther)?;
    if floor > version { Err(Reason::FloorAbove { floor, version }.into()) } else { Ok(floor) }
}
