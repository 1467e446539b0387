//! The functions of one vector unit, compiled for its instructions.

/// Makes the table [`crate::functions::Functions`] for a vector unit, in a module of the name.
macro_rules! entry_points {
    ($module:ident, $field:ty, $features:literal) => {
        pub(crate) mod $module {
            use crate::batch;
            use crate::field::Field;
            use crate::functions::Functions;

            pub(crate) const FUNCTIONS: Functions =
                Functions { lanes: <$field as Field>::LANES, x25519, multiply, hash };

            #[target_feature(enable = $features)]
            unsafe fn x25519(scalar: &[u8; 32], us: &[[u8; 32]], out: &mut [[u8; 32]]) {
                // SAFETY: the caller's, see `Functions`.
                unsafe { batch::x25519::<$field>(scalar, us, out) }
            }

            #[target_feature(enable = $features)]
            unsafe fn multiply(half: &[u8; 32], points: &[[u8; 32]], out: &mut [[u8; 32]], valid: &mut [bool]) {
                // SAFETY: the caller's, see `Functions`.
                unsafe { batch::multiply::<$field>(half, points, out, valid) }
            }

            #[target_feature(enable = $features)]
            unsafe fn hash(half: &[u8; 32], uniform: &[[u8; 64]], out: &mut [[u8; 32]]) {
                // SAFETY: the caller's, see `Functions`.
                unsafe { batch::hash::<$field>(half, uniform, out) }
            }
        }
    };
}

entry_points!(ifma, crate::ifma::Ifma, "avx512f,avx512ifma");
entry_points!(avx2, crate::avx2::Avx2, "avx2");
