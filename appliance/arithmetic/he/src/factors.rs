//! The two primes of an n: what keys of both schemes ask of them.

use crypto_bigint::BoxedUint;
use engine::Modulus;
use secrets::Secret;
use zeroize::Zeroizing;

use crate::HeError;
use crate::batch::modulus_from_be;
use crate::primes::is_prime;
use limbs::mul_wide;

const CLOSE: &str = "the primes are close to each other, or the same";

/// The primes, if they are n's, of half its bits, and two. In constant time.
pub(crate) fn primes_of(n: &Modulus, p: &Secret, q: &Secret) -> Result<[Modulus; 2], HeError> {
    let (p, q) = (modulus_from_be(p.expose())?, modulus_from_be(q.expose())?);
    let mut product = Zeroizing::new(vec![0; p.limbs() + q.limbs()]);
    mul_wide(p.n(), q.n(), &mut product);
    let (low, high) = product.split_at(n.limbs().min(product.len()));
    let rest = high.iter().fold(0, |any, limb| any | limb);
    // secret: whether p times q is the public n.
    if low != n.n() || rest != 0 {
        return Err(HeError::Key { what: "the primes are not those of n" });
    }
    if p.bits() != q.bits() {
        return Err(HeError::Key { what: "the primes differ in length" });
    }
    if p.same(&q) {
        return Err(HeError::Key { what: CLOSE });
    }
    Ok([p, q])
}

/// Of factors that somebody else chose: whether both are prime, and not close to each other. Takes seconds.
pub(crate) fn check_factors(p: &Secret, q: &Secret) -> Result<(), HeError> {
    let number = |prime: &Secret| Zeroizing::new(BoxedUint::from_be_slice_vartime(prime.expose()));
    if !far_apart(&number(p), &number(q)) {
        return Err(HeError::Key { what: CLOSE });
    }
    match is_prime(p.expose()) && is_prime(q.expose()) {
        true => Ok(()),
        false => Err(HeError::Key { what: "a factor of n is not prime" }),
    }
}

/// |p - q| >= 2^(bits - 100) for primes of `bits` bits (FIPS 186-5, A.1.3, step 5.4): closer ones are found by Fermat's method.
pub(crate) fn far_apart(p: &BoxedUint, q: &BoxedUint) -> bool {
    // secret, with what it calls: which is the larger, when a key is made or taken in, and by how many bits: the bounds say as much.
    let (larger, smaller) = if p > q { (p, q) } else { (q, p) };
    // secret: the same.
    let difference = Zeroizing::new(larger.wrapping_sub(smaller));
    // secret: the same.
    difference.bit_width() > p.bit_width().max(q.bit_width()).saturating_sub(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_primes_are_found() {
        let p = BoxedUint::one_with_precision(1024).shl(1023);
        let near = p.wrapping_add(BoxedUint::one_with_precision(1024).shl(923));
        let far = p.wrapping_add(BoxedUint::one_with_precision(1024).shl(924));
        assert!(!far_apart(&p, &p) && !far_apart(&p, &near) && !far_apart(&near, &p));
        assert!(far_apart(&p, &far) && far_apart(&far, &p));
    }
}
