//! What comes from outside is checked: ciphertexts, public keys, private keys of every length.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::sync::LazyLock;

use engine::{Engine, unattended};
use he::{Additive, HeError, KeyPair, PrivateKey, PublicKey};
use num_bigint::{BigInt, BigUint};
use secrets::Secret;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::without_card("a test"));
static PAIR: LazyLock<KeyPair> = LazyLock::new(|| he::generate_for_comparison(1024).unwrap());

fn big(bytes: &[u8]) -> BigUint {
    BigUint::from_bytes_be(bytes)
}

fn secret(number: &BigUint) -> Secret {
    Secret::new(number.to_bytes_be())
}

/// As wide as the key's ciphertexts.
fn row(key: &PublicKey, number: &BigUint) -> Vec<u8> {
    let bytes = number.to_bytes_be();
    [vec![0; key.ciphertext_bytes() - bytes.len()], bytes].concat()
}

/// Neither taken nor, where they were believed, decrypted: to 0, to n or to anything.
#[test]
fn what_is_no_ciphertext_is_named_and_decrypts_to_nothing() {
    let (n, p, q) = (big(&PAIR.n), big(PAIR.p.expose()), big(PAIR.q.expose()));
    for hs in [None, Some(PAIR.hs.as_slice())] {
        let public = PublicKey::for_comparison(&PAIR.n, hs).unwrap();
        let private = PrivateKey::new(&public, &PAIR.p, &PAIR.q).unwrap();
        let good = public.encrypt(&ENGINE, &[5, 251], 1, &unattended).unwrap().to_be();
        let none = BigUint::ZERO;
        let bad =
            [none, n.clone(), &n * 2u8, &n * (&n - 1u8), p.clone(), &p * &p, &q * 7u8, &n * &q, &n * &n, &n * &n + &n];
        for bad in bad {
            let bytes = [good.clone(), row(&public, &bad), good.clone()].concat();
            let refused = public.accept(&ENGINE, &bytes);
            assert!(matches!(refused, Err(HeError::CiphertextRange { index: 2 })), "{bad}");
            // Believed: what is not below n^2 is still found at once, and the rest when it is to be decrypted.
            let trusted = match public.trust(&bytes) {
                Ok(trusted) => trusted,
                Err(HeError::CiphertextRange { index: 2 }) if bad >= &n * &n => continue,
                Err(error) => panic!("{error}"),
            };
            let refused = private.decrypt(&ENGINE, &public, &trusted, &unattended);
            assert!(matches!(refused, Err(HeError::CiphertextRange { index: 2 })), "{bad}");
            let refused = private.decrypt_residues(&ENGINE, &public, &trusted, &unattended);
            assert!(matches!(refused, Err(HeError::CiphertextRange { index: 2 })), "{bad}");
        }
        assert_eq!(public.accept(&ENGINE, &good).unwrap().to_be(), good);
        assert_eq!(public.accept(&ENGINE, &[]).unwrap().count(), 0);
    }
}

#[test]
fn an_hs_that_hides_nothing_is_refused() {
    let (n, p) = (big(&PAIR.n), big(PAIR.p.expose()));
    let square = &n * &n;
    let one = BigUint::from(1u8);
    let bad = [
        BigUint::ZERO,
        one.clone(),
        &square - 1u8,
        &n + 1u8,
        &n * 77u8 + 1u8,
        &n - 1u8,
        &n * 5u8 - 1u8,
        n.clone(),
        &n * 3u8,
        p.clone(),
        &p * 5u8,
        square.clone(),
        &square + 4u8,
        // What is cut off is no less wrong.
        (&one << 2048u32) + 4u8,
    ];
    for hs in bad {
        let bytes = hs.to_bytes_be();
        let refused = PublicKey::for_comparison(&PAIR.n, Some(&bytes)).err();
        assert!(matches!(refused, Some(HeError::Key { .. })), "{hs}: {refused:?}");
        assert!(matches!(he::check_obfuscator(&PAIR.n, &bytes), Err(HeError::Key { .. })));
    }
    // Leading zeros are no fault.
    let padded = [vec![0; 9], PAIR.hs.clone()].concat();
    assert!(PublicKey::for_comparison(&PAIR.n, Some(&padded)).is_ok());
    assert!(he::check_obfuscator(&PAIR.n, &PAIR.hs).is_ok());
}

