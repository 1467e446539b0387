//! How much is in common, told to both, and whether it is so much, and no more, that the rest may be revealed.

use party::{Found, Frame, ProtocolError, Withheld};

use super::context::{Context, GATE, check_unit};
use super::layout::{Layout, Part};

const STAGE: &str = "the gate";
pub(crate) const BYTES: usize = 8;

/// The other side's count, from its frame.
pub(crate) fn read(layout: &Layout, frame: &Frame) -> Result<u64, ProtocolError> {
    let breach = |field, found| Err(ProtocolError::Breach { stage: STAGE, field, found });
    if frame.channel != GATE {
        return breach("channel", Found::Unexpected);
    }
    check_unit(frame, layout.unit(Part::Gate), STAGE)?;
    let Ok(bytes) = <[u8; BYTES]>::try_from(frame.bytes.as_ref()) else {
        return breach("length of the count", Found::Length { found: frame.bytes.len(), expected: BYTES });
    };
    let (found, at_most) = (u64::from_le_bytes(bytes), layout.own.min(layout.theirs));
    if found > at_most { breach("number of common items", Found::TooLarge { found, at_most }) } else { Ok(found) }
}

/// The count that both go by; `own` where this side has counted.
pub(crate) fn agree(own: Option<u64>, theirs: Option<u64>) -> Result<u64, ProtocolError> {
    match (own, theirs) {
        (Some(own), Some(theirs)) if own != theirs => {
            let found = Found::Value { found: theirs, expected: own };
            Err(ProtocolError::Breach { stage: STAGE, field: "number of common items", found })
        }
        (Some(count), _) | (None, Some(count)) => Ok(count),
        (None, None) => Err(ProtocolError::fault("terms by which nobody receives")),
    }
}

pub(crate) fn withheld(context: &Context, layout: &Layout, common: u64) -> Option<Withheld> {
    let of = |items: u64| u128::from(items) * u128::from(context.terms.max_thousandths);
    if common < context.terms.min_intersection {
        Some(Withheld::TooFew)
    } else if u128::from(common) * 1000 > of(layout.own).min(of(layout.theirs)) {
        Some(Withheld::TooMany)
    } else {
        None
    }
}
