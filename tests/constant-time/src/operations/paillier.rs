//! Paillier. Short keys: the code is the same for all.

use std::sync::Arc;

use engine::{Cpu, Engine, unattended};
use he::{KeyPair, PrivateKey, PublicKey};

use super::{ITEMS, Operation, on_plaintexts, on_primes, words};

pub(super) fn operations(cpu: Cpu) -> Vec<Operation> {
    let KeyPair { n, hs, p, q } = he::generate_for_comparison(1024).unwrap();
    let public = Arc::new(PublicKey::for_comparison(&n, Some(&hs)).unwrap());
    let engine = Arc::new(Engine::on_cpu(cpu));
    let private = Arc::new(PrivateKey::new(&public, &p, &q).unwrap());
    public.prepare(&engine);
    private.prepare(&engine);
    let ciphertexts = public.encrypt(&engine, &[7; ITEMS], 1, &unattended).unwrap();
    let encrypt = on_plaintexts("Paillier encryption", {
        let (public, engine) = (public.clone(), engine.clone());
        move |m| public.encrypt(&engine, m, 8, &unattended).unwrap().to_be()
    });
    let own = on_plaintexts("Paillier encryption by the owner", {
        let (public, engine) = (public.clone(), engine.clone());
        move |m| private.encrypt(&engine, &public, m, 8, &unattended).unwrap().to_be()
    });
    let decrypt = on_primes("Paillier decryption", [&p, &q], move |[p, q]| {
        let private = PrivateKey::new(&public, &p, &q).unwrap();
        words(&private.decrypt_residues(&engine, &public, &ciphertexts, &unattended).unwrap())
    });
    vec![encrypt, own, decrypt]
}
