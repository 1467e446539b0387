//! The Jacobi symbol of public numbers.

use engine::Modulus;

use limbs::sub;

/// (a / n) for a public a below n, in time that depends on both: the binary algorithm (H. Cohen, "A Course in Computational Algebraic
/// Number Theory", 1.4.12). crypto-bigint's takes longer here than y^q, which it is to replace, takes.
pub(crate) fn jacobi(a: &[u64], n: &Modulus) -> i32 {
    let (mut a, mut n) = (a.to_vec(), n.n().to_vec());
    let mut sign = 1;
    let mut used = n.len();
    loop {
        while used > 1 && a[used - 1] == 0 && n[used - 1] == 0 {
            used -= 1;
        }
        let (a_used, n_used) = (&mut a[..used], &mut n[..used]);
        let Some(zeros) = trailing_zeros(a_used) else { break };
        // (2 / n) is -1 for n of 3 or 5 modulo 8.
        if zeros & 1 == 1 && matches!(n_used[0] & 7, 3 | 5) {
            sign = -sign;
        }
        shift_right(a_used, zeros);
        if a_used.iter().rev().lt(n_used.iter().rev()) {
            // Reciprocity: both are odd.
            if a_used[0] & n_used[0] & 3 == 3 {
                sign = -sign;
            }
            std::mem::swap(&mut a, &mut n);
        }
        sub(&mut a[..used], &n[..used]);
    }
    // a is 0, and n the greatest common divisor.
    let coprime = n[0] == 1 && n[1..used].iter().all(|limb| *limb == 0);
    if coprime { sign } else { 0 }
}

/// None for 0.
fn trailing_zeros(number: &[u64]) -> Option<usize> {
    let limb = number.iter().position(|limb| *limb != 0)?;
    Some(limb * 64 + number[limb].trailing_zeros() as usize)
}

fn shift_right(number: &mut [u64], by: usize) {
    let (limbs, bits) = (by / 64, by % 64);
    let count = number.len();
    for i in 0..count {
        let at = |i: usize| if i < count { u128::from(number[i]) } else { 0 };
        let wide = at(i + limbs + 1) << 64 | at(i + limbs);
        number[i] = (wide >> bits) as u64;
    }
}

#[cfg(test)]
mod tests {
    use crypto_bigint::{JacobiSymbol, Odd, U256, U512};
    use proptest::prelude::*;

    use super::*;

    fn expected(a: &[u64], n: &[u64]) -> i32 {
        let number = |limbs: &[u64]| {
            let mut words = [0; U512::LIMBS];
            words[..limbs.len()].copy_from_slice(limbs);
            U512::from_words(words)
        };
        match number(a).jacobi_symbol_vartime(&Odd::new(number(n)).unwrap()) {
            JacobiSymbol::Zero => 0,
            JacobiSymbol::One => 1,
            JacobiSymbol::MinusOne => -1,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn agrees_with_crypto_bigint(mut n in prop::collection::vec(any::<u64>(), 8), a in prop::collection::vec(any::<u64>(), 8), low in 0usize..8, factor: bool) {
            n[0] |= 1;
            n[7] = (n[7] | 1 << 63) >> low;
            let mut a = a;
            a[7] = 0;
            a[..low].fill(0);
            if factor {
                // Some share a factor: multiples of 3 and 5 modulo 15 times something.
                n = vec![15; 8];
            }
            let modulus = Modulus::new(&n).unwrap();
            prop_assert_eq!(jacobi(&a, &modulus), expected(&a, &n));
        }
    }

    #[test]
    fn edges() {
        let n = Modulus::new(U256::MAX.as_words()).unwrap();
        assert_eq!(jacobi(&[0; 4], &n), 0);
        assert_eq!(jacobi(&[1, 0, 0, 0], &n), 1);
        // 2^256 - 1 is 7 modulo 8 and a multiple of 3.
        assert_eq!([2, 4, 3, 6].map(|a| jacobi(&[a, 0, 0, 0], &n)), [1, 1, 0, 0]);
        assert_eq!(jacobi(&[u64::MAX - 1, u64::MAX, u64::MAX, u64::MAX], &n), -1);
    }
}
