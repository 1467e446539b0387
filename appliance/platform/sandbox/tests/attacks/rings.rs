//! What the one service that may have rings can do with them beyond its list of system calls, and what still holds.

use std::ffi::CString;
use std::fs;
use std::net::TcpListener;
use std::path::Path;

use io_uring::squeue::Entry;
use io_uring::types::Fd;
use io_uring::{IoUring, opcode};
use nix::libc::{self, EACCES};
use nix::sys::socket::{SockaddrIn, SockaddrLike};

use crate::files::word;
use crate::{Outcome, expect};

pub(crate) fn failures() -> Vec<String> {
    let (own, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (inside, outside) = (own.path().join("file"), other.path().join("file"));
    fs::write(&inside, "own").unwrap();
    fs::write(&outside, "another's").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let made = |outcome| outcome == Outcome::Made(0);
    let denied = |outcome| outcome == Outcome::Made(EACCES);
    let computed = |what: &str, expected: fn(Outcome) -> bool| expect("computed", own.path(), what, expected);
    let tries = [
        computed(&word("ring-open", &inside), made),
        // Landlock holds for a ring's operations as for calls.
        computed(&word("ring-open", &outside), denied),
        computed(&word("ring-open", Path::new("/dev/tpmrm0")), |outcome| outcome != Outcome::Made(0)),
        computed(&format!("ring-connect {port}"), denied),
        // The list does not: by a call this would kill. Landlock knows no UDP; what the box's network lets out, a taken-over
        // service can send.
        computed("ring-udp-socket", made),
    ];
    tries.into_iter().flatten().collect()
}

pub(crate) fn attempt(what: &str) -> Option<i32> {
    let (word, rest) = what.split_once(' ').unwrap_or((what, ""));
    let result = match word {
        "ring-open" => {
            let path = CString::new(rest).unwrap();
            run(&opcode::OpenAt::new(Fd(libc::AT_FDCWD), path.as_ptr()).flags(libc::O_RDONLY).build())
        }
        "ring-connect" => {
            let socket = run(&opcode::Socket::new(libc::AF_INET, libc::SOCK_STREAM, 0).build());
            assert!(socket >= 0, "the socket itself: {socket}");
            let to = SockaddrIn::new(127, 0, 0, 1, rest.parse().unwrap());
            run(&opcode::Connect::new(Fd(socket), to.as_ptr(), to.len()).build())
        }
        "ring-udp-socket" => run(&opcode::Socket::new(libc::AF_INET, libc::SOCK_DGRAM, 0).build()),
        _ => return None,
    };
    Some(if result < 0 { -result } else { 0 })
}

/// What the operation gave.
fn run(entry: &Entry) -> i32 {
    let mut ring = IoUring::new(2).unwrap();
    // SAFETY: what the operation points to lives until it is complete, which is awaited here.
    #[expect(unsafe_code, reason = "the crate's way to hand an operation over")]
    unsafe {
        ring.submission().push(entry).unwrap();
    }
    ring.submit_and_wait(1).unwrap();
    ring.completion().next().unwrap().result()
}
