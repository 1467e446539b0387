//! Single system calls, by number and arguments.

use nix::errno::Errno;
use nix::libc::{self, c_long};

use crate::{LISTS, Outcome, expect};

/// A call, and the lists that let it pass; in all others it kills.
struct Try {
    what: &'static str,
    call: c_long,
    arguments: [u64; 4],
    passes_in: &'static [&'static str],
}

const fn attempt_of(what: &'static str, call: c_long, arguments: [u64; 4], passes_in: &'static [&'static str]) -> Try {
    Try { what, call, arguments, passes_in }
}

const NOBODY: &[&str] = &[];
const ALL: &[&str] = &LISTS;
const COMPUTED: &[&str] = &["computed"];
const STREAMS: &[&str] = &["computed", "probe"];
const SERVERS: &[&str] = &["auditd", "computed", "keyd"];
const AF_UNIX: u64 = libc::AF_UNIX as u64;
const AF_INET: u64 = libc::AF_INET as u64;
const STREAM: u64 = (libc::SOCK_STREAM | libc::SOCK_CLOEXEC) as u64;
const DGRAM: u64 = libc::SOCK_DGRAM as u64;
const PRIVATE: u64 = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as u64;
const SIGCHLD: u64 = libc::SIGCHLD as u64;

const TRIES: [Try; 42] = [
    attempt_of("ask whether it is a terminal", libc::SYS_ioctl, [2, 0x5401, 0, 0], ALL),
    attempt_of("make a descriptor non-blocking", libc::SYS_ioctl, [99, 0x5421, 0, 0], ALL),
    attempt_of("type on the terminal", libc::SYS_ioctl, [2, 0x5412, 0, 0], NOBODY),
    attempt_of("take the terminal", libc::SYS_ioctl, [2, 0x540e, 0, 0], NOBODY),
    attempt_of("list the links", libc::SYS_ioctl, [2, 0x8912, 0, 0], NOBODY),
    attempt_of("before VFIO's", libc::SYS_ioctl, [2, 0x3b63, 0, 0], NOBODY),
    attempt_of("VFIO's first", libc::SYS_ioctl, [2, 0x3b64, 0, 0], COMPUTED),
    attempt_of("VFIO's last", libc::SYS_ioctl, [2, 0x3b72, 0, 0], COMPUTED),
    attempt_of("after VFIO's", libc::SYS_ioctl, [2, 0x3b73, 0, 0], NOBODY),
    attempt_of("the number's upper half", libc::SYS_ioctl, [2, 0x1_0000_5401, 0, 0], ALL),
    attempt_of("name a thread", libc::SYS_prctl, [15, 0, 0, 0], ALL),
    attempt_of("become dumpable", libc::SYS_prctl, [4, 1, 0, 0], NOBODY),
    attempt_of("keep capabilities", libc::SYS_prctl, [8, 1, 0, 0], NOBODY),
    attempt_of("a subreaper", libc::SYS_prctl, [36, 1, 0, 0], NOBODY),
    attempt_of("a TCP socket", libc::SYS_socket, [AF_INET, STREAM, 0, 0], STREAMS),
    attempt_of("a TCP socket of IPv6", libc::SYS_socket, [libc::AF_INET6 as u64, STREAM, 0, 0], STREAMS),
    attempt_of("a UDP socket", libc::SYS_socket, [AF_INET, DGRAM, 0, 0], NOBODY),
    attempt_of("a raw socket", libc::SYS_socket, [AF_INET, libc::SOCK_RAW as u64, 1, 0], NOBODY),
    attempt_of("a unix socket", libc::SYS_socket, [AF_UNIX, STREAM, 0, 0], NOBODY),
    attempt_of("a netlink socket", libc::SYS_socket, [libc::AF_NETLINK as u64, DGRAM, 0, 0], NOBODY),
    attempt_of("a packet socket", libc::SYS_socket, [libc::AF_PACKET as u64, DGRAM, 0, 0], NOBODY),
    attempt_of("a VSOCK socket", libc::SYS_socket, [libc::AF_VSOCK as u64, STREAM, 0, 0], NOBODY),
    attempt_of("a pair of unix sockets", libc::SYS_socketpair, [AF_UNIX, STREAM, 0, 0], COMPUTED),
    attempt_of("a bound on waiting", libc::SYS_setsockopt, [99, 1, 20, 0], ALL),
    attempt_of("a bound on waiting, beyond 2038", libc::SYS_setsockopt, [99, 1, 67, 0], ALL),
    attempt_of("a socket's filter off", libc::SYS_setsockopt, [99, 1, 27, 0], COMPUTED),
    attempt_of("a process", libc::SYS_clone, [SIGCHLD, 0, 0, 0], NOBODY),
    attempt_of("a process in a new user namespace", libc::SYS_clone, [SIGCHLD | 0x1000_0000, 0, 0, 0], NOBODY),
    attempt_of("a thread in a new network", libc::SYS_clone, [0x4000_0000 | 0x1_0000, 0, 0, 0], NOBODY),
    attempt_of("a fork", libc::SYS_fork, [0; 4], NOBODY),
    attempt_of("another program", libc::SYS_execve, [0; 4], NOBODY),
    attempt_of("a namespace", libc::SYS_unshare, [0x1000_0000, 0, 0, 0], NOBODY),
    attempt_of("memory", libc::SYS_mmap, [0, 4096, 3, PRIVATE], ALL),
    attempt_of("memory to run code in", libc::SYS_mmap, [0, 4096, 7, PRIVATE], NOBODY),
    attempt_of("memory to run code of a file in", libc::SYS_mmap, [0, 4096, 5, PRIVATE], NOBODY),
    attempt_of("a guard page", libc::SYS_mprotect, [0, 0, 0, 0], ALL),
    attempt_of("memory to be run from now on", libc::SYS_mprotect, [0, 0, 5, 0], NOBODY),
    attempt_of("a tracer", libc::SYS_ptrace, [0; 4], NOBODY),
    attempt_of("a program of the kernel's", libc::SYS_bpf, [0; 4], NOBODY),
    attempt_of("a ring", libc::SYS_io_uring_setup, [0; 4], COMPUTED),
    attempt_of("memory with a descriptor", libc::SYS_memfd_create, [0; 4], SERVERS),
    attempt_of("a listener", libc::SYS_listen, [99, 1, 0, 0], COMPUTED),
];
const CLONE3: &str = "a thread by clone3";
const THREAD: &str = "a thread";

pub(crate) fn failures() -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut failures = Vec::new();
    for list in LISTS {
        let mut try_it = |what: &str, expected: &dyn Fn(Outcome) -> bool| {
            failures.extend(expect(list, folder.path(), what, expected))
        };
        for Try { what, passes_in, .. } in &TRIES {
            let passes = passes_in.contains(&list);
            try_it(what, &|outcome| if passes { outcome.is_made() } else { outcome == Outcome::Killed });
        }
        // Answered, not killed, so that the C library takes the call that a filter can look into.
        try_it(CLONE3, &|outcome| outcome == Outcome::Made(libc::ENOSYS));
        try_it(THREAD, &|outcome| outcome == Outcome::Made(0));
    }
    failures
}

/// Makes the call of this name; the error number, or 0. `None`: there is none.
pub(crate) fn attempt(what: &str) -> Option<i32> {
    if what == THREAD {
        return Some(i32::from(std::thread::spawn(|| 7).join().ok() != Some(7)));
    }
    if what == CLONE3 {
        return Some(raw(libc::SYS_clone3, [0; 4]));
    }
    TRIES.iter().find(|t| t.what == what).map(|t| raw(t.call, t.arguments))
}

fn raw(call: c_long, [a, b, c, d]: [u64; 4]) -> i32 {
    // SAFETY: every pointer among the arguments is null, and no descriptor above 2 is open.
    #[expect(unsafe_code, reason = "the calls that no library makes")]
    let result = unsafe { libc::syscall(call, a, b, c, d) };
    if result < 0 { Errno::last_raw() } else { 0 }
}
