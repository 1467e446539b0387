//! What this processor can multiply with.

use crate::functions::Functions;
use crate::{entry_points, portable};

/// A unit that was found in this processor: only this module makes one.
#[derive(Clone, Copy)]
pub struct Unit {
    name: &'static str,
    pub(crate) functions: &'static Functions,
}

impl Unit {
    /// curve25519-dalek, on the scalar multiplier, which every processor has.
    pub fn portable() -> Unit {
        Unit { name: "portable", functions: &portable::FUNCTIONS }
    }

    /// What this processor has, the portable one first.
    pub fn all() -> Vec<Unit> {
        let mut units = vec![Unit::portable()];
        if is_x86_feature_detected!("avx2") {
            units.push(Unit { name: "avx2", functions: &entry_points::avx2::FUNCTIONS });
        }
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma") {
            units.push(Unit { name: "avx512ifma", functions: &entry_points::ifma::FUNCTIONS });
        }
        units
    }

    /// "portable", "avx2" or "avx512ifma".
    pub fn name(self) -> &'static str {
        self.name
    }

    /// Points that are worked on at once.
    pub fn lanes(self) -> usize {
        self.functions.lanes
    }
}

impl std::fmt::Debug for Unit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}
