//! RSA.

use std::sync::Arc;

use engine::{Cpu, Engine, unattended};
use he::rsa::{KeyPair, PUBLIC_EXPONENT, PrivateKey, PublicKey};

use super::{ITEMS, Operation, on_primes, words};

pub(super) fn operations(cpu: Cpu, key: &KeyPair) -> Vec<Operation> {
    let public = Arc::new(PublicKey::new(&key.n, PUBLIC_EXPONENT).unwrap());
    let engine = Arc::new(Engine::on_cpu(cpu));
    let primes = [&key.p, &key.q];
    let sign = on_primes("RSA private operation", primes, {
        let (public, engine) = (public.clone(), engine.clone());
        let numbers: Vec<u8> = (1..=ITEMS as u8).flat_map(|m| std::iter::repeat_n(m, public.bytes())).collect();
        move |[p, q]| {
            let private = PrivateKey::new(&public, &p, &q).unwrap();
            words(&private.raw(&engine, &public, &numbers, &unattended).unwrap())
        }
    });
    let messages = [b"a message".as_slice(); ITEMS];
    let ciphertexts = public.oaep_encrypt(&engine, &messages, b"label", &unattended).unwrap();
    let decrypt = on_primes("RSA-OAEP decryption", primes, move |[p, q]| {
        let private = PrivateKey::new(&public, &p, &q).unwrap();
        // How long a message is, its reader may know.
        let messages = private.oaep_decrypt(&engine, &public, &ciphertexts, b"label", &unattended).unwrap();
        // They would be wiped by their lengths.
        vec![std::mem::ManuallyDrop::new(messages).len() as u64]
    });
    vec![sign, decrypt]
}
