//! What the kernel draws, as a secret: obfuscators, blinding factors, candidates for primes. The operations draw it themselves, so this
//! program stands in front of the C library's `getrandom`, which the crate getrandom looks up by its name.

use std::ffi::{c_uint, c_void};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::valgrind;

static SECRET: AtomicBool = AtomicBool::new(false);

/// Runs something; what it draws is secret.
pub(crate) fn secretly<T>(run: impl FnOnce() -> T) -> T {
    SECRET.store(true, Ordering::Relaxed);
    let result = run();
    SECRET.store(false, Ordering::Relaxed);
    result
}

/// Whether this program's function is the one that is found: it marks what it draws.
pub(crate) fn is_in_front() -> bool {
    secretly(|| {
        let mut drawn = [getrandom::u64().unwrap_or_default()];
        let marked = valgrind::is_secret(&drawn);
        valgrind::mark_public(&mut drawn);
        marked
    })
}

/// getrandom(2).
///
/// # Safety
/// `buffer` is writable for `length` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn getrandom(buffer: *mut c_void, length: usize, flags: c_uint) -> isize {
    // SAFETY: the system call writes no more than `length` bytes to `buffer`, which the caller says is writable.
    let drawn = unsafe { libc::syscall(libc::SYS_getrandom, buffer, length, flags) } as isize;
    if SECRET.load(Ordering::Relaxed) && drawn > 0 {
        valgrind::mark_bytes_secret(buffer as u64, drawn as u64);
    }
    drawn
}

/// Keeps the function, which nobody in this program calls by its name.
#[used]
static KEPT: unsafe extern "C" fn(*mut c_void, usize, c_uint) -> isize = getrandom;
