//! Typed register access over a transport.

use card_csr::{Readable, Writable};

use crate::{CardError, Transport};

pub(crate) fn read<R: Readable>(transport: &mut impl Transport) -> Result<R, CardError> {
    Ok(R::from_bits(transport.read_register(R::OFFSET)?))
}

pub(crate) fn write<R: Writable>(transport: &mut impl Transport, value: R) -> Result<(), CardError> {
    Ok(transport.write_register(R::OFFSET, value.to_bits())?)
}
