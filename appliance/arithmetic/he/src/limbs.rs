//! Arithmetic on plain integers that the engine's modular kind does not cover. No branch depends on a value.

/// out = a * b; out is as wide as both together.
pub(crate) fn mul_wide(a: &[u64], b: &[u64], out: &mut [u64]) {
    out.fill(0);
    for (i, x) in a.iter().enumerate() {
        let mut carry = 0;
        for (y, out) in b.iter().zip(&mut out[i..]) {
            (*out, carry) = mul_add(*out, *x, *y, carry);
        }
        if let Some(out) = out.get_mut(i + b.len()) {
            *out = carry;
        }
    }
}

/// out = a * b modulo 2^(64 * out.len()).
pub(crate) fn mul_low(a: &[u64], b: &[u64], out: &mut [u64]) {
    out.fill(0);
    let limbs = out.len();
    for (i, x) in a.iter().enumerate().take(limbs) {
        let mut carry = 0;
        for (y, out) in b.iter().zip(&mut out[i..]) {
            (*out, carry) = mul_add(*out, *x, *y, carry);
        }
    }
}

/// a = a + b, b no wider; the carry out.
pub(crate) fn add(a: &mut [u64], b: &[u64]) -> u64 {
    let mut carry = 0;
    for (i, a) in a.iter_mut().enumerate() {
        let sum = u128::from(*a) + u128::from(b.get(i).copied().unwrap_or(0)) + u128::from(carry);
        (*a, carry) = (sum as u64, (sum >> 64) as u64);
    }
    carry
}

/// a = a - b, b no wider; the borrow out.
pub(crate) fn sub(a: &mut [u64], b: &[u64]) -> u64 {
    let mut borrow = 0;
    for (i, a) in a.iter_mut().enumerate() {
        let b = u128::from(b.get(i).copied().unwrap_or(0));
        let wide = u128::from(*a).wrapping_sub(b).wrapping_sub(u128::from(borrow));
        (*a, borrow) = (wide as u64, (wide >> 64) as u64 & 1);
    }
    borrow
}

/// a = -a if `negate` is 1, a if it is 0.
pub(crate) fn negate_if(a: &mut [u64], negate: u64) {
    let (mask, mut carry) = (0u64.wrapping_sub(negate), negate);
    for limb in a {
        let (sum, over) = (*limb ^ mask).overflowing_add(carry);
        (*limb, carry) = (sum, u64::from(over));
    }
}

/// Whether a < b, as 1 or 0; of one width.
pub(crate) fn less(a: &[u64], b: &[u64]) -> u64 {
    a.iter().zip(b).fold(0, |borrow, (a, b)| {
        let wide = u128::from(*a).wrapping_sub(u128::from(*b)).wrapping_sub(u128::from(borrow));
        (wide >> 64) as u64 & 1
    })
}

fn mul_add(t: u64, a: u64, b: u64, c: u64) -> (u64, u64) {
    let wide = u128::from(a).wrapping_mul(u128::from(b)).wrapping_add(u128::from(t)).wrapping_add(u128::from(c));
    (wide as u64, (wide >> 64) as u64)
}
