//! What this processor can multiply with.

use crate::functions::Functions;
use crate::{avx2, ifma_functions, peak, portable};

/// A unit that was found in this processor: only [`Unit::all`] makes one.
#[derive(Clone, Copy)]
pub struct Unit {
    name: &'static str,
    number: usize,
    pub(crate) functions: &'static Functions,
}

impl Unit {
    /// One more than the largest [`Unit::number`].
    pub const COUNT: usize = 3;

    /// The scalar multiplier, which every processor has.
    pub fn portable() -> Unit {
        Unit { name: "portable", number: 0, functions: &portable::FUNCTIONS }
    }

    /// What this processor has, the portable one first.
    pub fn all() -> Vec<Unit> {
        let mut units = vec![Unit::portable()];
        if is_x86_feature_detected!("avx2") {
            units.push(Unit { name: "avx2", number: 1, functions: &avx2::FUNCTIONS });
        }
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma") {
            units.push(Unit { name: "avx512ifma", number: 2, functions: &ifma_functions::FUNCTIONS });
        }
        units
    }

    /// "portable", "avx2" or "avx512ifma".
    pub fn name(self) -> &'static str {
        self.name
    }

    /// Small, for tables of what is kept by unit.
    pub fn number(self) -> usize {
        self.number
    }

    /// Numbers that are worked on at once.
    pub fn lanes(self) -> usize {
        self.functions.lanes
    }

    /// For `rounds` rounds does nothing but multiply and add digits, as fast as a vector unit can, and gives their number,
    /// all lanes counted: what products are measured against. `None` for the portable unit.
    pub fn multiply_adds(self, rounds: usize) -> Option<usize> {
        let mut out = [0; 8];
        // SAFETY: the unit is this processor's; `out` is as large as its largest register.
        unsafe { (self.functions.multiply_adds?)(rounds, out.as_mut_ptr()) };
        std::hint::black_box(out);
        Some(rounds * peak::EACH_ROUND * self.lanes())
    }

    /// Bits of a digit.
    pub fn radix(self) -> u32 {
        self.functions.radix
    }
}

impl std::fmt::Debug for Unit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}
