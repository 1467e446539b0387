//! Every bound of the service, in one place.

use std::time::Duration;

use crate::pace::Bounds;

/// One gRPC message: a chunk of up to 1 MiB and its envelope.
pub const MESSAGE_MAX: usize = (1 << 20) + 4096;
/// All inline operands of one job.
pub const INPUT_MAX: u64 = 256 << 20;
/// Of an operand or a result. What bounds a job before it does is the room for its bytes.
pub const ELEMENTS_MAX: u64 = 1 << 24;
/// Of a row, and of a result that is added up: these are held in memory.
pub const HELD_MAX: u64 = 1 << 20;
/// Plaintext factors in a header; more travel as chunks.
pub const WEIGHTS_MAX: usize = 1 << 16;
/// All plaintext factors of one job or batch.
pub const FACTOR_BYTES_MAX: u64 = 32 << 20;
/// Uploads at a time, of all clients and of one; each holds a block of its operand, written to the disk as it comes.
pub const UPLOADS: usize = 16;
pub const UPLOADS_CLIENT: usize = 2;
/// Of an operand on its way to the disk, unless one element is longer.
pub const UPLOAD_BLOCK: usize = 1 << 20;
/// Jobs that come, wait or run, of all clients and of one.
pub const QUEUE: usize = 512;
pub const QUEUE_CLIENT: usize = 32;
/// Jobs kept, ended ones among them, for one client.
pub const KEPT_CLIENT: usize = 1000;
/// Starts of one job; a job that ends the service as often is reported failed.
pub const ATTEMPTS: u32 = 3;
/// Bytes that one client's results may take on the disk.
pub const KEPT_BYTES_CLIENT: u64 = 4 << 30;
/// Bytes of blinding factors that are kept in memory, of all clients and of one.
pub const BLIND_BYTES: u64 = 128 << 20;
pub const BLIND_BYTES_CLIENT: u64 = 64 << 20;
/// Interactive batches at a time, of all clients and of one. Each holds its factors and a few blocks: see `batch`.
pub const BATCHES: usize = 8;
pub const BATCHES_CLIENT: usize = 4;
/// Items in a block, where an item takes a search for its logarithm, an exponentiation, or a few multiplications.
pub const BLOCK_ITEMS_SEARCHED: usize = 64;
pub const BLOCK_ITEMS_DEAR: usize = 512;
pub const BLOCK_ITEMS_CHEAP: usize = 4096;
/// Ciphertexts in a packed row, which is done at once.
pub const PACKED_ROW: usize = 4096;
/// Bytes of operand in a block. A longer row is refused in an interactive batch.
pub const BLOCK_BYTES: usize = 16 << 20;
/// Multiply-adds in a block of a matrix product, unless one row has more.
pub const BLOCK_PRODUCTS: usize = 1 << 17;
/// Rows of a plaintext matrix on the left that are computed in one turn.
pub const OUTPUTS_TURN: usize = 4;
/// Public keys whose tables are kept, and for which obfuscators are computed in idle time.
pub const KEYS_PREPARED: usize = 4;
/// Obfuscators that lie ready for one key, and how many are computed at a time.
pub const OBFUSCATORS_KEY: usize = 4096;
pub const OBFUSCATORS_BATCH: usize = 256;
/// Jobs in one list: the newest.
pub const LISTED: usize = 10_000;
/// A result's chunk.
pub const CHUNK: usize = 256 << 10;
/// Connections to the service, in all, from one address, and of one client.
pub const CONNECTIONS: usize = 128;
pub const CONNECTIONS_ADDRESS: usize = 64;
pub const CONNECTIONS_CLIENT: usize = 48;
/// Connections to the enrolment, in all and from one address; how long each may last, and what it may send at a time.
pub const ENROLLING: usize = 64;
pub const ENROLLING_ADDRESS: usize = 16;
pub const ENROLLING_TIME: Duration = Duration::from_secs(60);
pub const ENROLLING_STREAMS: u32 = 4;
pub const ENROLLING_WINDOW: u32 = 64 << 10;
/// Calls that are worked on at a time, of all clients and of one (of a stranger: of one address). Some outlive their connection.
pub const CALLS: usize = 512;
pub const CALLS_CLIENT: usize = 64;
/// Results and logs that are read at a time, of all clients and of one.
pub const READS: usize = 64;
pub const READS_CLIENT: usize = 8;
/// TLS signatures that a port makes at a time, since each holds a thread while keyd works; and with those of handshakes that began
/// anew in the middle.
pub const SIGNATURES: usize = 4;
pub const SIGNATURES_MAX: usize = 6;
/// Threads for what blocks: signatures, checks of operands, short reads.
pub const BLOCKING_THREADS: usize = 16;
pub const STREAMS: u32 = 32;
/// A request's HTTP headers.
pub const HEADERS_MAX: usize = 16 << 10;
/// Bytes that may be on the way in one call and in all calls of a connection. The second has room for calls beside as many
/// stalled ones as a client may have batches and uploads.
pub const STREAM_WINDOW: u32 = 512 << 10;
pub const CONNECTION_WINDOW: u32 = (BATCHES_CLIENT + UPLOADS_CLIENT + 2) as u32 * STREAM_WINDOW;
pub const CSR_MAX: usize = 8192;
/// Names, ids, serial numbers.
pub const NAME_MAX: usize = 64;
/// Operations that a key is to allow.
pub const OPERATIONS_MAX: usize = 8;
/// Of an imported key's n.
pub const MODULUS_BYTES: usize = ipc::keyd::NUMBER_BYTES;

