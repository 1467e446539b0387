//! Check 15: the file is as the box made it, to the last byte, and the box's own words agree with what was proven.

use attestation::{Evidence, ReferenceValues};
use data_encoding::HEXLOWER;

use super::signed::Attested;
use super::{Judged, Trouble, need};
use crate::reason::Reason;

pub(crate) fn whole(
    evidence: &Evidence,
    attested: &Option<Attested>,
    reference: &Option<ReferenceValues>,
) -> Judged<()> {
    let attested = need(attested, 3)?;
    let certified = attested.service_key.as_ref().ok_or(Trouble::Unknown(Reason::NoServiceKey))?;
    let binding = evidence.binding();
    if certified.extra_data != binding {
        return Err(Reason::BindingOther.into());
    }
    if evidence.said.version != need(reference, 14)?.release {
        return Err(Reason::SaidOther { what: "release" }.into());
    }
    Ok(((), vec![format!("binding {}", HEXLOWER.encode(&binding))]))
}
