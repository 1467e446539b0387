//! The inner loops, the same for every vector unit.
//!
//! A product's columns are summed in 64 bits a lane without carries, strip by strip: `S` digits of one factor stay in
//! registers while the other factor streams by (operand caching; Hutter and Wenger, CHES 2011, do the same on a scalar
//! machine). The reduction is Montgomery's, `S` digits at a time. `S` is at most 10; what must end up in registers is
//! unrolled by `seq!`. No branch and no address depends on a digit.

#![allow(
    clippy::absurd_extreme_comparisons,
    clippy::eq_op,
    clippy::identity_op,
    clippy::impossible_comparisons,
    clippy::needless_range_loop,
    clippy::overly_complex_bool_expr,
    reason = "`seq!` repeats expressions with every number, 0 and 1 among them"
)]

use seq_macro::seq;

use crate::vector::Vector;

/// t[0..2d] = a * b, in columns.
///
/// # Safety
/// As for [`Vector`]; `a` and `b` hold `d` registers, `t` holds 2d and overlaps neither; `d` is a multiple of `S`, `S` at
/// most 10.
#[inline(always)]
pub(crate) unsafe fn product<V: Vector, const S: usize>(a: *const V, b: *const V, d: usize, t: *mut V) {
    // SAFETY: strip i reads a[i..i+S], b[0..d] and writes t[i..i+d+S], all within the bounds above.
    unsafe {
        for i in (0..d).step_by(S) {
            let strip = load_strip::<V, S>(a.add(i));
            let mut sums = [V::zero(); S];
            let to = t.add(i);
            if i == 0 {
                for j in 0..d {
                    step(&mut sums, &strip, V::load(b.add(j))).store(to.add(j));
                }
            } else {
                for j in 0..d {
                    let sum = step(&mut sums, &strip, V::load(b.add(j)));
                    V::load(to.add(j)).add(sum).store(to.add(j));
                }
            }
            for (k, sum) in sums.into_iter().enumerate() {
                sum.store(to.add(d + k));
            }
        }
    }
}

/// t[0..2d] = a * a, in columns: every pair of different digits once, doubled, and the squares of the digits.
///
/// # Safety
/// As for [`product`].
#[inline(always)]
pub(crate) unsafe fn square<V: Vector, const S: usize>(a: *const V, d: usize, t: *mut V) {
    // SAFETY: as for `product`.
    unsafe {
        for i in 0..d {
            let digit = V::load(a.add(i));
            V::zero().add_low(digit, digit).store(t.add(2 * i));
            V::zero().add_high(digit, digit).store(t.add(2 * i + 1));
        }
        for i in (0..d).step_by(S) {
            let strip = load_strip::<V, S>(a.add(i));
            let mut sums = [V::zero(); S];
            let to = t.add(2 * i);
            // Within the strip: digit M times those before it.
            seq!(M in 1..10 {
                if M < S {
                    seq!(K in 0..9 {
                        if K < M {
                            sums[K] = sums[K].add_low(strip[K], strip[M]);
                        }
                    });
                    add_twice(to.add(M), sums[0]);
                    seq!(K in 0..9 {
                        if K < M {
                            sums[K] = sums[K + 1].add_high(strip[K], strip[M]);
                        } else if K + 1 < S {
                            sums[K] = sums[K + 1];
                        }
                    });
                    sums[S - 1] = V::zero();
                }
            });
            for j in S..d - i {
                let sum = step(&mut sums, &strip, V::load(a.add(i + j)));
                add_twice(to.add(j), sum);
            }
            for (k, sum) in sums.into_iter().enumerate() {
                add_twice(to.add(d - i + k), sum);
            }
        }
    }
}

/// out = t / 2^(RADIX * d) modulo n, by Montgomery's reduction; out is below t / 2^(RADIX * d) + n.
///
/// # Safety
/// As for [`product`]; `n` holds `d` digits, `out` `d` registers. `t` is left in disorder.
#[inline(always)]
pub(crate) unsafe fn reduce<V: Vector, const S: usize>(t: *mut V, n: *const u64, n0: u64, d: usize, out: *mut V) {
    // SAFETY: strip i reads and writes t[i..i+d+S], and d + S <= 2d - i for each.
    unsafe {
        let n0 = V::broadcast(n0);
        for i in (0..d).step_by(S) {
            reduce_strip::<V, S>(t.add(i), n, n0, d);
        }
        normalize(t.add(d), d, out);
    }
}

/// The same; `quotient` becomes the d digits of q in t + q n = out * 2^(RADIX * d).
///
/// # Safety
/// As for [`reduce`]; `quotient` holds `d` registers and overlaps nothing.
#[inline(always)]
pub(crate) unsafe fn reduce_with_quotient<V: Vector, const S: usize>(
    t: *mut V,
    n: *const u64,
    n0: u64,
    d: usize,
    out: *mut V,
    quotient: *mut V,
) {
    // SAFETY: as in `reduce`.
    unsafe {
        let n0 = V::broadcast(n0);
        for i in (0..d).step_by(S) {
            let quotients = reduce_strip::<V, S>(t.add(i), n, n0, d);
            for (k, q) in quotients.into_iter().enumerate() {
                q.store(quotient.add(i + k));
            }
        }
        normalize(t.add(d), d, out);
    }
}

