//! The supervisor's half: a child with its own uid, no capability to gain, and only the descriptors it was given.

use std::io::{self, PipeReader};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use command_fds::{CommandFdExt, FdMapping};
use nix::libc;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{Gid, Uid, setgid, setgroups, setsid, setuid};

/// The highest capability number that the kernel may know; dropping one that it does not know is harmless.
const CAPABILITY_LAST: libc::c_ulong = 63;

pub struct Service<'a> {
    pub program: &'a Path,
    pub arguments: &'a [&'a str],
    /// All of its environment.
    pub environment: &'a [(&'a str, &'a str)],
    /// Also the group id.
    pub uid: u32,
    /// (ours, the number the service finds it at).
    pub descriptors: Vec<(OwnedFd, i32)>,
    /// Bytes of its data.
    pub memory: u64,
    /// Bytes of memory that it may pin for DMA.
    pub memory_lock: u64,
}

/// Processes and threads of one uid.
const PROCESSES: u64 = 256;
/// Open files: the connections of a service are its greatest part.
const FILES: u64 = 1024;

#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    #[error("two descriptors for the same number")]
    Descriptors,
    #[error("starting {program}")]
    Start {
        program: String,
        #[source]
        source: std::io::Error,
    },
}

/// Starts `service`. What it writes to its output and its errors can be read from the pipe; it inherits no other descriptor than
/// those given, and no terminal.
pub fn spawn(service: Service<'_>) -> Result<(Child, PipeReader), SpawnError> {
    let program = service.program.display().to_string();
    let failed = |source: io::Error| SpawnError::Start { program: program.clone(), source };
    let (output, written) = io::pipe().map_err(failed)?;
    let errors = written.try_clone().map_err(failed)?;
    let mut command = Command::new(service.program);
    command
        .args(service.arguments)
        .env_clear()
        .envs(service.environment.iter().copied())
        .stdin(Stdio::null())
        .stdout(written)
        .stderr(errors)
        .current_dir("/");
    let mappings =
        service.descriptors.into_iter().map(|(parent_fd, child_fd)| FdMapping { parent_fd, child_fd }).collect();
    command.fd_mappings(mappings).map_err(|_| SpawnError::Descriptors)?;
    let (uid, gid) = (Uid::from_raw(service.uid), Gid::from_raw(service.uid));
    let (memory, memory_lock) = (service.memory, service.memory_lock);
    // SAFETY: between fork and exec only system calls are made; nothing allocates or takes a lock.
    #[expect(unsafe_code, reason = "a child can only be stripped of its privileges between fork and exec")]
    unsafe {
        command
            .pre_exec(move || bound(memory, memory_lock).and_then(|()| drop_privileges(uid, gid)).map_err(Into::into));
    }
    let process = command.spawn().map_err(failed)?;
    Ok((process, output))
}

/// A descriptor that [`spawn`] passed to this process; each can be taken once. `None`: it is not open, or was taken.
pub fn passed(number: i32) -> Option<OwnedFd> {
    static TAKEN: Mutex<Vec<i32>> = Mutex::new(Vec::new());
    let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: fcntl with numbers only; it says whether the descriptor is open.
    #[expect(unsafe_code, reason = "a number becomes an owned descriptor")]
    let open = unsafe { libc::fcntl(number, libc::F_GETFD) } >= 0;
    if !open || taken.contains(&number) {
        return None;
    }
    taken.push(number);
    // SAFETY: it is open, the supervisor passed it for us alone, and the list above gives it out once.
    #[expect(unsafe_code, reason = "a number becomes an owned descriptor")]
    Some(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Keeps whoever has this socket from taking its filter off (SO_LOCK_FILTER).
pub fn lock_socket_filter(socket: BorrowedFd<'_>) -> io::Result<()> {
    let on: libc::c_int = 1;
    let (value, size) = ((&raw const on).cast(), size_of_val(&on) as libc::socklen_t);
    // SAFETY: the pointer is to an int that lives for the call, and the size is its own.
    #[expect(unsafe_code, reason = "neither std, nix, rustix nor socket2 has SO_LOCK_FILTER")]
    let done = unsafe { libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_LOCK_FILTER, value, size) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn bound(memory: u64, memory_lock: u64) -> nix::Result<()> {
    setrlimit(Resource::RLIMIT_DATA, memory, memory)?;
    setrlimit(Resource::RLIMIT_MEMLOCK, memory_lock, memory_lock)?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    setrlimit(Resource::RLIMIT_NPROC, PROCESSES, PROCESSES)?;
    setrlimit(Resource::RLIMIT_NOFILE, FILES, FILES)
}

fn drop_privileges(uid: Uid, gid: Gid) -> nix::Result<()> {
    // No terminal is ours, whatever is opened later.
    setsid()?;
    umask(Mode::from_bits_truncate(0o077));
    for capability in 0..=CAPABILITY_LAST {
        // SAFETY: prctl with numbers only. EINVAL says that the kernel has no such capability.
        #[expect(unsafe_code, reason = "neither std nor nix has PR_CAPBSET_DROP")]
        unsafe {
            libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0);
        }
    }
    setgroups(&[])?;
    setgid(gid)?;
    // Leaving uid 0 clears the permitted, effective and ambient sets.
    setuid(uid)?;
    nix::sys::prctl::set_no_new_privs()
}
