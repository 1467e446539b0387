//! Exponential ElGamal: what comes back, what does not, and the encodings of RFC 9496.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::sync::OnceLock;

use data_encoding::HEXLOWER;
use engine::{Engine, unattended};
use he::elgamal::{Ciphertexts, DiscreteLogarithms, PrivateKey, PublicKey};
use he::{Additive, HeError};
use proptest::prelude::*;
use secrets::Secret;

fn engine() -> Engine {
    Engine::without_card("a test")
}

fn logarithms() -> &'static DiscreteLogarithms {
    static LOGARITHMS: OnceLock<DiscreteLogarithms> = OnceLock::new();
    LOGARITHMS.get_or_init(|| DiscreteLogarithms::new(20, 12).unwrap())
}

fn decrypt(key: &PrivateKey, c: &Ciphertexts) -> Result<Vec<i64>, HeError> {
    let clear = key.decrypt(&engine(), logarithms(), c, &unattended)?;
    Ok(clear.as_chunks().0.iter().map(|m| i64::from_be_bytes(*m)).collect())
}

fn encrypt(public: &PublicKey, plaintexts: &[i64]) -> Result<Ciphertexts, HeError> {
    public.encrypt(&engine(), &bytes(plaintexts), 8, &unattended)
}

fn bytes(plaintexts: &[i64]) -> Vec<u8> {
    plaintexts.iter().flat_map(|m| m.to_be_bytes()).collect()
}

const MOST: i64 = (1 << 20) - 1;

#[test]
fn computes_on_ciphertexts() {
    let key = PrivateKey::generate().unwrap();
    let public = PublicKey::from_bytes(&key.public().to_bytes()).unwrap();
    let plain = [0, 1, -1, 77, MOST, -MOST];
    let c = encrypt(&public, &plain).unwrap();
    let again = Ciphertexts::from_bytes(&c.to_bytes()).unwrap();
    assert_eq!(decrypt(&key, &again).unwrap(), plain);
    let sum = public.add(&engine(), &c, &encrypt(&public, &[5, 5, 5, 5, -5, 5]).unwrap(), &unattended).unwrap();
    assert_eq!(decrypt(&key, &sum).unwrap(), [5, 6, 4, 82, MOST - 5, 5 - MOST]);
    let product = public.multiply(&engine(), &c, &[i64::MAX, -9, 1000, 0, -1, 1], &unattended).unwrap();
    assert_eq!(decrypt(&key, &product).unwrap(), [0, -9, -1000, 0, -MOST, -MOST]);
    let wide = bytes(&[i64::MAX, -9, 1000, 0, -1, 1]);
    let product = public.multiply_wide(&engine(), &c, &wide, 8, &unattended).unwrap();
    assert_eq!(decrypt(&key, &product).unwrap(), [0, -9, -1000, 0, -MOST, -MOST]);
    assert!(public.multiply_wide(&engine(), &c, &[0; 54], 9, &unattended).is_err());
    let negated = public.negate(&engine(), &c, &unattended).unwrap();
    assert_eq!(decrypt(&key, &negated).unwrap(), plain.map(|m| -m));
    let product = public.multiply(&engine(), &sum, &[-1], &unattended).unwrap();
    assert_eq!(decrypt(&key, &product).unwrap(), [-5, -6, -4, -82, 5 - MOST, MOST - 5]);
    let other = public.obfuscate(&engine(), &c, &unattended).unwrap();
    assert_eq!(decrypt(&key, &other).unwrap(), plain);
    let halves = |c: &Ciphertexts| c.to_bytes().chunks(32).map(<[u8]>::to_vec).collect::<Vec<_>>();
    assert!(halves(&c).iter().zip(halves(&other)).all(|(a, b)| *a != b));
}

#[test]
fn computes_on_tables() {
    let key = PrivateKey::generate().unwrap();
    let public = key.public();
    let (engine, plain) = (engine(), [1, -2, 3, -4, 5, 6]);
    let table = encrypt(&public, &plain).unwrap();
    let clear = |c: he::elgamal::Ciphertexts| decrypt(&key, &c).unwrap();
    assert_eq!(clear(public.sum_columns(&engine, &table, 3, &unattended).unwrap()), [-3, 3, 9]);
    assert_eq!(clear(public.sum_rows(&engine, &table, 3, &unattended).unwrap()), [2, 7]);
    let left = public.plaintext_product(&engine, &[2, -1, 0, 3], &table, 3, &unattended).unwrap();
    assert_eq!(clear(left), [6, -9, 0, -12, 15, 18]);
    let right = public.matrix_product(&engine, &table, 3, &[1, -1, 0, 2, -5, 4], 2, &unattended).unwrap();
    assert_eq!(clear(right), [-14, 7, -34, 38]);
    let bare = public.embed(&engine, &bytes(&plain), 8, &unattended).unwrap();
    assert!(bare.to_bytes().chunks(64).all(|pair| pair[..32] == [0; 32]));
    assert_eq!(clear(public.add(&engine, &table, &bare, &unattended).unwrap()), plain.map(|x| 2 * x));
    assert!(public.sum_columns(&engine, &table, 4, &unattended).is_err());
    assert!(public.sum_rows(&engine, &table, 0, &unattended).is_err());
    assert!(public.plaintext_product(&engine, &[1, 2, 3], &table, 3, &unattended).is_err());
    assert!(public.matrix_product(&engine, &table, 3, &[1; 5], 2, &unattended).is_err());
}

