//! Every bound of the way to the console, in one place. What the console takes it takes; more would be refused there.

use std::time::Duration;

use listener::Places;

/// Connections of browsers: all of them come from this machine.
pub(crate) const PLACES: Places = Places { all: 24, address: 24, client: 0 };
/// A request's headers, in bytes and in time.
pub(crate) const HEADERS_MAX: usize = 16 << 10;
pub(crate) const HEADERS: Duration = Duration::from_secs(5);
/// A form, in bytes, and (below) in time.
pub(crate) const BODY_MAX: usize = 64 << 10;
/// Of a larger one so much is read, for its browser to hear why.
pub(crate) const BODY_READ: usize = 1 << 20;
pub(crate) const BODY: Duration = Duration::from_secs(20);
/// Nothing moves on a connection.
pub(crate) const SILENCE: Duration = Duration::from_secs(120);
/// To the box: the connection, and the head of an answer. A password is hashed there, one at a time.
pub(crate) const CONNECT: Duration = Duration::from_secs(30);
pub(crate) const ANSWER: Duration = Duration::from_secs(90);
pub(crate) const ANSWER_HEADERS_MAX: usize = 64 << 10;
/// Cookies that are kept for the console, and how long each may be.
pub(crate) const COOKIES: usize = 32;
pub(crate) const COOKIE_BYTES: usize = 4096;
/// Free ports that are tried, for one that is free at both loopback addresses.
pub(crate) const PORTS: usize = 16;
/// An orderly end.
pub(crate) const STOPPING: Duration = Duration::from_secs(2);
/// What is not said in the terminal more than so often.
pub(crate) const NOTICES: usize = 20;
