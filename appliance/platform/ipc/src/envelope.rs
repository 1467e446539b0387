//! A request or reply with the number that joins the two.

use serde::{Deserialize, Serialize};

use crate::channel::{ChannelError, Packet};

/// The number of what nobody asked for.
pub(crate) const NOTICE: u64 = 0;

/// The number stands first, so that it can be read where the rest cannot.
#[derive(Serialize)]
pub(crate) struct Envelope<'a, T> {
    pub(crate) id: u64,
    pub(crate) body: &'a T,
}

/// The number of a packet, and what it carries, if that decodes.
pub(crate) fn open<T: for<'de> Deserialize<'de>>(
    packet: &Packet,
) -> Result<(u64, Result<T, ChannelError>), ChannelError> {
    let (id, rest) = packet.decode_first::<u64>()?;
    Ok((id, postcard::from_bytes(rest).map_err(ChannelError::Malformed)))
}
