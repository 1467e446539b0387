//! Round trips, operations against plain arithmetic, and refusals.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::sync::LazyLock;

use engine::{Engine, unattended};
use he::{Additive, HeError, KeyPair, PrivateKey, PublicKey, generate};
use num_bigint::BigInt;

struct Fixture {
    pair: KeyPair,
    public: PublicKey,
    private: PrivateKey,
    engine: Engine,
}

static KEY: LazyLock<Fixture> = LazyLock::new(|| {
    let pair = generate(2048).unwrap();
    let public = PublicKey::new(&pair.n, &pair.hs).unwrap();
    let private = PrivateKey::new(&public, &pair.p, &pair.q).unwrap();
    Fixture { pair, public, private, engine: Engine::without_card("a test") }
});

impl Fixture {
    fn encrypt(&self, plain: &[i64]) -> he::Ciphertexts {
        let bytes: Vec<u8> = plain.iter().flat_map(|m| m.to_be_bytes()).collect();
        self.public.encrypt(&self.engine, &bytes, 8, &unattended).unwrap()
    }

    fn decrypt(&self, c: &he::Ciphertexts) -> Vec<BigInt> {
        let bytes = self.private.decrypt(&self.engine, &self.public, c, &unattended).unwrap();
        bytes.chunks_exact(self.public.plaintext_bytes()).map(BigInt::from_signed_bytes_be).collect()
    }
}

fn ints(values: &[i128]) -> Vec<BigInt> {
    values.iter().map(|v| BigInt::from(*v)).collect()
}

#[test]
fn what_is_encrypted_decrypts() {
    let plain = [0, 1, -1, i64::MAX, i64::MIN, 12345678901, -42];
    let c = KEY.encrypt(&plain);
    assert_eq!(KEY.decrypt(&c), plain.map(BigInt::from));
    assert_ne!(c.to_be(), KEY.encrypt(&plain).to_be());
    assert_eq!(KEY.decrypt(&KEY.public.accept(&KEY.engine, &c.to_be()).unwrap()), plain.map(BigInt::from));
}

#[test]
fn operations_agree_with_integers() {
    let (a, b) = (KEY.encrypt(&[5, -7, 1000, 0]), KEY.encrypt(&[-5, -8, 1 << 40, 9]));
    let (e, p) = (&KEY.engine, &KEY.public);
    let sum = p.add(e, &a, &b, &unattended).unwrap();
    assert_eq!(KEY.decrypt(&sum), ints(&[0, -15, (1 << 40) + 1000, 9]));
    let scaled = p.multiply(e, &a, &[-3], &unattended).unwrap();
    assert_eq!(KEY.decrypt(&scaled), ints(&[-15, 21, -3000, 0]));
    let each = p.multiply(e, &a, &[2, -2, 0, i64::MIN], &unattended).unwrap();
    assert_eq!(KEY.decrypt(&each), ints(&[10, 14, 0, 0]));
    let negated = p.negate(e, &b, &unattended).unwrap();
    assert_eq!(KEY.decrypt(&negated), ints(&[5, 8, -(1 << 40), -9]));
    let rows = p.sum_rows(e, &b, 2, &unattended).unwrap();
    assert_eq!(KEY.decrypt(&rows), ints(&[-13, (1 << 40) + 9]));
    let columns = p.sum_columns(e, &b, 2, &unattended).unwrap();
    assert_eq!(KEY.decrypt(&columns), ints(&[(1 << 40) - 5, 1]));
    let left = p.plaintext_product(e, &[1, -2, 3, 4, 0, 0], &a, 2, &unattended).unwrap();
    assert_eq!(KEY.decrypt(&left), ints(&[5 - 2000, -7, 15 + 4000, -21, 0, 0]));
    let product = p.matrix_product(e, &a, 2, &[1, -2, 3, 4], 2, &unattended).unwrap();
    assert_eq!(KEY.decrypt(&product), ints(&[5 - 21, -10 - 28, 1000, -2000]));
}

