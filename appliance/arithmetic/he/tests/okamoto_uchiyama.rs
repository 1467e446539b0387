//! Okamoto-Uchiyama: against num-bigint as in the paper, and what must not decrypt.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::sync::OnceLock;

use engine::{Engine, unattended};
use he::okamoto_uchiyama::{DEFAULT_BITS, PLAINTEXT_BITS, PrivateKey, PublicKey, generate, generate_for_comparison};
use he::{Additive, HeError};
use num_bigint::{BigInt, BigUint};
use secrets::Secret;

struct Key {
    public: PublicKey,
    private: PrivateKey,
    n: BigUint,
    g: BigUint,
    p: BigUint,
    q: BigUint,
}

fn key() -> &'static Key {
    static KEY: OnceLock<Key> = OnceLock::new();
    KEY.get_or_init(|| {
        let pair = generate(DEFAULT_BITS).unwrap();
        let public = PublicKey::new(&pair.n, &pair.g).unwrap();
        let private = PrivateKey::import(&public, &pair.p, &pair.q).unwrap();
        let number = BigUint::from_bytes_be;
        let (p, q) = (number(pair.p.expose()), number(pair.q.expose()));
        Key { public, private, n: number(&pair.n), g: number(&pair.g), p, q }
    })
}

fn engine() -> Engine {
    Engine::without_card("a test")
}

fn row(x: &BigUint, width: usize) -> Vec<u8> {
    let bytes = x.to_bytes_be();
    [vec![0; width - bytes.len()], bytes].concat()
}

/// Two's complement rows of 40 bytes.
fn plaintexts(values: &[BigInt]) -> Vec<u8> {
    let wide = |x: &BigInt| {
        let bytes = x.to_signed_bytes_be();
        let sign = if x < &BigInt::ZERO { 255 } else { 0 };
        [vec![sign; 40 - bytes.len()], bytes].concat()
    };
    values.iter().flat_map(wide).collect()
}

fn edges() -> Vec<BigInt> {
    let most: BigInt = (BigInt::from(1) << PLAINTEXT_BITS) - 1;
    vec![BigInt::ZERO, 1.into(), (-1).into(), i64::MAX.into(), i64::MIN.into(), most.clone(), -most]
}

fn decrypt(bytes: &[u8]) -> Result<Vec<BigInt>, HeError> {
    let key = key();
    let ciphertexts = key.public.accept(&engine(), bytes)?;
    let clear = key.private.decrypt(&engine(), &ciphertexts, &unattended)?;
    Ok(clear.chunks_exact(40).map(BigInt::from_signed_bytes_be).collect())
}

#[test]
fn decrypts_as_the_paper_says() {
    let key = key();
    let values = edges();
    let c = key.public.encrypt(&engine(), &plaintexts(&values), 40, &unattended).unwrap().to_be(&key.public);
    assert_eq!(decrypt(&c).unwrap(), values);
    let (one, square) = (BigUint::from(1u8), &key.p * &key.p);
    assert_eq!(&square * &key.q, key.n);
    let l = |u: &BigUint| (u.modpow(&(&key.p - &one), &square) - &one) / &key.p;
    let over_l = l(&key.g).modpow(&(&key.p - 2u8), &key.p);
    for (c, m) in c.chunks_exact(key.public.ciphertext_bytes()).zip(&values) {
        let found = BigInt::from(l(&BigUint::from_bytes_be(c)) * &over_l % &key.p);
        assert!(found == *m || found == m + BigInt::from(key.p.clone()));
    }
    let again = key.public.encrypt(&engine(), &plaintexts(&values), 40, &unattended).unwrap();
    assert_ne!(again.to_be(&key.public), c);
}

#[test]
fn encrypts_as_the_paper_says() {
    let key = key();
    let h = key.g.modpow(&key.n, &key.n);
    let c =
        key.g.modpow(&BigUint::from(123456789u32), &key.n) * h.modpow(&BigUint::from(987654321u64), &key.n) % &key.n;
    // -5 is n - 5 there, since p divides n.
    let negative = key.g.modpow(&(&key.n - 5u8), &key.n) * &h % &key.n;
    let width = key.public.ciphertext_bytes();
    assert_eq!(decrypt(&[row(&c, width), row(&negative, width)].concat()).unwrap(), [123456789.into(), (-5).into()]);
}

