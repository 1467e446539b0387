//! The functions of AVX-512 with IFMA, whose products are Karatsuba's.

use crate::ifma::{Ifma, STRIP};
use crate::karatsuba::{product_columns, square_columns};
use crate::kernel;
use crate::vector::Vector;

crate::entry_points!(Ifma, STRIP, "avx512f,avx512ifma");