#[test]
fn plaintexts_beyond_the_logarithms_are_named() {
    let public = PrivateKey::generate().unwrap().public();
    assert!(encrypt(&public, &[0, (1 << 32) - 1, 1 - (1 << 32)]).is_ok());
    for bad in [1 << 32, -(1 << 32), i64::MAX, i64::MIN] {
        let refused =
            [encrypt(&public, &[7, 7, bad, bad]), public.embed(&engine(), &bytes(&[7, 7, bad, bad]), 8, &unattended)];
        assert!(refused.iter().all(|r| matches!(r, Err(HeError::PlaintextBits { index: 2, bits: 32 }))), "{bad}");
    }
    for (data, width) in [(&[0; 9][..], 9), (&[0; 9], 2), (&[0], 0)] {
        assert!(public.encrypt(&engine(), data, width, &unattended).is_err());
    }
}

#[test]
fn plaintexts_of_every_width_keep_their_sign() {
    let key = PrivateKey::generate().unwrap();
    for width in 1..=8usize {
        let values = [0, 1, -1, 127, -128];
        let data: Vec<u8> = values.iter().flat_map(|v: &i64| v.to_be_bytes()[8 - width..].to_vec()).collect();
        let c = key.public().encrypt(&engine(), &data, width, &unattended).unwrap();
        assert_eq!(decrypt(&key, &c).unwrap(), values, "{width}");
    }
}

#[test]
fn what_is_out_of_range_is_named() {
    let key = PrivateKey::generate().unwrap();
    let public = key.public();
    for bad in [MOST + 1, -MOST - 1] {
        let c = encrypt(&public, &[1, bad]).unwrap();
        assert!(matches!(decrypt(&key, &c), Err(HeError::Decryption { index: 1 })), "{bad}");
    }
    let c = encrypt(&public, &[1]).unwrap();
    let stranger = PrivateKey::generate().unwrap();
    assert!(matches!(decrypt(&stranger, &c), Err(HeError::Decryption { index: 0 })));
    assert!(public.multiply(&engine(), &c, &[1, 2], &unattended).is_err());
    let empty = encrypt(&public, &[]).unwrap();
    assert!(public.add(&engine(), &c, &empty, &unattended).is_err());
    assert!(decrypt(&key, &public.multiply(&engine(), &empty, &[3], &unattended).unwrap()).unwrap().is_empty());
}

/// RFC 9496, A.1 and A.2: multiples of the base point, and encodings that must be refused.
#[test]
fn encodings_are_those_of_the_rfc() {
    let key = PrivateKey::generate().unwrap();
    let zero = "00".repeat(32);
    for (m, encoded) in [
        (0, zero.as_str()),
        (1, "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"),
        (2, "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919"),
        (3, "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259"),
    ] {
        let bytes = HEXLOWER.decode([zero.as_str(), encoded].concat().as_bytes()).unwrap();
        let c = Ciphertexts::from_bytes(&bytes).unwrap();
        assert_eq!((decrypt(&key, &c).unwrap(), c.to_bytes()), (vec![m], bytes));
    }
    for bad in [
        // Above the field's prime.
        "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        // Negative.
        "0100000000000000000000000000000000000000000000000000000000000000",
        "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
        // No square.
        "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
        "4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
    ] {
        for pair in [[bad, zero.as_str()], [zero.as_str(), bad]] {
            let bytes = HEXLOWER.decode([zero.as_str(), zero.as_str(), pair[0], pair[1]].concat().as_bytes()).unwrap();
            assert!(matches!(Ciphertexts::from_bytes(&bytes), Err(HeError::NotCiphertext { index: 1, .. })), "{bad}");
        }
        assert!(PublicKey::from_bytes(&HEXLOWER.decode(bad.as_bytes()).unwrap()).is_err());
    }
    assert!(matches!(Ciphertexts::from_bytes(&[0; 65]), Err(HeError::ElementWidth { bytes: 1, needed: 64, .. })));
    assert!(PublicKey::from_bytes(&[0; 32]).is_err() && PublicKey::from_bytes(&[0; 31]).is_err());
}

#[test]
fn private_keys() {
    let key = PrivateKey::generate().unwrap();
    let again = PrivateKey::import(&key.export()).unwrap();
    assert_eq!(again.public().to_bytes(), key.public().to_bytes());
    let order = HEXLOWER.decode(b"edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").unwrap();
    for bad in [vec![0; 32], vec![255; 32], order, vec![1; 31]] {
        assert!(PrivateKey::import(&Secret::new(bad)).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// What is accepted is the one encoding of its points.
    #[test]
    fn arbitrary_bytes(mut bytes in prop::collection::vec(any::<u8>(), 0..200), plausible: bool) {
        if plausible {
            bytes.truncate(bytes.len() / 64 * 64);
            bytes.chunks_mut(32).filter(|c| c.len() == 32).for_each(|c| { c[0] &= 0xfe; c[31] &= 0x7f; });
        }
        if let Ok(c) = Ciphertexts::from_bytes(&bytes) {
            prop_assert_eq!(c.to_bytes(), bytes);
        }
    }
}