#[test]
fn computes_on_ciphertexts() {
    let key = key();
    let values: Vec<BigInt> = [5i64, -7, i64::MIN].map(BigInt::from).to_vec();
    let encrypt = |values: &[BigInt]| key.public.encrypt(&engine(), &plaintexts(values), 40, &unattended).unwrap();
    let c = encrypt(&values);
    let clear = |c: &he::okamoto_uchiyama::Ciphertexts| decrypt(&c.to_be(&key.public)).unwrap();
    let sum = key.public.add(&engine(), &c, &encrypt(&values), &unattended).unwrap();
    assert_eq!(clear(&sum), values.iter().map(|x| x * 2).collect::<Vec<_>>());
    let product = key.public.multiply(&engine(), &c, &[-3], &unattended).unwrap();
    assert_eq!(clear(&product), values.iter().map(|x| x * -3).collect::<Vec<_>>());
    let product = key.public.multiply(&engine(), &c, &[0, i64::MIN, i64::MAX], &unattended).unwrap();
    let expected = [BigInt::ZERO, &values[1] * i64::MIN, &values[2] * i64::MAX];
    assert_eq!(clear(&product), expected);
    let wide = plaintexts(&[BigInt::from(1) << 190u8, -(BigInt::from(1) << 190u8), 1.into()]);
    let product = key.public.multiply_wide(&engine(), &c, &wide, 40, &unattended).unwrap();
    assert_eq!(clear(&product), [&values[0] << 190u8, -(&values[1] << 190u8), values[2].clone()]);
    assert_eq!(
        clear(&key.public.negate(&engine(), &c, &unattended).unwrap()),
        values.iter().map(|x| -x).collect::<Vec<_>>()
    );
    assert!(key.public.multiply(&engine(), &c, &[1, 2], &unattended).is_err());
    assert!(key.public.add(&engine(), &c, &encrypt(&values[..1]), &unattended).is_err());
    assert_eq!(clear(&encrypt(&[])), []);
}

#[test]
fn computes_on_tables() {
    let (key, engine) = (key(), engine());
    let numbers = |values: &[i64]| values.iter().map(|v| BigInt::from(*v)).collect::<Vec<_>>();
    let values = numbers(&[1, -2, 3, -4, 5, 6]);
    let table = key.public.encrypt(&engine, &plaintexts(&values), 40, &unattended).unwrap();
    let clear = |c: he::okamoto_uchiyama::Ciphertexts| decrypt(&c.to_be(&key.public)).unwrap();
    assert_eq!(clear(key.public.sum_columns(&engine, &table, 3, &unattended).unwrap()), numbers(&[-3, 3, 9]));
    assert_eq!(clear(key.public.sum_rows(&engine, &table, 3, &unattended).unwrap()), numbers(&[2, 7]));
    let left = key.public.plaintext_product(&engine, &[2, -1, 0, 3], &table, 3, &unattended).unwrap();
    assert_eq!(clear(left), numbers(&[6, -9, 0, -12, 15, 18]));
    let right = key.public.matrix_product(&engine, &table, 3, &[1, -1, 0, 2, -5, 4], 2, &unattended).unwrap();
    assert_eq!(clear(right), numbers(&[-14, 7, -34, 38]));
    // g^m, as the paper has it without h^r, and nothing of it once it is obfuscated.
    let bare = key.public.embed(&engine, &[0, 5, 255], 1, &unattended).unwrap();
    let width = key.public.ciphertext_bytes();
    let power = |m: &BigUint| row(&key.g.modpow(m, &key.n), width);
    let bytes = bare.to_be(&key.public);
    assert_eq!(bytes[..2 * width], [power(&BigUint::ZERO), power(&5u8.into())].concat());
    assert_eq!(BigUint::from_bytes_be(&bytes[2 * width..]) * &key.g % &key.n, BigUint::from(1u8));
    let hidden = key.public.obfuscate(&engine, &bare, &unattended).unwrap();
    assert!(hidden.to_be(&key.public).chunks(width).zip(bytes.chunks(width)).all(|(a, b)| a != b));
    assert_eq!(clear(hidden), numbers(&[0, 5, -1]));
    assert!(key.public.sum_columns(&engine, &table, 4, &unattended).is_err());
    assert!(key.public.matrix_product(&engine, &table, 3, &[1; 5], 2, &unattended).is_err());
}

/// The attack of the module's text, and an overflow that nobody meant.
#[test]
fn what_is_above_the_range_does_not_decrypt() {
    let key = key();
    let width = key.public.ciphertext_bytes();
    let power = |m: &BigUint| row(&key.g.modpow(m, &key.n), width);
    let one = BigUint::from(1u8);
    let bound = &one << PLAINTEXT_BITS;
    let fine = power(&(&bound - &one));
    for chosen in [bound.clone(), &key.p >> 1, &key.p - &bound, &one << 1030, &key.p + &bound, &key.n - &bound] {
        let refused = decrypt(&[fine.clone(), power(&chosen)].concat());
        assert!(matches!(refused, Err(HeError::Decryption { index: 1 })), "{chosen}");
    }
    // Who knows p needs no attack: these stand for small numbers.
    assert_eq!(decrypt(&power(&(&key.p + 5u8))).unwrap(), [5.into()]);
    assert_eq!(decrypt(&power(&(&key.n - 5u8))).unwrap(), [(-5).into()]);
    let most = key.public.encrypt(&engine(), &plaintexts(&edges()[5..]), 40, &unattended).unwrap();
    let overflow = key.public.add(&engine(), &most, &most, &unattended).unwrap();
    assert!(matches!(decrypt(&overflow.to_be(&key.public)), Err(HeError::Decryption { index: 0 })));
}