pub const HANDSHAKE: Duration = Duration::from_secs(10);
/// For a client to hear why it was refused.
pub const PARTING: Duration = Duration::from_secs(1);
/// For a job to wait for its turn, to run, and to be kept after its end.
pub const QUEUED_TIME: Duration = Duration::from_secs(7 * 24 * 3600);
pub const RUNNING_TIME: Duration = Duration::from_secs(48 * 3600);
pub const KEPT_TIME: Duration = Duration::from_secs(90 * 24 * 3600);
/// Between two looks at what the time does to jobs.
pub const KEEPER_PAUSE: Duration = Duration::from_secs(30);
/// Between two messages of an upload.
pub const MESSAGE_WAIT: Duration = Duration::from_secs(20);
/// What a client sends: unary calls, uploads, batches' operands.
pub const INTAKE: Bounds = Bounds { silence: MESSAGE_WAIT, grace: Duration::from_secs(60), rate: 16 << 10 };
/// What a client takes: results, logs, batches' answers.
pub const ANSWERS: Bounds =
    Bounds { silence: Duration::from_secs(60), grace: Duration::from_secs(120), rate: 16 << 10 };
/// A box with nothing to do for so long computes obfuscators.
pub const IDLE: Duration = Duration::from_millis(200);
/// A connection that sends not a byte for so long is closed; HTTP/2 pings keep a living one busy.
pub const SILENCE: Duration = Duration::from_secs(60);
pub const PING: Duration = Duration::from_secs(20);
/// Requests to keyd on their way, and audit lines.
pub const KEYD_IN_FLIGHT: usize = 256;
pub const AUDITD_IN_FLIGHT: usize = 512;
/// What an audit line may take to be on the disk.
pub const AUDITD: Duration = Duration::from_secs(60);
/// What keyd may take; making a key under emulation takes long.
pub const KEYD: Duration = Duration::from_secs(300);
/// Before a card that failed is tried again: the first time, and at most.
pub const CARD_PAUSE: Duration = Duration::from_secs(5);
pub const CARD_PAUSE_MAX: Duration = Duration::from_secs(600);
/// Between two messages of a watched job's progress; a change of its state waits for nothing.
pub const PROGRESS: Duration = Duration::from_millis(100);
pub const RETRY_AFTER: Duration = Duration::from_secs(2);
/// Free space below which no work is accepted.
pub const DISK_RESERVE: u64 = 16 << 20;
