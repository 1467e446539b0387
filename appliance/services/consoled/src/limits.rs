//! Every bound of the console, in one place.

use std::time::Duration;

use listener::Places;

pub(crate) const PLACES: Places = Places { all: 128, address: 32, client: 0 };
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(10);
/// A request's headers, in bytes and in time.
pub(crate) const HEADERS_MAX: usize = 16 << 10;
pub(crate) const HEADERS: Duration = Duration::from_secs(5);
/// A form, in bytes, in fields, and in time.
pub(crate) const BODY_MAX: usize = 64 << 10;
pub(crate) const FIELDS_MAX: usize = 64;
pub(crate) const BODY: Duration = Duration::from_secs(20);
/// Nothing moves on a connection.
pub(crate) const SILENCE: Duration = Duration::from_secs(60);
pub(crate) const PING: Duration = Duration::from_secs(20);
pub(crate) const STREAMS: u32 = 32;
pub(crate) const WINDOW: u32 = 128 << 10;
/// What keyd may take; a password is hashed there, one at a time.
pub(crate) const KEYD: Duration = Duration::from_secs(60);
pub(crate) const KEYD_IN_FLIGHT: usize = 64;
/// Of those, what a password is hashed for.
pub(crate) const KEYD_SLOW: usize = 48;
/// For the supervisor to say that the recovery key is confirmed.
pub(crate) const CONFIRMED: Duration = Duration::from_secs(5);
/// Before a certificate that could not be made is tried again.
pub(crate) const CERTIFICATE_PAUSE: Duration = Duration::from_secs(10);
/// A certificate is made anew when it has lived for so long.
pub(crate) const CERTIFICATE_LIFE: Duration = Duration::from_secs(200 * 24 * 3600);
/// A program's code is good for so many seconds.
pub(crate) const CODE_S: u32 = 7 * 24 * 3600;
/// An orderly end.
pub(crate) const STOPPING: Duration = Duration::from_secs(2);