#[test]
fn what_is_out_of_range_is_named() {
    let key = key();
    let encrypt = |values: &[BigInt]| key.public.encrypt(&engine(), &plaintexts(values), 40, &unattended);
    let bound: BigInt = BigInt::from(1) << PLAINTEXT_BITS;
    for bad in [bound.clone(), -&bound, &bound << 62usize, -(&bound << 62usize)] {
        assert!(matches!(encrypt(&[0.into(), bad]), Err(HeError::PlaintextBits { index: 1, bits: PLAINTEXT_BITS })));
    }
    let narrow = key.public.encrypt(&engine(), &[255, 1], 1, &unattended).unwrap();
    assert_eq!(decrypt(&narrow.to_be(&key.public)).unwrap(), [(-1).into(), 1.into()]);
    for width in [0, 3, 400] {
        assert!(key.public.encrypt(&engine(), &[0; 40], width, &unattended).is_err());
    }
    let width = key.public.ciphertext_bytes();
    for bad in [BigUint::ZERO, key.n.clone()] {
        let refused = key.public.accept(&engine(), &[row(&BigUint::from(2u8), width), row(&bad, width)].concat());
        assert!(matches!(refused, Err(HeError::NotCiphertext { index: 1, .. })));
    }
    let factor = [row(&BigUint::from(2u8), width), row(&(&key.p * 3u8), width)].concat();
    assert!(matches!(key.public.accept(&engine(), &factor), Err(HeError::NotCiphertext { index: 1, .. })));
    assert!(matches!(key.public.accept(&engine(), &[1; 5]), Err(HeError::ElementWidth { .. })));
}

#[test]
fn bad_keys() {
    let key = key();
    let secret = |x: &BigUint| Secret::new(x.to_bytes_be());
    let refused = |p: &BigUint, q: &BigUint| PrivateKey::import(&key.public, &secret(p), &secret(q)).is_err();
    assert!(refused(&key.q, &key.p) && refused(&key.p, &key.p) && refused(&(&key.p + 2u8), &key.q));
    let composite = (1u32..).map(|k| &key.q + 2 * k).find(|x| x % 3u8 == BigUint::ZERO).unwrap();
    let n = &key.p * &key.p * &composite;
    // 2 has no factor in common with any odd n.
    let public = PublicKey::new(&n.to_bytes_be(), &[2]).unwrap();
    let what = |result: Result<PrivateKey, HeError>| match result {
        Err(HeError::Key { what }) => what,
        _ => "",
    };
    let imported = PrivateKey::import(&public, &secret(&key.p), &secret(&composite));
    assert_eq!(what(imported), "a factor of n is not prime");
    // A generator whose order p does not divide.
    let dead = key.g.modpow(&key.n, &key.n).to_bytes_be();
    let public = PublicKey::new(&key.n.to_bytes_be(), &dead).unwrap();
    let imported = PrivateKey::new(&public, &secret(&key.p), &secret(&key.q));
    assert_eq!(what(imported), "the generator has no order that p divides");
    for bad in [BigUint::from(1u8), &key.n - 1u8] {
        assert!(PublicKey::new(&key.n.to_bytes_be(), &bad.to_bytes_be()).is_err());
    }
    assert!(PublicKey::new(&key.n.to_bytes_be(), &[]).is_err());
    assert!(PublicKey::new(&key.n.to_bytes_be(), &key.n.to_bytes_be()).is_err());
    assert!(PublicKey::new(&(&key.n >> 1024usize).to_bytes_be(), &[2]).is_err());
    // Shorter ones only where somebody says that they are.
    let short = generate_for_comparison(2048).unwrap();
    assert!(PublicKey::new(&short.n, &short.g).is_err() && generate_for_comparison(1024).is_err());
    let public = PublicKey::for_comparison(&short.n, &short.g).unwrap();
    assert!(PrivateKey::import(&public, &short.p, &short.q).is_ok() && public.bits() == 2048);
    assert!(matches!(generate(2048), Err(HeError::Key { what }) if what.contains("3072 or 4608")));
}
