//! Okamoto-Uchiyama.

use std::sync::Arc;

use engine::{Cpu, Engine, unattended};
use he::Additive;
use he::okamoto_uchiyama::{KeyPair, PrivateKey, PublicKey};

use super::{ITEMS, Operation, on_plaintexts, on_primes, words};

pub(super) fn operations(cpu: Cpu, key: &KeyPair) -> Vec<Operation> {
    let public = Arc::new(PublicKey::new(&key.n, &key.g).unwrap());
    let engine = Arc::new(Engine::on_cpu(cpu));
    let ciphertexts = public.encrypt(&engine, &[7; ITEMS], 1, &unattended).unwrap();
    let encrypt = on_plaintexts("Okamoto-Uchiyama encryption", {
        let (public, engine) = (public.clone(), engine.clone());
        move |m| public.encrypt(&engine, m, 8, &unattended).unwrap().to_be(&public)
    });
    let embed = on_plaintexts("Okamoto-Uchiyama embedding", {
        let (public, engine) = (public.clone(), engine.clone());
        move |m| public.embed(&engine, m, 8, &unattended).unwrap().to_be(&public)
    });
    let decrypt = on_primes("Okamoto-Uchiyama decryption", [&key.p, &key.q], move |[p, q]| {
        let private = PrivateKey::new(&public, &p, &q).unwrap();
        words(&private.decrypt(&engine, &ciphertexts, &unattended).unwrap())
    });
    vec![encrypt, embed, decrypt]
}
