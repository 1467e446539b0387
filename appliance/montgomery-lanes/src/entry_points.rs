//! The functions of one vector unit, compiled for its instructions.

/// Makes the table [`crate::unit::Functions`] for a vector unit. Each function may be called only on a processor that has
/// `$features`; [`crate::Unit`] is the proof, and the only holder of such a table.
#[macro_export]
#[doc(hidden)]
macro_rules! entry_points {
    ($vector:ty, $strip:expr, $features:literal) => {
        pub(crate) const FUNCTIONS: $crate::unit::Functions = $crate::unit::Functions {
            lanes: <$vector as Vector>::LANES,
            radix: <$vector as Vector>::RADIX,
            strip: $strip,
            multiply,
            square,
            select,
            look_up,
            gather,
            scatter,
        };

        #[target_feature(enable = $features)]
        unsafe fn multiply(m: &$crate::unit::Raw, a: *mut u64, b: *const u64, t: *mut u64) {
            // SAFETY: the caller's, see `Functions`.
            unsafe {
                product_columns(a.cast(), b.cast(), m.digits, t.cast());
                kernel::reduce::<$vector, $strip>(t.cast(), m.n, m.n0, m.digits, a.cast());
            }
        }

        #[target_feature(enable = $features)]
        unsafe fn square(m: &$crate::unit::Raw, a: *mut u64, t: *mut u64) {
            // SAFETY: the caller's, see `Functions`.
            unsafe {
                square_columns(a.cast(), m.digits, t.cast());
                kernel::reduce::<$vector, $strip>(t.cast(), m.n, m.n0, m.digits, a.cast());
            }
        }

        #[target_feature(enable = $features)]
        unsafe fn select(table: *const u64, entries: usize, registers: usize, index: *const u64, out: *mut u64) {
            // SAFETY: the caller's, see `Functions`.
            unsafe { kernel::select::<$vector>(table.cast(), entries, registers, index.cast(), out.cast()) }
        }

        #[target_feature(enable = $features)]
        unsafe fn look_up(row: *const u64, entries: usize, digits: usize, index: [*const u64; 2], out: [*mut u64; 2]) {
            // SAFETY: the caller's, see `Functions`.
            unsafe {
                let index = [<$vector>::load(index[0].cast()), <$vector>::load(index[1].cast())];
                <$vector as Vector>::look_up(row, entries, digits, index, [out[0].cast(), out[1].cast()]);
            }
        }

        #[target_feature(enable = $features)]
        unsafe fn gather(from: &[*const u64], digits: usize, out: *mut u64) {
            // SAFETY: the caller's, see `Functions`.
            unsafe { <$vector as Vector>::gather(from, digits, out.cast()) }
        }

        #[target_feature(enable = $features)]
        unsafe fn scatter(from: *const u64, digits: usize, to: &[*mut u64]) {
            // SAFETY: the caller's, see `Functions`.
            unsafe { <$vector as Vector>::scatter(from.cast(), digits, to) }
        }
    };
}
