//! What the kernels ask of a vector unit.

/// One register: the same digit of [`Vector::LANES`] numbers. Digits are [`Vector::RADIX`] bits wide; a register that sums
/// products ("a column") holds 64 bits a lane.
///
/// # Safety
/// Every method may be called only where the processor has the implementor's instructions, and in a function that is
/// compiled for them (`#[target_feature]`): all are inlined there. Pointers need no alignment beyond a register's.
pub(crate) unsafe trait Vector: Copy {
    const LANES: usize;
    const RADIX: u32;

    unsafe fn zero() -> Self;
    unsafe fn broadcast(digit: u64) -> Self;
    unsafe fn load(from: *const Self) -> Self;
    unsafe fn store(self, to: *mut Self);
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn sub(self, other: Self) -> Self;
    /// `self` in the lanes where a == b, `other` in the rest.
    unsafe fn where_equal(self, other: Self, a: Self, b: Self) -> Self;
    /// A column plus the part of a * b that belongs to it: the digit, or the whole product where that fits.
    unsafe fn add_low(self, a: Self, b: Self) -> Self;
    /// The next column plus the rest of a * b, if any.
    unsafe fn add_high(self, a: Self, b: Self) -> Self;
    /// column * factor modulo 2^RADIX.
    unsafe fn low_digit_of_product(self, factor: Self) -> Self;
    /// column modulo 2^RADIX.
    unsafe fn digit(self) -> Self;
    /// column / 2^RADIX, rounded down.
    unsafe fn carry(self) -> Self;
    /// Rows to lanes: `out`'s register j gets in lane l the digit `from[l][j]`. `digits` is a multiple of LANES, and
    /// `from` has LANES pointers.
    unsafe fn gather(from: &[*const u64], digits: usize, out: *mut Self);
    /// Lanes to rows: the reverse of [`Vector::gather`].
    unsafe fn scatter(from: *const Self, digits: usize, to: &[*mut u64]);
    /// From a table row of `digits` times `entries` digits (all entries' first digits, then all second ones, ...) the entry
    /// at `index`, each lane its own below `entries`, reading everything; for each of the `G` indices. `entries` is a
    /// power of two from 16 to 256.
    unsafe fn look_up<const G: usize>(
        row: *const u64,
        entries: usize,
        digits: usize,
        index: [Self; G],
        out: [*mut Self; G],
    );
}