/// The owner's encryption, the one with n alone, obfuscating what was not, and obfuscators made before: all decrypt, and
/// no two ciphertexts of one plaintext are the same.
#[test]
fn every_way_of_encrypting_decrypts() {
    let (e, p) = (&KEY.engine, &KEY.public);
    let textbook = PublicKey::textbook(&KEY.pair.n).unwrap();
    let owner_of_textbook = PrivateKey::new(&textbook, &KEY.pair.p, &KEY.pair.q).unwrap();
    let plain = [0, 1, -1, i64::MAX, i64::MIN, 12345678901, -42, 7, 8];
    let bytes: Vec<u8> = plain.iter().flat_map(|m| m.to_be_bytes()).collect();
    let embedded = p.embed(e, &bytes, 8, &unattended).unwrap();
    let mut obfuscators = p.obfuscators(e, 12, &unattended).unwrap();
    let taken = obfuscators.take(9).unwrap();
    assert_eq!((taken.count(), obfuscators.count()), (9, 3));
    let all = [
        p.encrypt(e, &bytes, 8, &unattended).unwrap(),
        KEY.private.encrypt(e, p, &bytes, 8, &unattended).unwrap(),
        KEY.private.encrypt(e, p, &bytes, 8, &unattended).unwrap(),
        textbook.encrypt(e, &bytes, 8, &unattended).unwrap(),
        owner_of_textbook.encrypt(e, &textbook, &bytes, 8, &unattended).unwrap(),
        p.obfuscate(e, &embedded, &unattended).unwrap(),
        textbook.obfuscate(e, &embedded, &unattended).unwrap(),
        p.encrypt_with(e, &bytes, 8, taken, &unattended).unwrap(),
        embedded,
    ];
    let width = p.ciphertext_bytes();
    for c in &all {
        assert_eq!(KEY.decrypt(c), plain.map(BigInt::from));
        assert_eq!(KEY.decrypt(&p.accept(e, &c.to_be()).unwrap()), plain.map(BigInt::from));
    }
    for index in 0..plain.len() {
        let mut same: Vec<Vec<u8>> = all.iter().map(|c| c.to_be()[index * width..][..width].to_vec()).collect();
        same.sort();
        same.dedup();
        assert_eq!(same.len(), all.len());
    }
    let wrong = p.encrypt_with(e, &bytes, 8, obfuscators, &unattended);
    assert!(matches!(wrong, Err(HeError::Shape { .. })));
}

/// Residues 0, 1, n - 1 and one in the forbidden middle; n itself is refused by index.
#[test]
fn residues_are_all_numbers_below_n() {
    let (e, p) = (&KEY.engine, &KEY.public);
    let n = BigInt::from_bytes_be(num_bigint::Sign::Plus, &KEY.pair.n);
    let width = p.plaintext_bytes();
    let encode = |m: &BigInt| {
        let bytes = m.to_bytes_be().1;
        [vec![0; width - bytes.len()], bytes].concat()
    };
    let residues = [BigInt::ZERO, BigInt::from(1), &n - 1, &n / 2, (BigInt::from(1) << 1024) + 5];
    let bytes: Vec<u8> = residues.iter().flat_map(encode).collect();
    for c in [
        p.encrypt_residues(e, &bytes, &unattended).unwrap(),
        KEY.private.encrypt_residues(e, p, &bytes, &unattended).unwrap(),
        p.embed_residues(e, &bytes, &unattended).unwrap(),
    ] {
        assert_eq!(KEY.private.decrypt_residues(e, p, &c, &unattended).unwrap().as_slice(), bytes);
    }
    let bad = [encode(&BigInt::ZERO), encode(&n)].concat();
    for refused in [p.encrypt_residues(e, &bad, &unattended), KEY.private.encrypt_residues(e, p, &bad, &unattended)] {
        assert!(matches!(refused, Err(HeError::ResidueRange { index: 1 })));
    }
    assert!(matches!(p.encrypt_residues(e, &bytes[1..], &unattended), Err(HeError::PlaintextWidth { .. })));
    assert_eq!(p.encrypt(e, &[], 8, &unattended).unwrap().count(), 0);
}

/// Widths that are no whole number of words, both signs, and factors as wide as n.
#[test]
fn odd_widths_are_extended_right() {
    let (e, p) = (&KEY.engine, &KEY.public);
    for width in [1, 3, 7, 8, 9, 127, 128, 129, 250] {
        let small = [vec![0xff; width - 1], vec![0xfe], vec![0; width - 1], vec![3]].concat();
        let lowest = [vec![0x80], vec![0; width - 1], vec![0x7f], vec![0xff; width - 1]].concat();
        for c in [
            p.encrypt(e, &small, width, &unattended).unwrap(),
            KEY.private.encrypt(e, p, &small, width, &unattended).unwrap(),
        ] {
            assert_eq!(KEY.decrypt(&c), ints(&[-2, 3]), "{width}");
            let c = p.multiply_wide(e, &KEY.encrypt(&[5, -7]), &small, width, &unattended).unwrap();
            assert_eq!(KEY.decrypt(&c), ints(&[-10, -21]), "{width}");
        }
        let low = BigInt::from(-1) << (8 * width - 1);
        for c in [
            p.encrypt(e, &lowest, width, &unattended).unwrap(),
            KEY.private.encrypt(e, p, &lowest, width, &unattended).unwrap(),
        ] {
            assert_eq!(KEY.decrypt(&c), [low.clone(), -&low - 1], "{width}");
        }
    }
}

