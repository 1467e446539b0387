//! Keys that are right, and keys that must be refused; the raw operation on the edges.

use engine::unattended;
use he::HeError;
use he::rsa::{PUBLIC_EXPONENT, PrivateKey, PublicKey, generate};
use num_bigint::BigUint;

use crate::support::{engine, key, row, secret};

#[test]
fn a_made_key_is_right() {
    let pair = generate(2048).unwrap();
    let public = PublicKey::new(&pair.n, PUBLIC_EXPONENT).unwrap();
    let private = PrivateKey::import(&public, &pair.p, &pair.q).unwrap();
    assert_eq!(public.bits(), 2048);
    let messages: [&[u8]; 4] = [b"", b"1", &[0; 32], &vec![7; public.oaep_capacity()]];
    let ciphertexts = public.oaep_encrypt(&engine(), &messages, b"label", &unattended).unwrap();
    let found = private.oaep_decrypt(&engine(), &public, &ciphertexts, b"label", &unattended).unwrap();
    assert!(found.iter().map(|m| m.expose()).eq(messages));
    let wrong = private.oaep_decrypt(&engine(), &public, &ciphertexts, b"lab", &unattended);
    assert!(matches!(wrong, Err(HeError::Decryption { index: 0 })));
    let too_long: &[u8] = &vec![7; public.oaep_capacity() + 1];
    let refused = public.oaep_encrypt(&engine(), &[b"", too_long], b"", &unattended);
    assert!(matches!(refused, Err(HeError::MessageLength { index: 1, most: 190 })));
}

#[test]
fn raw_agrees_with_num_bigint_on_the_edges() {
    for bits in [2048, 3072, 4096] {
        let key = key(bits);
        let one = BigUint::from(1u8);
        let values =
            [BigUint::ZERO, one.clone(), BigUint::from(2u8), &key.n - &one, key.p.clone(), &key.q * 3u8, &key.n >> 1];
        let matrix: Vec<u8> = values.iter().flat_map(|x| row(x, bits / 8)).collect();
        let powers = key.public.raw(&engine(), &matrix, &unattended).unwrap();
        let roots = key.private.raw(&engine(), &key.public, &matrix, &unattended).unwrap();
        for (i, x) in values.iter().enumerate() {
            assert_eq!(BigUint::from_bytes_be(&powers[i * bits / 8..][..bits / 8]), x.modpow(&key.e, &key.n));
            assert_eq!(BigUint::from_bytes_be(&roots[i * bits / 8..][..bits / 8]), x.modpow(&key.d, &key.n));
        }
    }
}

#[test]
fn batches_of_none_and_numbers_too_large() {
    let key = key(2048);
    let engine = engine();
    assert!(key.public.raw(&engine, &[], &unattended).unwrap().is_empty());
    assert!(key.private.raw(&engine, &key.public, &[], &unattended).unwrap().is_empty());
    assert!(key.private.oaep_decrypt(&engine, &key.public, &[], b"", &unattended).unwrap().is_empty());
    assert!(key.private.pss_sign(&engine, &key.public, &[], &unattended).unwrap().is_empty());
    key.public.pss_verify(&engine, &[], &[], &unattended).unwrap();
    let matrix = [row(&BigUint::ZERO, 256), row(&key.n, 256)].concat();
    let large = |e| matches!(e, HeError::ElementRange { index: 1, .. });
    assert!(key.public.raw(&engine, &matrix, &unattended).is_err_and(large));
    assert!(key.private.raw(&engine, &key.public, &matrix, &unattended).is_err_and(large));
    let width = |e| matches!(e, HeError::ElementWidth { bytes: 255, needed: 256, .. });
    assert!(key.public.raw(&engine, &matrix[1..], &unattended).is_err_and(width));
}

#[test]
fn bad_public_keys() {
    let n = key(2048).n;
    for e in [0, 1, 3, 65535, 65536, 65538] {
        assert!(matches!(PublicKey::new(&n.to_bytes_be(), e), Err(HeError::Key { .. })), "{e}");
    }
    let refused = |n: &BigUint| PublicKey::new(&n.to_bytes_be(), 65537).is_err();
    assert!(refused(&(&n >> 1)) && refused(&(&n >> 1024)) && refused(&(&n << 1)) && refused(&BigUint::ZERO));
    assert!(refused(&((BigUint::from(1u8) << 4096) + 1u8)));
}

#[test]
fn bad_private_keys() {
    let key = key(2048);
    let refuse = |n: &BigUint, p: &BigUint, q: &BigUint| {
        let public = PublicKey::new(&n.to_bytes_be(), 65537).unwrap();
        match PrivateKey::import(&public, &secret(p), &secret(q)) {
            Err(HeError::Key { what }) => what,
            Err(_) => "another error",
            Ok(_) => panic!("accepted"),
        }
    };
    let own = |p: &BigUint, q: &BigUint| refuse(&(p * q), p, q);
    let (p, q) = (&key.p, &key.q);
    assert_eq!(own(p, p), "the primes are close to each other, or the same");
    assert_eq!(refuse(&key.n, p, p), "the primes are not those of n");
    assert_eq!(refuse(&key.n, p, &(q + 2u8)), "the primes are not those of n");
    assert_eq!(refuse(&key.n, &BigUint::from(1u8), &key.n), "another error");
    assert_eq!(own(&(p + 2u8), &(p + 4u8)), "the primes are close to each other, or the same");
    // Odd, of the right length, far away, and composite.
    let composite = (1u32..).map(|i| q - 2 * i).find(|x| x % 3u8 == BigUint::ZERO).unwrap();
    assert_eq!(own(p, &composite), "a factor of n is not prime");
    // e divides q - 1, of a q that is composite: only a key that is said to be made here gets that far.
    let no_inverse = (q >> 18usize << 18usize) / 65537u32 * 65537u32 + 1u8;
    let no_inverse = if no_inverse.bit(0) { no_inverse } else { no_inverse + 65537u32 };
    assert_eq!(own(p, &no_inverse), "a factor of n is not prime");
    let public = PublicKey::new(&(p * &no_inverse).to_bytes_be(), 65537).unwrap();
    let refused = PrivateKey::new(&public, &secret(p), &secret(&no_inverse)).err();
    let none = "the public exponent has no inverse modulo a prime less one";
    assert!(matches!(refused, Some(HeError::Key { what }) if what == none));
    let even = refuse_even(p, q);
    assert!(even, "an even factor");
}

/// n would be even, which no public key is; the private key is checked on its own.
fn refuse_even(p: &BigUint, q: &BigUint) -> bool {
    let public = PublicKey::new(&(p * q).to_bytes_be(), 65537).unwrap();
    PrivateKey::import(&public, &secret(&(p - 1u8)), &secret(q)).is_err()
}
