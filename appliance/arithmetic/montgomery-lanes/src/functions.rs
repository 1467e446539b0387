//! The table of functions that each unit fills in: what the rest of the crate calls, whatever the processor.

/// A modulus as the functions see it.
pub(crate) struct Raw {
    pub(crate) digits: usize,
    /// `digits` digits.
    pub(crate) n: *const u64,
    /// -1/n modulo 2^radix.
    pub(crate) n0: u64,
}

/// The square of a modulus, for numbers a + b n kept as pairs (a, b): see [`crate::pairs`].
pub(crate) struct RawPair {
    pub(crate) root: Raw,
    /// One more digit than n's: a multiple of n that is 2^(radix * digits) at least, with digits of 2^radix - 1 at least, but
    /// for the top one.
    pub(crate) multiple: *const u64,
}

/// What a unit does with pairs: groups of twice the root's digits, a scratch of six times a group.
pub(crate) struct PairFunctions {
    /// a = a * b / R
    pub(crate) multiply: unsafe fn(m: &RawPair, a: *mut u64, b: *const u64, t: *mut u64),
    /// a = a * a / R
    pub(crate) square: unsafe fn(m: &RawPair, a: *mut u64, t: *mut u64),
    /// a = a * r / R and sums = sums + l, digit by digit, for the factored number (r, l): see [`crate::factored`].
    pub(crate) multiply_factored: unsafe fn(m: &RawPair, a: *mut u64, factor: *const u64, sums: *mut u64, t: *mut u64),
    /// a = a + b, both of `digits` registers; digits of b may be sums.
    pub(crate) add: unsafe fn(a: *mut u64, b: *const u64, digits: usize),
}

/// What a unit does. Pointers named `a`, `b` and `out` are to groups of a modulus with `digits` digits, `t` to a scratch of
/// six times a group. Calling one is sound on a processor that has the unit, with pointers to that much memory.
pub(crate) struct Functions {
    pub(crate) lanes: usize,
    pub(crate) radix: u32,
    /// A modulus's digits are a multiple of this.
    pub(crate) strip: usize,
    /// a = a * b / R
    pub(crate) multiply: unsafe fn(m: &Raw, a: *mut u64, b: *const u64, t: *mut u64),
    /// a = a * a / R
    pub(crate) square: unsafe fn(m: &Raw, a: *mut u64, t: *mut u64),
    /// For moduli that are squares; not for the scalar multiplier, whose columns have no room.
    pub(crate) pairs: Option<PairFunctions>,
    /// See [`crate::kernel::select`].
    pub(crate) select: unsafe fn(table: *const u64, entries: usize, registers: usize, index: *const u64, out: *mut u64),
    /// See [`crate::vector::Vector::look_up`], for two groups.
    pub(crate) look_up:
        unsafe fn(row: *const u64, entries: usize, digits: usize, index: [*const u64; 2], out: [*mut u64; 2]),
    /// See [`crate::vector::Vector::gather`].
    pub(crate) gather: unsafe fn(from: &[*const u64], digits: usize, out: *mut u64),
    /// See [`crate::vector::Vector::scatter`].
    pub(crate) scatter: unsafe fn(from: *const u64, digits: usize, to: &[*mut u64]),
    /// See [`crate::peak`]; `out` has room for a register.
    pub(crate) multiply_adds: Option<unsafe fn(rounds: usize, out: *mut u64)>,
}