/// A key pair for comparison works, and is refused where keys have to be secure.
#[test]
fn short_keys_are_for_comparison_alone() {
    let pair = he::generate_for_comparison(1024).unwrap();
    assert!(matches!(PublicKey::new(&pair.n, &pair.hs), Err(HeError::KeyBits { bits: 1024 })));
    assert!(matches!(PublicKey::textbook(&pair.n), Err(HeError::KeyBits { bits: 1024 })));
    for hs in [None, Some(pair.hs.as_slice())] {
        let public = PublicKey::for_comparison(&pair.n, hs).unwrap();
        let private = PrivateKey::new(&public, &pair.p, &pair.q).unwrap();
        let c = public.encrypt(&KEY.engine, &[7, 250], 1, &unattended).unwrap();
        let clear = private.decrypt(&KEY.engine, &public, &c, &unattended).unwrap();
        let clear: Vec<BigInt> =
            clear.chunks_exact(public.plaintext_bytes()).map(BigInt::from_signed_bytes_be).collect();
        assert_eq!(clear, ints(&[7, -6]));
    }
    assert!(matches!(he::generate_for_comparison(384), Err(HeError::KeyBits { bits: 384 })));
}

/// The largest and smallest plaintexts work, the next ones are refused by index, and a sum that leaves the range is found.
#[test]
fn the_range_is_a_third_of_n() {
    let n = BigInt::from_bytes_be(num_bigint::Sign::Plus, &KEY.pair.n);
    let third = &n / 3;
    let width = KEY.public.plaintext_bytes();
    let encode = |m: &BigInt| {
        let mut bytes = m.to_signed_bytes_be();
        let fill = if m.sign() == num_bigint::Sign::Minus { 0xff } else { 0 };
        while bytes.len() < width {
            bytes.insert(0, fill);
        }
        bytes
    };
    let good = [encode(&third), encode(&-&third)].concat();
    let c = KEY.public.encrypt(&KEY.engine, &good, width, &unattended).unwrap();
    assert_eq!(KEY.decrypt(&c), [third.clone(), -&third]);
    for bad in [&third + 1, -&third - 1] {
        let bytes = [encode(&BigInt::from(1)), encode(&bad)].concat();
        let refused = KEY.public.encrypt(&KEY.engine, &bytes, width, &unattended);
        assert!(matches!(refused, Err(HeError::PlaintextRange { index: 1 })));
    }
    let doubled = KEY.public.multiply(&KEY.engine, &c, &[1, 1], &unattended).unwrap();
    let over = KEY.public.add(&KEY.engine, &doubled, &KEY.encrypt(&[5, 0]), &unattended).unwrap();
    let refused = KEY.private.decrypt(&KEY.engine, &KEY.public, &over, &unattended);
    assert!(matches!(refused, Err(HeError::Overflow { index: 0 })));
}

#[test]
fn bad_ciphertexts_and_keys_are_refused() {
    let width = KEY.public.ciphertext_bytes();
    let good = KEY.encrypt(&[1]).to_be();
    let with = |second: Vec<u8>| [good.clone(), second].concat();
    assert!(matches!(
        KEY.public.accept(&KEY.engine, &with(vec![0; width])),
        Err(HeError::CiphertextRange { index: 1 })
    ));
    assert!(matches!(
        KEY.public.accept(&KEY.engine, &with(vec![255; width])),
        Err(HeError::CiphertextRange { index: 1 })
    ));
    assert!(matches!(KEY.public.accept(&KEY.engine, &good[1..]), Err(HeError::CiphertextWidth { .. })));
    let mut n = vec![0; width - KEY.pair.n.len()];
    n.extend_from_slice(&KEY.pair.n);
    assert!(matches!(KEY.public.accept(&KEY.engine, &with(n)), Err(HeError::CiphertextRange { index: 1 })));
    assert!(matches!(generate(512), Err(HeError::KeyBits { bits: 512 })));
    let other = generate(2048).unwrap();
    assert!(matches!(PrivateKey::new(&KEY.public, &other.p, &other.q), Err(HeError::Key { .. })));
}
