//! The little arithmetic that the driver needs to check what goes in and what comes out.

/// a < b for numbers of the same width; takes the same time whatever the numbers are.
pub(crate) fn less_than(a: &[u64], b: &[u64]) -> bool {
    debug_assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(false, |borrow, (a, b)| {
        let (difference, first) = a.overflowing_sub(*b);
        first | difference.overflowing_sub(u64::from(borrow)).1
    })
}

/// Whether a number has no bit at or above `bits`.
pub(crate) fn fits(number: &[u64], bits: usize) -> bool {
    let over = number.iter().enumerate().fold(0, |over, (index, limb)| {
        let room = bits.saturating_sub(index * 64);
        over | if room >= 64 { 0 } else { limb >> room }
    });
    over == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_across_limbs() {
        assert!(less_than(&[5, 0], &[0, 1]));
        assert!(!less_than(&[0, 1], &[5, 0]));
        assert!(!less_than(&[7, 7], &[7, 7]));
        assert!(less_than(&[6, 7], &[7, 7]));
        assert!(less_than(&[u64::MAX, 0], &[0, 1]));
    }

    #[test]
    fn fits_counts_bits() {
        assert!(fits(&[u64::MAX, 1], 65));
        assert!(!fits(&[u64::MAX, 2], 65));
        assert!(fits(&[0, 0], 0));
        assert!(!fits(&[1], 0));
    }
}
