//! How fast the unit multiplies and adds when nothing else holds it up: the bound that products are measured against.

use std::hint::black_box;

use crate::vector::Vector;

/// Accumulators: enough to hide the instruction's latency, few enough for the registers.
const CHAINS: usize = 16;
/// Multiply-adds of a round, for each lane.
pub(crate) const EACH_ROUND: usize = 2 * CHAINS;

/// `rounds` times two multiply-adds on each accumulator. Returns something that depends on all of them.
///
/// # Safety
/// As for [`Vector`].
#[inline(always)]
pub(crate) unsafe fn multiply_adds<V: Vector>(rounds: usize) -> V {
    // SAFETY: the caller's.
    unsafe {
        // What the compiler knew, it would compute itself: one chain of all, or sums instead of products.
        let (a, b) = (V::broadcast(black_box(0x3_1415_9265)), V::broadcast(black_box(0x2_7182_8182)));
        let mut sums = [V::zero(); CHAINS];
        for (start, sum) in (0..).zip(&mut sums) {
            *sum = V::broadcast(black_box(start));
        }
        for _ in 0..rounds {
            for sum in &mut sums {
                *sum = sum.add_low(a, b);
            }
            for sum in &mut sums {
                *sum = sum.add_high(a, b);
            }
        }
        sums.into_iter().reduce(|x, y| x.add(y)).unwrap_or(V::zero())
    }
}
