//! The peers do what they are measured for: FATE-style Paillier on GMP and ours read each other's ciphertexts, OpenSSL's
//! private operation is a power.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use bench::peers::{fate, gmp, openssl};
use engine::{Engine, unattended};
use he::Additive;
use rug::Integer;

const VALUES: [i64; 6] = [0, 1, -1, 8_388_607, -8_388_608, i64::MIN];

#[test]
fn ciphertexts_are_exchanged_with_the_fate_style_peer() {
    let pair = he::generate(2048).unwrap();
    let public = he::PublicKey::new(&pair.n, &pair.hs).unwrap();
    let private = he::PrivateKey::new(&public, &pair.p, &pair.q).unwrap();
    let peer = fate::PublicKey::new(gmp::from_be(&pair.n));
    let peer_private = fate::PrivateKey::new(gmp::from_be(pair.p.expose()), gmp::from_be(pair.q.expose())).unwrap();
    let engine = Engine::without_card("a test");
    let bytes: Vec<u8> = VALUES.iter().flat_map(|m| m.to_be_bytes()).collect();

    let ours = public.encrypt(&engine, &bytes, 8, &unattended).unwrap();
    let width = public.ciphertext_bytes();
    let read: Vec<Integer> = gmp::all_from_be(&ours.to_be(), width).iter().map(|c| peer_private.decrypt(c)).collect();
    assert_eq!(read, VALUES.map(Integer::from));

    let mut random = gmp::random().unwrap();
    let theirs: Vec<u8> =
        VALUES.iter().flat_map(|m| gmp::to_be(&peer.encrypt(&Integer::from(*m), &mut random), width)).collect();
    let theirs = public.accept(&engine, &theirs).unwrap();
    let clear = private.decrypt(&engine, &public, &theirs, &unattended).unwrap();
    let expected: Vec<u8> = VALUES
        .iter()
        .flat_map(|m| {
            let sign = if *m < 0 { 0xff } else { 0 };
            [vec![sign; public.plaintext_bytes() - 8], m.to_be_bytes().to_vec()].concat()
        })
        .collect();
    assert_eq!(*clear, expected);
}

#[test]
fn the_peer_computes_scalar_products_of_both_signs() {
    let mut random = gmp::random().unwrap();
    let (p, q) = fate::generate(512, &mut random);
    let n = Integer::from(&p * &q);
    assert_eq!(n.significant_bits(), 512);
    let (public, private) = (fate::PublicKey::new(n), fate::PrivateKey::new(p, q).unwrap());
    let row: Vec<Integer> = VALUES.iter().map(|m| public.encrypt(&Integer::from(*m), &mut random)).collect();
    let scalars = [5, -7, 11, 8_388_607, -8_388_608, 0];
    let expected: i128 = VALUES.iter().zip(scalars).map(|(m, s)| i128::from(*m) * i128::from(s)).sum();
    assert_eq!(private.decrypt(&public.dot(&row, &scalars).unwrap()), expected);
    let sum = public.add(&row[3], &row[4]);
    assert_eq!(private.decrypt(&sum), -1);
    // Obfuscated: the same plaintext twice gives two ciphertexts.
    assert_ne!(public.encrypt(&Integer::from(1), &mut random), public.encrypt(&Integer::from(1), &mut random));
}

#[test]
fn what_is_no_unit_is_refused_by_the_peer() {
    let (p, q) = fate::generate(512, &mut gmp::random().unwrap());
    let public = fate::PublicKey::new(Integer::from(&p * &q));
    assert!(public.multiply(&p, -1).is_err());
    assert!(public.multiply(&p, 1).is_ok());
}

#[test]
fn openssl_raises_to_the_private_exponent() {
    let key = openssl::PrivateRsa::generate(2048).unwrap();
    let numbers = key.numbers().unwrap();
    let (n, e) = (gmp::from_be(&numbers.n), Integer::from(numbers.e));
    assert_eq!(gmp::from_be(&numbers.p) * gmp::from_be(&numbers.q), n);
    let mut random = gmp::random().unwrap();
    let inputs: Vec<Integer> = (0..8).map(|_| n.clone().random_below(&mut random)).collect();
    let bytes: Vec<u8> = inputs.iter().flat_map(|x| gmp::to_be(x, 256)).collect();
    let outputs = key.private_each(&bytes, 256).unwrap();
    let back: Vec<Integer> = gmp::all_from_be(&outputs, 256).into_iter().map(|y| y.pow_mod(&e, &n).unwrap()).collect();
    assert_eq!(back, inputs);
}
