//! Round trips, operations against plain arithmetic, and refusals.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::sync::LazyLock;

use engine::{Engine, unattended};
use he::{HeError, KeyPair, PrivateKey, PublicKey, generate};
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
    assert_eq!(KEY.decrypt(&KEY.public.accept(&c.to_be()).unwrap()), plain.map(BigInt::from));
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
    let columns = p.sum_columns(e, &b, 2, &unattended).unwrap();
    assert_eq!(KEY.decrypt(&columns), ints(&[(1 << 40) - 5, 1]));
    let product = p.matrix_product(e, &a, 2, &[1, -2, 3, 4], 2, &unattended).unwrap();
    assert_eq!(KEY.decrypt(&product), ints(&[5 - 21, -10 - 28, 1000, -2000]));
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
    assert!(matches!(KEY.public.accept(&with(vec![0; width])), Err(HeError::CiphertextRange { index: 1 })));
    assert!(matches!(KEY.public.accept(&with(vec![255; width])), Err(HeError::CiphertextRange { index: 1 })));
    assert!(matches!(KEY.public.accept(&good[1..]), Err(HeError::CiphertextWidth { .. })));
    let mut n = vec![0; width - KEY.pair.n.len()];
    n.extend_from_slice(&KEY.pair.n);
    assert!(matches!(KEY.public.accept(&with(n)), Err(HeError::NotAUnit)));
    assert!(matches!(generate(512), Err(HeError::KeyBits { bits: 512 })));
    let other = generate(2048).unwrap();
    assert!(matches!(PrivateKey::new(&KEY.public, &other.p, &other.q), Err(HeError::Key { .. })));
}
