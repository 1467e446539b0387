//! Paillier. Short keys: the code is the same for all.

use std::sync::Arc;

use engine::{Cpu, Engine, Numbers, read_be, unattended, write_be};
use he::{Additive, KeyPair, PrivateKey, PublicKey};
use secrets::Secret;

use super::{ITEMS, Operation, on_plaintexts, on_primes, operation, words};

/// Of the keys.
const BITS: u32 = 1024;
/// Of the keys that are made under memcheck's eyes, which takes long.
const BITS_MADE: u32 = 512;

pub(super) fn operations(cpu: Cpu) -> Vec<Operation> {
    let KeyPair { n, hs, p, q } = he::generate_for_comparison(BITS).unwrap();
    let public = Arc::new(PublicKey::for_comparison(&n, Some(&hs)).unwrap());
    let textbook = Arc::new(PublicKey::for_comparison(&n, None).unwrap());
    let engine = Arc::new(Engine::on_cpu(cpu));
    let private = Arc::new(PrivateKey::new(&public, &p, &q).unwrap());
    public.prepare(&engine);
    private.prepare(&engine);
    // Of both signs, and 0.
    let plaintexts: Vec<u8> = (0..ITEMS as u8).map(|i| if i % 2 == 0 { i } else { 0u8.wrapping_sub(i) }).collect();
    let ciphertexts = Arc::new(public.encrypt(&engine, &plaintexts, 1, &unattended).unwrap());
    let encrypts = |name, public: &Arc<PublicKey>| {
        let (public, engine) = (public.clone(), engine.clone());
        on_plaintexts(name, move |m| public.encrypt(&engine, m, 8, &unattended).unwrap().to_be())
    };
    let own = on_plaintexts("Paillier encryption by the owner", {
        let (private, public, engine) = (private.clone(), public.clone(), engine.clone());
        move |m| private.encrypt(&engine, &public, m, 8, &unattended).unwrap().to_be()
    });
    let residues = on_residues("Paillier encryption of residues", &public, {
        let (public, engine) = (public.clone(), engine.clone());
        move |m| public.encrypt_residues(&engine, m, &unattended).unwrap().to_be()
    });
    let own_residues = on_residues("Paillier encryption of residues by the owner", &public, {
        let (private, public, engine) = (private.clone(), public.clone(), engine.clone());
        move |m| private.encrypt_residues(&engine, &public, m, &unattended).unwrap().to_be()
    });
    let ready = on_plaintexts("Paillier encryption with obfuscators made before", {
        let (public, engine) = (public.clone(), engine.clone());
        move |m| {
            let obfuscators = public.obfuscators(&engine, ITEMS, &unattended).unwrap();
            public.encrypt_with(&engine, m, 8, obfuscators, &unattended).unwrap().to_be()
        }
    });
    // Its only secret is what it draws.
    let obfuscate = on_plaintexts("Paillier obfuscation", {
        let (public, engine, ciphertexts) = (public.clone(), engine.clone(), ciphertexts.clone());
        move |_| public.obfuscate(&engine, &ciphertexts, &unattended).unwrap().to_be()
    });
    let decrypt = on_primes("Paillier decryption", [&p, &q], {
        let (public, engine, ciphertexts) = (public.clone(), engine.clone(), ciphertexts.clone());
        move |[p, q]| {
            let private = PrivateKey::new(&public, &p, &q).unwrap();
            words(&private.decrypt_residues(&engine, &public, &ciphertexts, &unattended).unwrap())
        }
    });
    let signed = on_primes("Paillier decryption to signed numbers", [&p, &q], {
        let (public, engine, ciphertexts) = (public.clone(), engine.clone(), ciphertexts.clone());
        move |[p, q]| {
            let private = PrivateKey::new(&public, &p, &q).unwrap();
            words(&private.decrypt(&engine, &public, &ciphertexts, &unattended).unwrap())
        }
    });
    let (encrypt, full) =
        (encrypts("Paillier encryption", &public), encrypts("Paillier encryption with n alone", &textbook));
    vec![encrypt, full, own, residues, own_residues, ready, obfuscate, decrypt, signed]
}

/// The making of a key pair: once, since no unit of the processor has a part in it.
pub(super) fn generation() -> Operation {
    let make = move |_: &[Vec<u64>]| {
        let pair = he::generate_for_comparison(BITS_MADE).unwrap();
        let public = [words(&pair.n), words(&pair.hs)].concat();
        [public, of(&pair.p), of(&pair.q)].concat()
    };
    let none = || vec![vec![0]];
    Operation { name: "making a Paillier key pair", fresh: Box::new(none), fixed: Box::new(none), run: Box::new(make) }
}

fn of(secret: &Secret) -> Vec<u64> {
    let mut words = vec![0; secret.len().div_ceil(8)];
    read_be(secret.expose(), &mut words);
    words
}

/// An operation on residues: random ones, a bit shorter than n, against zeros; bytes in and out.
fn on_residues(name: &'static str, public: &PublicKey, run: impl Fn(&[u8]) -> Vec<u8> + 'static) -> Operation {
    let limbs = public.plaintext_bytes() / 8;
    operation(name, ITEMS, limbs, move |mut m| {
        m.iter_mut().for_each(|residue| residue[limbs - 1] >>= 1);
        let mut bytes = vec![0; m.words().len() * 8];
        for (residue, bytes) in m.iter().zip(bytes.chunks_exact_mut(limbs * 8)) {
            write_be(residue, bytes);
        }
        Numbers::from_words(1, words(&run(&bytes))).unwrap()
    })
}
