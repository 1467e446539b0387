//! The base hs of short obfuscators, as far as it can be judged without the primes.

use engine::{Modulus, invert, read_be};

use crate::HeError;

/// Whether `hs` can obfuscate under `n`, both big-endian: it is below n^2, a unit, and modulo n none of 0, 1 and -1 (then it is none of
/// them itself). With 1 every ciphertext would be its plaintext in the clear; with -1 but for a coin's toss; with 1 + kn, which is 1
/// modulo n, whoever encrypts would add a random number to the plaintext.
///
/// What no check can prove: that hs is an n-th power (only then do ciphertexts decrypt to what was encrypted), that it has a large
/// order (only then do they hide it), and that n is the product of two large primes. Whoever has the primes sees the first, and
/// [`crate::PrivateKey::import`] does so. So an hs that came with an n must come by the same way as the n: from whom one trusts with it.
pub fn check_obfuscator(n: &[u8], hs: &[u8]) -> Result<(), HeError> {
    let mut words = vec![0; n.len().div_ceil(8)];
    read_be(n, &mut words);
    let n = Modulus::new(&words)?;
    checked_base(&n, &Modulus::square_of(n.n())?, hs).map(drop)
}

/// hs as wide as n^2.
pub(crate) fn checked_base(n: &Modulus, n_squared: &Modulus, hs: &[u8]) -> Result<Vec<u64>, HeError> {
    let mut base = vec![0; n_squared.limbs()];
    read_be(hs, &mut base);
    let cut = hs.len().saturating_sub(base.len() * 8);
    if hs[..cut].iter().any(|byte| *byte != 0) || !n_squared.contains(&base) {
        return Err(HeError::Key { what: "hs is not below n^2" });
    }
    let (mut entered, mut residue) = (vec![0; n.limbs()], vec![0; n.limbs()]);
    n.enter_wide(&base, &mut entered);
    n.leave(&entered, &mut residue);
    if invert(n, &residue).is_err() {
        return Err(HeError::Key { what: "hs is 0, or shares a factor with n" });
    }
    let mut negated = vec![0; n.limbs()];
    n.sub(&mut negated, &residue);
    let is_one = |a: &[u64]| a[0] == 1 && a[1..].iter().all(|limb| *limb == 0);
    if is_one(&residue) || is_one(&negated) {
        return Err(HeError::Key { what: "hs is 1 or -1 modulo n, which hides nothing" });
    }
    Ok(base)
}
