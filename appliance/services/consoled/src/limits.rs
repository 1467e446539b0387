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
/// What auditd may take for a piece of the log, how long a piece is, and how many may read at a time.
pub(crate) const AUDITD: Duration = Duration::from_secs(60);
pub(crate) const AUDITD_IN_FLIGHT: usize = 16;
pub(crate) const PIECE_MAX: u64 = (512 << 10) + (16 << 10);
pub(crate) const LOG_READERS: usize = 4;
/// Lines of the log on a page.
pub(crate) const LINES_SHOWN: usize = 50;
/// Characters of a line's detail there.
pub(crate) const DETAIL_SHOWN: usize = 400;
/// Lines that are looked at together for a filter, and bytes after which a page is shown as far as it is.
pub(crate) const SEARCH_WINDOW: u64 = 1000;
pub(crate) const SEARCH_BYTES: usize = 4 << 20;
/// Of the log's chain, what is followed further each time that its page is looked at; and how long a check of all of it may take.
pub(crate) const CHAIN_BYTES: usize = 8 << 20;
pub(crate) const CHAIN: Duration = Duration::from_secs(45);
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
