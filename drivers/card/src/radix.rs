//! What a card needs of its host for Montgomery arithmetic: R^2 mod N.

use card_csr::radix_bits;
use crypto_bigint::{BoxedUint, NonZero};
use zeroize::{Zeroize, Zeroizing};

/// R^2 mod N, as wide as N, for the radix of a card with this multiplier digit. In constant time: N may be a secret factor.
/// None for N = 0.
pub(crate) fn r_squared(modulus: &[u64], multiplier_digit: u32) -> Option<Zeroizing<Vec<u64>>> {
    let exponent = 2 * radix_bits(multiplier_digit, modulus.len() as u32);
    let power = BoxedUint::one_with_precision(exponent + 1).shl(exponent);
    let n: NonZero<BoxedUint> = NonZero::new(BoxedUint::from_words(modulus.iter().copied())).into_option()?;
    // The quotient tells N as well as N itself does.
    let (mut quotient, mut rest) = power.div_rem(&n);
    let result = Zeroizing::new(rest.as_words().to_vec());
    quotient.zeroize();
    rest.zeroize();
    n.get().zeroize();
    Some(result)
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;

    use super::*;

    #[test]
    fn agrees_with_the_committed_vectors() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fpga/vectors/arithmetic.json");
        let groups: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        for group in &groups {
            let number =
                |value: &serde_json::Value| BigUint::parse_bytes(value.as_str().unwrap().as_bytes(), 16).unwrap();
            let mut n = number(&group["modulus"]).to_u64_digits();
            n.resize(group["bits"].as_u64().unwrap() as usize / 64, 0);
            for (digit, expected) in group["r_squared"].as_object().unwrap() {
                let found = r_squared(&n, digit.parse().unwrap()).unwrap();
                let bytes: Vec<u8> = found.iter().flat_map(|limb| limb.to_le_bytes()).collect();
                assert_eq!(BigUint::from_bytes_le(&bytes), number(expected), "{} bits, digit {digit}", group["bits"]);
            }
        }
        assert!(r_squared(&[0, 0], 17).is_none());
    }
}