/// a = a + b, with carries.
///
/// # Safety
/// As for [`Vector`]; both hold `d` registers.
#[inline(always)]
pub(crate) unsafe fn add<V: Vector>(a: *mut V, b: *const V, d: usize) {
    // SAFETY: the bounds above.
    unsafe {
        let mut carry = V::zero();
        for j in 0..d {
            let sum = V::load(a.add(j)).add(V::load(b.add(j))).add(carry);
            sum.digit().store(a.add(j));
            carry = sum.carry();
        }
    }
}

/// out = the number whose columns are at `t`.
///
/// # Safety
/// As for [`Vector`]; `t` and `out` hold `d` registers.
#[inline(always)]
pub(crate) unsafe fn normalize<V: Vector>(t: *const V, d: usize, out: *mut V) {
    // SAFETY: the bounds above.
    unsafe {
        let mut carry = V::zero();
        for j in 0..d {
            let sum = V::load(t.add(j)).add(carry);
            sum.digit().store(out.add(j));
            carry = sum.carry();
        }
    }
}

/// out = the entry of `table` at `index`, each lane its own, reading every entry; an entry is `registers` registers.
///
/// # Safety
/// As for [`Vector`]; `table` holds `entries` entries, `index` one register.
#[inline(always)]
pub(crate) unsafe fn select<V: Vector>(
    table: *const V,
    entries: usize,
    registers: usize,
    index: *const V,
    out: *mut V,
) {
    /// Registers that are selected together, so that one comparison of the index serves them all.
    const TOGETHER: usize = 10;
    // SAFETY: the bounds above.
    unsafe {
        let index = V::load(index);
        for first in (0..registers).step_by(TOGETHER) {
            let together = TOGETHER.min(registers - first);
            let mut found = [V::zero(); TOGETHER];
            for k in 0..entries {
                let entry = table.add(k * registers + first);
                let here = V::broadcast(k as u64);
                for (j, found) in found.iter_mut().enumerate().take(together) {
                    *found = V::load(entry.add(j)).where_equal(*found, index, here);
                }
            }
            for (j, found) in found.into_iter().enumerate().take(together) {
                found.store(out.add(first + j));
            }
        }
    }
}

/// Makes S digits vanish by adding a multiple of n; the digits of the multiple.
#[inline(always)]
unsafe fn reduce_strip<V: Vector, const S: usize>(t: *mut V, n: *const u64, n0: V, d: usize) -> [V; S] {
    // SAFETY: the bounds of `reduce`.
    unsafe {
        let mut columns = load_strip::<V, S>(t);
        let mut quotients = [V::zero(); S];
        let mut carry = V::zero();
        seq!(K in 0..10 {
            if K < S {
                let column = columns[K].add(carry);
                let q = column.low_digit_of_product(n0);
                quotients[K] = q;
                carry = column.add_low(q, V::broadcast(*n)).carry();
                // The next column's parts first: it is what the next quotient waits for.
                seq!(M in 1..10 {
                    if K + M < S {
                        columns[K + M] = columns[K + M].add_low(q, V::broadcast(*n.add(M)));
                        columns[K + M] = columns[K + M].add_high(q, V::broadcast(*n.add(M - 1)));
                    }
                });
            }
        });
        // The rest of the first S digits of n, which reaches into the columns above.
        let mut sums = [V::zero(); S];
        sums[0] = carry;
        seq!(J in 0..10 {
            if J < S {
                let digit = V::broadcast(*n.add(J));
                seq!(K in 0..10 {
                    if K < S && J + K >= S {
                        sums[J + K - S] = sums[J + K - S].add_low(quotients[K], digit);
                    }
                });
                seq!(K in 0..10 {
                    if K < S && J + K + 1 >= S {
                        sums[J + K + 1 - S] = sums[J + K + 1 - S].add_high(quotients[K], digit);
                    }
                });
            }
        });
        for j in S..d {
            let sum = step(&mut sums, &quotients, V::broadcast(*n.add(j)));
            V::load(t.add(j)).add(sum).store(t.add(j));
        }
        for (k, sum) in sums.into_iter().enumerate() {
            V::load(t.add(d + k)).add(sum).store(t.add(d + k));
        }
        quotients
    }
}

/// Adds strip * digit to the columns in `sums`, takes out the lowest, which is complete, and moves on by one column.
#[inline(always)]
unsafe fn step<V: Vector, const S: usize>(sums: &mut [V; S], strip: &[V; S], digit: V) -> V {
    // SAFETY: as for `Vector`.
    unsafe {
        seq!(K in 0..10 {
            if K < S {
                sums[K] = sums[K].add_low(strip[K], digit);
            }
        });
        let complete = sums[0];
        seq!(K in 0..9 {
            if K + 1 < S {
                sums[K] = sums[K + 1].add_high(strip[K], digit);
            }
        });
        sums[S - 1] = V::zero().add_high(strip[S - 1], digit);
        complete
    }
}

#[inline(always)]
unsafe fn load_strip<V: Vector, const S: usize>(from: *const V) -> [V; S] {
    // SAFETY: the caller's `from` holds S registers.
    unsafe {
        let mut strip = [V::zero(); S];
        for (k, digit) in strip.iter_mut().enumerate() {
            *digit = V::load(from.add(k));
        }
        strip
    }
}

#[inline(always)]
unsafe fn add_twice<V: Vector>(to: *mut V, sum: V) {
    // SAFETY: the caller's `to` holds a register.
    unsafe { V::load(to).add(sum).add(sum).store(to) }
}
