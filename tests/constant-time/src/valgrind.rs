//! Valgrind's client requests (its manual, section 3.1; memcheck's in section 4.7): outside of it they do nothing.

use std::arch::asm;

const RUNNING_ON_VALGRIND: u64 = 0x1001;
/// 'M', 'C', then the request's number.
const MAKE_MEM_UNDEFINED: u64 = 0x4d43_0001;
const MAKE_MEM_DEFINED: u64 = 0x4d43_0002;
const GET_VBITS: u64 = 0x4d43_0008;

pub(crate) fn is_running() -> bool {
    request([RUNNING_ON_VALGRIND, 0, 0, 0, 0, 0]) != 0
}

/// From here on memcheck reports what depends on these words.
pub(crate) fn mark_secret(words: &mut [u64]) {
    request([MAKE_MEM_UNDEFINED, words.as_mut_ptr() as u64, size_of_val(words) as u64, 0, 0, 0]);
}

/// The same of bytes at an address.
pub(crate) fn mark_bytes_secret(address: u64, bytes: u64) {
    request([MAKE_MEM_UNDEFINED, address, bytes, 0, 0, 0]);
}

/// Whether memcheck holds any of these words for secret; never outside of valgrind.
pub(crate) fn is_secret(words: &[u64]) -> bool {
    let mut bits = vec![0u64; words.len()];
    request([GET_VBITS, words.as_ptr() as u64, bits.as_mut_ptr() as u64, size_of_val(words) as u64, 0, 0]);
    bits.iter().any(|bits| *bits != 0)
}

pub(crate) fn mark_public(words: &mut [u64]) {
    request([MAKE_MEM_DEFINED, words.as_mut_ptr() as u64, size_of_val(words) as u64, 0, 0, 0]);
}

fn request(arguments: [u64; 6]) -> u64 {
    let mut answer = 0;
    // SAFETY: rotations by 128 bits in all, which leave rdi as it was, and an exchange of a register with itself; valgrind
    // takes them as a request with `arguments` and puts its answer into rdx.
    unsafe {
        asm!(
            "rol rdi, 3", "rol rdi, 13", "rol rdi, 61", "rol rdi, 51", "xchg rbx, rbx",
            in("rax") arguments.as_ptr(), inout("rdx") answer, options(nostack),
        );
    }
    std::hint::black_box(&mut answer);
    answer
}
