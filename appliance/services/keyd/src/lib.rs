//! keyd: the one process that speaks to the TPM and holds keys.
//!
//! It runs twice in a boot. `keyd early` opens the data volume's key and then closes the door behind it ([`early`]);
//! `keyd serve` answers other services ([`Keyd`]): signatures, quotes, key leases, and who the box's clients are. What a service
//! may ask for stands in the service table; what only a client may want, the client itself must have signed. TPM commands, key
//! pairs and writing to the disk each have a lane ([`lanes`]), so that none of them holds up another peer's request.
#![forbid(unsafe_code)]

mod admission;
mod agreed;
mod approvals;
mod attested;
mod audit;
mod authenticators;
mod backups;
mod binding;
mod certificates;
mod challenges;
mod clock;
mod console_certificate;
pub mod early;
mod endings;
mod error;
mod evidence;
mod heads;
pub mod identity;
pub mod import;
pub mod keys;
mod lanes;
mod leases;
mod locked;
mod losses;
mod lost;
mod membership;
pub mod ownership;
mod people;
mod presence;
mod problems;
mod reception;
mod requests;
mod security_floor;
mod serve;
mod tickets;
pub mod tpm;
pub mod vault;

pub use error::{KeydError, chain};
pub use serve::{Boot, Keyd, Opened};

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use durable_files::ReadError;

/// All memory is wiped when it is given back, also what the arithmetic of a prime's tests leaves behind: no library that is kept up
/// makes primes and wipes all that it made on the way.
#[global_allocator]
static WIPED: zeroizing_alloc::ZeroAlloc<std::alloc::System> = zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

/// Puts a file that cannot be used out of the way; what is to be told of it. A disk that does not read is no reason to: it may read
/// at the next start.
pub(crate) fn set_aside(path: &Path, why: ReadError) -> Result<String, KeydError> {
    let why = match why {
        ReadError::Io(source) => return Err(error::file("reading", path)(source)),
        why => why,
    };
    out_of_the_way(path, &chain(&why))
}

/// As [`set_aside`], for a file that can be read and is still not what it should be.
pub(crate) fn out_of_the_way(path: &Path, why: &str) -> Result<String, KeydError> {
    let aside = durable_files::set_aside(path, now()).map_err(error::file("setting aside", path))?;
    let (name, kept) = (path.file_name().unwrap_or_default(), aside.file_name().unwrap_or_default());
    Ok(format!("{} could not be used ({why}); it is kept as {}", name.display(), kept.display()))
}