#[test]
fn a_private_key_from_elsewhere_is_checked() {
    let public = PublicKey::for_comparison(&PAIR.n, Some(&PAIR.hs)).unwrap();
    let import = |public: &PublicKey, p: &BigUint, q: &BigUint| match PrivateKey::import(public, &secret(p), &secret(q))
    {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    };
    let (p, q) = (big(PAIR.p.expose()), big(PAIR.q.expose()));
    assert_eq!(import(&public, &p, &q), "");
    assert_eq!(import(&public, &q, &p), "");
    let textbook = PublicKey::for_comparison(&PAIR.n, None).unwrap();
    assert_eq!(import(&textbook, &p, &q), "");
    // An hs that is no n-th power: everybody could encrypt, and nothing would decrypt to what it was.
    let wrong = PublicKey::for_comparison(&PAIR.n, Some(&[4])).unwrap();
    assert!(import(&wrong, &p, &q).contains("n-th power"));
    assert!(PrivateKey::new(&wrong, &PAIR.p, &PAIR.q).is_ok(), "a key made here is not tried");
    // n of factors that are not prime, of one twice, of two that are close, of two lengths.
    let composite = BigUint::from(3u8) * prime(510, 1);
    let of = |p: &BigUint, q: &BigUint| {
        let n = (p * q).to_bytes_be();
        import(&PublicKey::for_comparison(&n, None).unwrap(), p, q)
    };
    assert!(of(&composite, &prime(composite.bits(), 2)).contains("not prime"));
    assert!(of(&p, &p).contains("close"));
    assert!(of(&p, &next_prime(&p + 2u8)).contains("close"));
    assert!(of(&prime(512, 3), &prime(640, 4)).contains("length"));
    assert!(of(&p, &prime(512, 5)).is_empty());
    assert!(!import(&public, &(&p * &q), &BigUint::from(1u8)).is_empty());
}

/// python-phe makes keys of any even length; ciphertexts of some have an odd number of 64-bit words.
#[test]
fn keys_of_every_length_work() {
    for bits in [514u64, 576, 608, 640, 960, 1000, 1026, 1056, 1090, 2050] {
        let (p, q) = (prime(bits / 2, 6), prime(bits / 2, 7));
        let n = (&p * &q).to_bytes_be();
        let public = PublicKey::for_comparison(&n, None).unwrap();
        let private = PrivateKey::import(&public, &secret(&p), &secret(&q)).unwrap();
        let decrypt = |c: &he::Ciphertexts| -> Vec<BigInt> {
            let clear = private.decrypt(&ENGINE, &public, c, &unattended).unwrap();
            clear.chunks_exact(public.plaintext_bytes()).map(BigInt::from_signed_bytes_be).collect()
        };
        let plain: Vec<u8> = [7i64, -7, i64::MIN, i64::MAX, 0].iter().flat_map(|m| m.to_be_bytes()).collect();
        let ints = |values: [i128; 5]| values.map(BigInt::from).to_vec();
        let expected = ints([7, -7, i64::MIN.into(), i64::MAX.into(), 0]);
        let encrypted = public.encrypt(&ENGINE, &plain, 8, &unattended).unwrap();
        assert_eq!(public.ciphertext_bytes(), (2 * public.bits()).div_ceil(64) * 8);
        for c in [
            public.accept(&ENGINE, &encrypted.to_be()).unwrap(),
            private.encrypt(&ENGINE, &public, &plain, 8, &unattended).unwrap(),
            public.obfuscate(&ENGINE, &public.embed(&ENGINE, &plain, 8, &unattended).unwrap(), &unattended).unwrap(),
            public.negate(&ENGINE, &public.negate(&ENGINE, &encrypted, &unattended).unwrap(), &unattended).unwrap(),
        ] {
            assert_eq!(decrypt(&c), expected, "{bits}");
        }
        let product = public.plaintext_product(&ENGINE, &[1, -2, 3, -4, 5], &encrypted, 1, &unattended).unwrap();
        let exact = 7 + 14 + 3 * i128::from(i64::MIN) - 4 * i128::from(i64::MAX);
        assert_eq!(decrypt(&product), [BigInt::from(exact)], "{bits}");
        let residues = [vec![0; public.plaintext_bytes() - n.len()], (&p * &q - 1u8).to_bytes_be()].concat();
        let c = public.encrypt_residues(&ENGINE, &residues, &unattended).unwrap();
        assert_eq!(*private.decrypt_residues(&ENGINE, &public, &c, &unattended).unwrap(), residues, "{bits}");
        let c = private.encrypt_residues(&ENGINE, &public, &residues, &unattended).unwrap();
        assert_eq!(decrypt(&c), [BigInt::from(-1)], "{bits}");
    }
}

/// A prime with its two highest bits set, the same for the same seed.
fn prime(bits: u64, seed: u64) -> BigUint {
    let mut x = seed;
    let mut word = || {
        x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        x ^ x.rotate_left(23)
    };
    let number = (0..bits.div_ceil(64)).fold(BigUint::ZERO, |n, _| (n << 64u32) + word());
    let mut number = number >> (bits.div_ceil(64) * 64 - bits);
    for bit in [0, bits - 2, bits - 1] {
        number.set_bit(bit, true);
    }
    next_prime(number)
}

fn next_prime(mut number: BigUint) -> BigUint {
    while !he::primes::is_prime(&number.to_bytes_be()) {
        number += 2u8;
    }
    number
}
