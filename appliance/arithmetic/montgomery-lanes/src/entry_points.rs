//! The functions of one vector unit, compiled for its instructions.

/// Makes the table [`crate::functions::Functions`] for a vector unit. Each function may be called only on a processor that has
/// `$features`; [`crate::Unit`] is the proof, and the only holder of such a table.
#[macro_export]
#[doc(hidden)]
macro_rules! entry_points {
    ($vector:ty, $strip:expr, $features:literal) => {
        pub(crate) const FUNCTIONS: $crate::functions::Functions = $crate::functions::Functions {
            lanes: <$vector as Vector>::LANES,
            radix: <$vector as Vector>::RADIX,
            strip: $strip,
            multiply,
            square,
            pairs: Some($crate::functions::PairFunctions {
                multiply: multiply_pairs,
                square: square_pairs,
                multiply_factored,
                add,
            }),
            select,
            look_up,
            gather,
            scatter,
            multiply_adds: Some(multiply_adds),
        };

        #[target_feature(enable = $features)]
        unsafe fn multiply_adds(rounds: usize, out: *mut u64) {
            // SAFETY: the caller's, see `Functions`.
            unsafe { $crate::peak::multiply_adds::<$vector>(rounds).store(out.cast()) }
        }

        #[target_feature(enable = $features)]
        unsafe fn multiply(m: &$crate::functions::Raw, a: *mut u64, b: *const u64, t: *mut u64) {
            // SAFETY: the caller's, see `Functions`.
            unsafe {
                product_columns(a.cast(), b.cast(), m.digits, t.cast());
                kernel::reduce::<$vector, $strip>(t.cast(), m.n, m.n0, m.digits, a.cast());
            }
        }

        #[target_feature(enable = $features)]
        unsafe fn square(m: &$crate::functions::Raw, a: *mut u64, t: *mut u64) {
            // SAFETY: the caller's, see `Functions`.
            unsafe {
                square_columns(a.cast(), m.digits, t.cast());
                kernel::reduce::<$vector, $strip>(t.cast(), m.n, m.n0, m.digits, a.cast());
            }
        }

        #[target_feature(enable = $features)]
        unsafe fn multiply_pairs(m: &$crate::functions::RawPair, a: *mut u64, b: *const u64, t: *mut u64) {
            // SAFETY: the caller's, see `PairFunctions`.
            unsafe {
                let (d, a, b, t) = (m.root.digits, a.cast::<$vector>(), b.cast::<$vector>(), t.cast::<$vector>());
                product_columns(a, b.add(d), d, t);
                product_columns(a.add(d), b, d, t.add(2 * d));
                for k in 0..2 * d {
                    <$vector>::load(t.add(k)).add(<$vector>::load(t.add(2 * d + k))).store(t.add(k));
                }
                product_columns(a, b, d, t.add(2 * d));
                finish_pair(m, a, t);
            }
        }

        #[target_feature(enable = $features)]
        unsafe fn square_pairs(m: &$crate::functions::RawPair, a: *mut u64, t: *mut u64) {
            // SAFETY: the caller's, see `PairFunctions`.
            unsafe {
                let (d, a, t) = (m.root.digits, a.cast::<$vector>(), t.cast::<$vector>());
                product_columns(a, a.add(d), d, t);
                for k in 0..2 * d {
                    let column = <$vector>::load(t.add(k));
                    column.add(column).store(t.add(k));
                }
                square_columns(a, d, t.add(2 * d));
                finish_pair(m, a, t);
            }
        }

        #[target_feature(enable = $features)]
        unsafe fn multiply_factored(
            m: &$crate::functions::RawPair,
            a: *mut u64,
            factor: *const u64,
            sums: *mut u64,
            t: *mut u64,
        ) {
            // SAFETY: the caller's, see `PairFunctions`; the second halves hold d registers.
            unsafe {
                let (d, a, factor, t) =
                    (m.root.digits, a.cast::<$vector>(), factor.cast::<$vector>(), t.cast::<$vector>());
                product_columns(a.add(d), factor, d, t);
                product_columns(a, factor, d, t.add(2 * d));
                finish_pair(m, a, t);
                let (sums, logarithm) = (sums.cast::<$vector>().add(d), factor.add(d));
                for k in 0..d {
                    <$vector>::load(sums.add(k)).add(<$vector>::load(logarithm.add(k))).store(sums.add(k));
                }
            }
        }

        /// From the columns of a0 b1 + a1 b0 at t[0..2d] and of a0 b0 at t[2d..4d] to the product's pair: see
        /// [`crate::pairs`].
        #[target_feature(enable = $features)]
        unsafe fn finish_pair(m: &$crate::functions::RawPair, out: *mut $vector, t: *mut $vector) {
            // SAFETY: the caller's.
            unsafe {
                let (d, root) = (m.root.digits, &m.root);
                let quotient = t.add(4 * d);
                kernel::reduce_with_quotient::<$vector, $strip>(t.add(2 * d), root.n, root.n0, d, out, quotient);
                for k in 0..d {
                    let rest = <$vector>::broadcast(*m.multiple.add(k)).sub(<$vector>::load(quotient.add(k)));
                    <$vector>::load(t.add(k)).add(rest).store(t.add(k));
                }
                <$vector>::load(t.add(d)).add(<$vector>::broadcast(*m.multiple.add(d))).store(t.add(d));
                kernel::reduce::<$vector, $strip>(t, root.n, root.n0, d, out.add(d));
            }
        }

        #[target_feature(enable = $features)]
        unsafe fn add(a: *mut u64, b: *const u64, digits: usize) {
            // SAFETY: the caller's, see `PairFunctions`.
            unsafe { kernel::add::<$vector>(a.cast(), b.cast(), digits) }
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
