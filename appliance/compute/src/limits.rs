//! Every bound of the service, in one place.

use std::time::Duration;

/// One gRPC message: a chunk of up to 1 MiB and its envelope.
pub const MESSAGE_MAX: usize = (1 << 20) + 4096;
/// All inline operands of one job.
pub const INPUT_MAX: u64 = 256 << 20;
pub const ELEMENTS_MAX: u64 = 1 << 20;
pub const WEIGHTS_MAX: usize = 1 << 16;
/// Uploads at a time; each may hold [`INPUT_MAX`] bytes.
pub const UPLOADS: usize = 2;
/// Jobs that wait or run, of all clients and of one.
pub const QUEUE: usize = 64;
pub const QUEUE_CLIENT: usize = 32;
/// Jobs kept, ended ones among them, for one client.
pub const KEPT_CLIENT: usize = 1000;
/// Starts of one job; a job that ends the service as often is reported failed.
pub const ATTEMPTS: u32 = 3;
pub const CLIENTS: usize = 1000;
/// A result's chunk.
pub const CHUNK: usize = 256 << 10;
pub const CONNECTIONS: usize = 128;
pub const STREAMS: u32 = 32;
pub const CSR_MAX: usize = 8192;
/// Wrong tries before a pairing code is replaced.
pub const PAIRING_TRIES: u32 = 5;
pub const CLIENT_VALID_MAX_S: u32 = 2 * 366 * 24 * 3600;
pub const CLIENT_VALID_DEFAULT_S: u32 = 365 * 24 * 3600;

pub const HANDSHAKE: Duration = Duration::from_secs(20);
/// For a client to hear why it was refused.
pub const PARTING: Duration = Duration::from_secs(1);
/// Between two messages of an upload.
pub const MESSAGE_WAIT: Duration = Duration::from_secs(20);
/// A connection that sends not a byte for so long is closed; HTTP/2 pings keep a living one busy.
pub const SILENCE: Duration = Duration::from_secs(60);
pub const PING: Duration = Duration::from_secs(20);
/// What keyd may take; making a key under emulation takes long.
pub const KEYD: Duration = Duration::from_secs(300);
pub const RETRY_AFTER: Duration = Duration::from_secs(2);
/// Free space below which no work is accepted.
pub const DISK_RESERVE: u64 = 16 << 20;
