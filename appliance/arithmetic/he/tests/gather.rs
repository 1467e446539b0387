//! Packing of what is encrypted already: the plaintexts are those that packing before encryption gives.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use engine::{Engine, unattended};
use he::packing::Packing;
use he::{Additive, HeError, PrivateKey, PublicKey, elgamal, generate, okamoto_uchiyama};

fn engine() -> Engine {
    Engine::without_card("a test")
}

fn bytes(numbers: &[i64]) -> Vec<u8> {
    numbers.iter().flat_map(|m| m.to_be_bytes()).collect()
}

/// Numbers at both ends and between, more than a plaintext has room for.
fn numbers(packing: &Packing, most: i64) -> Vec<i64> {
    [most, -most, 0, 1, -1, 77].into_iter().cycle().take(2 * packing.slots() + 5).collect()
}

#[test]
fn paillier() {
    let pair = generate(2048).unwrap();
    let key = PublicKey::new(&pair.n, &pair.hs).unwrap();
    let private = PrivateKey::new(&key, &pair.p, &pair.q).unwrap();
    // The last has shifts that are wider than a factor.
    for (value_bits, summands) in [(20, 3), (9, 100), (63, 1 << 32)] {
        let packing = Packing::new(key.bits(), value_bits, summands).unwrap();
        let plain = numbers(&packing, ((1u64 << value_bits) - 1) as i64);
        let single = key.encrypt(&engine(), &bytes(&plain), 8, &unattended).unwrap();
        let gathered = packing.gather(&engine(), &key, &single, 1, &unattended).unwrap();
        assert_eq!(gathered.count(), packing.plaintexts(plain.len()));
        let clear = private.decrypt(&engine(), &key, &gathered, &unattended).unwrap();
        assert_eq!(*clear, *packing.pack(&plain).unwrap());
        // Sums of sums, as far as there is room.
        let all = key.multiply(&engine(), &single, &[summands.min(1 << 40) as i64], &unattended).unwrap();
        let gathered = packing.gather(&engine(), &key, &all, summands, &unattended).unwrap();
        let clear = private.decrypt(&engine(), &key, &gathered, &unattended).unwrap();
        let found = packing.unpack(&clear, plain.len(), summands).unwrap();
        assert!(found.iter().zip(&plain).all(|(f, x)| *f == i128::from(*x) * i128::from(summands)));
        assert!(matches!(
            packing.gather(&engine(), &key, &all, summands + 1, &unattended),
            Err(HeError::Shape { what }) if what.contains("more summands")
        ));
        // What is larger than was stated is found where it is unpacked.
        let more = key.add(&engine(), &all, &single, &unattended).unwrap();
        let gathered = packing.gather(&engine(), &key, &more, summands, &unattended).unwrap();
        let clear = private.decrypt(&engine(), &key, &gathered, &unattended).unwrap();
        assert!(matches!(packing.unpack(&clear, plain.len(), summands), Err(HeError::Overflow { index: 0 })));
    }
    let longer = Packing::new(3072, 20, 1).unwrap();
    let one = key.encrypt(&engine(), &bytes(&[1]), 8, &unattended).unwrap();
    assert!(longer.gather(&engine(), &key, &one, 1, &unattended).is_err());
    let none = key.encrypt(&engine(), &[], 8, &unattended).unwrap();
    let packing = Packing::new(2048, 20, 1).unwrap();
    assert_eq!(packing.gather(&engine(), &key, &none, 1, &unattended).unwrap().count(), 0);
}

#[test]
fn okamoto_uchiyama_and_elgamal() {
    let pair = okamoto_uchiyama::generate(3072).unwrap();
    let key = okamoto_uchiyama::PublicKey::new(&pair.n, &pair.g).unwrap();
    let private = okamoto_uchiyama::PrivateKey::new(&key, &pair.p, &pair.q).unwrap();
    // Plaintexts are below 2^256: a modulus of two bits more would have that room.
    let packing = Packing::new(258, 20, 3).unwrap();
    let plain = numbers(&packing, (1 << 20) - 1);
    let single = key.encrypt(&engine(), &bytes(&plain), 8, &unattended).unwrap();
    let gathered = packing.gather(&engine(), &key, &single, 1, &unattended).unwrap();
    let clear = private.decrypt(&engine(), &gathered, &unattended).unwrap();
    let found = packing.unpack(&clear, plain.len(), 1).unwrap();
    assert!(found.iter().zip(&plain).all(|(f, x)| *f == i128::from(*x)));
    assert!(Packing::new(2048, 20, 3).unwrap().gather(&engine(), &key, &single, 1, &unattended).is_err());
    let private = elgamal::PrivateKey::generate().unwrap();
    let key = private.public();
    let logarithms = elgamal::DiscreteLogarithms::new(32, 16).unwrap();
    let single = key.encrypt(&engine(), &bytes(&[5, -3, 7]), 8, &unattended).unwrap();
    let both = key.shift_and_add(&engine(), &single, 2, 20, &unattended).unwrap();
    let clear = private.decrypt(&engine(), &logarithms, &both, &unattended).unwrap();
    assert_eq!(*clear, bytes(&[5 - (3 << 20), 7]));
    assert!(key.shift_and_add(&engine(), &single, 3, 20, &unattended).is_err());
    assert!(key.shift_and_add(&engine(), &single, 0, 20, &unattended).is_err());
}
