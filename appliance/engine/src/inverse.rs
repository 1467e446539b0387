//! Inverses, many at the price of one.

use crypto_bigint::{BoxedUint, Odd};

use crate::{EngineError, Modulus, Numbers};

/// 1/a modulo n, plain.
pub fn invert(modulus: &Modulus, a: &[u64]) -> Result<Vec<u64>, EngineError> {
    let number = |limbs: &[u64]| BoxedUint::from_words(limbs.iter().copied());
    let n = Option::<Odd<BoxedUint>>::from(number(modulus.n()).to_odd()).ok_or(EngineError::EvenModulus)?;
    let inverse = Option::<BoxedUint>::from(number(a).invert_odd_mod(&n)).ok_or(EngineError::NotInvertible)?;
    let mut limbs = inverse.to_words().to_vec();
    limbs.resize(modulus.limbs(), 0);
    Ok(limbs)
}

/// All inverses with one inversion and three multiplications each (P. Montgomery's trick). All in, and out of, plain form.
pub fn invert_all(modulus: &Modulus, numbers: &mut Numbers) -> Result<(), EngineError> {
    let (limbs, count) = (modulus.limbs(), numbers.count());
    if count == 0 {
        return Ok(());
    }
    // prefixes[i] is the product of the items before i.
    let mut prefixes = Numbers::zero(limbs, count);
    let mut product = vec![0; limbs];
    product[0] = 1;
    let mut next = vec![0; limbs];
    for i in 0..count {
        prefixes.item_mut(i).copy_from_slice(&product);
        modulus.mul(&product, numbers.item(i), &mut next);
        std::mem::swap(&mut product, &mut next);
    }
    let mut rest = invert(modulus, &product)?;
    for i in (0..count).rev() {
        modulus.mul(&rest, numbers.item(i), &mut next);
        modulus.mul(&rest, prefixes.item(i), numbers.item_mut(i));
        std::mem::swap(&mut rest, &mut next);
    }
    Ok(())
}
