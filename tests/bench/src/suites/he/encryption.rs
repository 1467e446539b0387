//! Encryption, decryption and the operations on single elements.

use engine::unattended;
use he::Additive;

use super::{Bench, FATE, SUITE};
use crate::measure::{alone, compare};
use crate::peers::gmp;
use crate::suites::inputs::{self, Keys, WIDTH};
use crate::{BenchError, Case, check};

/// Elements of one of our calls.
const BATCH: usize = 256;
/// Elements of one of the peer's calls, which takes them one by one in any case.
const PEER_BATCH: usize = 8;

/// The obfuscators' tables: made once for a key.
pub(super) fn tables(bench: &mut Bench, keys: &Keys) -> Result<(), BenchError> {
    let (engine, bits) = (bench.engine(), keys.public.bits());
    let public = |size: &mut usize| {
        *size = he::PublicKey::new(&keys.pair.n, &keys.pair.hs)?.prepare(&engine);
        Ok(1)
    };
    let private = |size: &mut usize| {
        *size = he::PrivateKey::new(&keys.public, &keys.pair.p, &keys.pair.q)?.prepare(&engine);
        Ok(1)
    };
    type Make<'a> = &'a dyn Fn(&mut usize) -> Result<usize, BenchError>;
    let tables: [(&str, Make<'_>); 2] = [("the fixed base", &public), ("the own key's fixed bases", &private)];
    for (name, make) in tables {
        let mut size = 0;
        let found = alone(&bench.plan, || make(&mut size))?;
        let time = Case::value(SUITE, format!("time to make the table of {name}"), bits, found.median, "s");
        bench.add(time.measured(&found));
        let mib = size as f64 / f64::from(1 << 20);
        bench.add(Case::value(SUITE, format!("size of the table of {name}"), bits, mib, "MiB"));
    }
    keys.public.prepare(&engine);
    keys.private.prepare(&engine);
    Ok(())
}

/// Under a key with a fixed base, under someone else's, and under one's own with both primes.
pub(super) fn encrypt(bench: &mut Bench, keys: &Keys) -> Result<(), BenchError> {
    let (engine, bits, mut random) = (bench.engine(), keys.public.bits(), gmp::random()?);
    let values = inputs::plaintexts(BATCH, &mut random);
    let (bytes, integers) = (inputs::bytes(&values), inputs::integers(&values));
    let textbook = he::PublicKey::textbook(&keys.pair.n)?;
    let fixed_base = || keys.public.encrypt(&engine, &bytes, WIDTH, &unattended);
    let own = || keys.private.encrypt(&engine, &keys.public, &bytes, WIDTH, &unattended);
    let full = || textbook.encrypt(&engine, &bytes[..32 * WIDTH], WIDTH, &unattended);
    for ours in [fixed_base()?, own()?, full()?] {
        let found = gmp::all_from_be(&ours.to_be(), keys.public.ciphertext_bytes());
        let same = found.iter().zip(&integers).take(32).all(|(c, m)| keys.peer_private.decrypt(c) == *m);
        check(same, "our encryption, decrypted by the peer")?;
    }
    let mut next = (0..integers.len()).cycle();
    let mut peer = || {
        for _ in 0..PEER_BATCH {
            std::hint::black_box(keys.peer.encrypt(&integers[next.next().unwrap_or(0)], &mut random));
        }
        Ok(PEER_BATCH)
    };
    type Contender<'a> = &'a dyn Fn() -> Result<he::Ciphertexts, he::HeError>;
    let cases: [(&str, Contender<'_>, f64); 3] = [
        ("encrypt (DJN, fixed base)", &fixed_base, 80.0),
        ("encrypt (own key, CRT)", &own, 150.0),
        ("encrypt (someone else's key, full r^n)", &full, 5.0),
    ];
    for (name, ours, target) in cases {
        let found = compare(&bench.plan, || Ok(ours()?.count()), &mut peer)?;
        bench.add(Case::rates(SUITE, name, bits, "1/s", FATE, &found).target_at_2048(target));
    }
    Ok(())
}

pub(super) fn decrypt(bench: &mut Bench, keys: &Keys) -> Result<(), BenchError> {
    let (engine, bits) = (bench.engine(), keys.public.bits());
    let values = inputs::plaintexts(BATCH, &mut gmp::random()?);
    let ciphertexts = keys.public.encrypt(&engine, &inputs::bytes(&values), WIDTH, &unattended)?;
    let theirs = gmp::all_from_be(&ciphertexts.to_be(), keys.public.ciphertext_bytes());
    let clear = keys.private.decrypt(&engine, &keys.public, &ciphertexts, &unattended)?;
    let integers = inputs::integers(&values);
    check(inputs::decrypted(&clear, keys.public.plaintext_bytes()) == integers, "our decryption")?;
    let mut next = (0..theirs.len()).cycle();
    let found = compare(
        &bench.plan,
        || {
            keys.private.decrypt(&engine, &keys.public, &ciphertexts, &unattended)?;
            Ok(BATCH)
        },
        || {
            for _ in 0..PEER_BATCH {
                let at = next.next().unwrap_or(0);
                check(keys.peer_private.decrypt(&theirs[at]) == integers[at], "the peer's decryption")?;
            }
            Ok(PEER_BATCH)
        },
    )?;
    bench.add(Case::rates(SUITE, "decrypt (CRT)", bits, "1/s", FATE, &found).target_at_2048(5.0));
    Ok(())
}

/// Sums and products, element by element.
pub(super) fn elementwise(bench: &mut Bench, keys: &Keys) -> Result<(), BenchError> {
    let (engine, bits, mut random) = (bench.engine(), keys.public.bits(), gmp::random()?);
    let (public, width) = (&keys.public, keys.public.ciphertext_bytes());
    let values = inputs::plaintexts(BATCH, &mut random);
    let scalars = inputs::scalars(BATCH, &mut random);
    let ours = public.encrypt(&engine, &inputs::bytes(&values), WIDTH, &unattended)?;
    let theirs = gmp::all_from_be(&ours.to_be(), width);
    let sums = gmp::all_from_be(&public.add(&engine, &ours, &ours, &unattended)?.to_be(), width);
    let products = gmp::all_from_be(&public.multiply(&engine, &ours, &scalars, &unattended)?.to_be(), width);
    for (i, c) in theirs.iter().enumerate() {
        check(keys.peer.add(c, c) == sums[i], "a sum of ciphertexts")?;
        check(keys.peer.multiply(c, scalars[i])? == products[i], "a product of a ciphertext")?;
    }
    let found = compare(
        &bench.plan,
        || Ok(public.add(&engine, &ours, &ours, &unattended)?.count()),
        || {
            theirs.iter().for_each(|c| drop(std::hint::black_box(keys.peer.add(c, c))));
            Ok(BATCH)
        },
    )?;
    bench.add(Case::rates(SUITE, "ct + ct", bits, "1/s", FATE, &found));
    let found = compare(
        &bench.plan,
        || Ok(public.multiply(&engine, &ours, &scalars, &unattended)?.count()),
        || {
            for (c, scalar) in theirs.iter().zip(&scalars) {
                std::hint::black_box(keys.peer.multiply(c, *scalar)?);
            }
            Ok(BATCH)
        },
    )?;
    bench.add(Case::rates(SUITE, "ct x 24-bit pt, element by element", bits, "1/s", FATE, &found));
    Ok(())
}
