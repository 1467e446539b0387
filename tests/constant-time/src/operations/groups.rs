//! Diffie-Hellman and ElGamal. Finding an ElGamal plaintext is a search by it, and is not among these.

use std::sync::Arc;

use engine::{Cpu, Engine, Numbers, unattended, write_be};
use he::diffie_hellman::{self, Group, GroupName};
use he::{Additive, elgamal};
use secrets::Secret;

use super::{ITEMS, Operation, on_plaintexts, operation, words};

/// Of a private exponent in the group of 2048 bits.
const LIMBS: usize = 5;

pub(super) fn operations(cpu: Cpu) -> Vec<Operation> {
    let group = Group::new(GroupName::Ffdhe2048).unwrap();
    let engine = Arc::new(Engine::on_cpu(cpu));
    let inputs = [b"an element".as_slice(); ITEMS];
    let elements = group.hash(&engine, &inputs, b"domain", &unattended).unwrap();
    let raise = Operation {
        // Zero is no exponent.
        fixed: Box::new(|| vec![vec![1; LIMBS]]),
        ..operation("Diffie-Hellman", 1, LIMBS, {
            let engine = engine.clone();
            move |exponent| {
                let mut bytes = vec![0; LIMBS * 8];
                write_be(exponent.words(), &mut bytes);
                let private = diffie_hellman::PrivateKey::import(&group, &Secret::new(bytes)).unwrap();
                let raised = private.raise(&engine, &group, &elements, &unattended).unwrap();
                Numbers::from_words(1, words(&raised.to_be())).unwrap()
            }
        })
    };
    let group = Group::new(GroupName::Ffdhe2048).unwrap();
    let value = Operation {
        fixed: Box::new(|| vec![vec![1; LIMBS]]),
        ..operation("Diffie-Hellman public value", 1, LIMBS, move |exponent| {
            let mut bytes = vec![0; LIMBS * 8];
            write_be(exponent.words(), &mut bytes);
            let private = diffie_hellman::PrivateKey::import(&group, &Secret::new(bytes)).unwrap();
            Numbers::from_words(1, words(&private.public_value(&group).to_be())).unwrap()
        })
    };
    let public = Arc::new(elgamal::PrivateKey::generate().unwrap().public());
    let encrypt = on_plaintexts("ElGamal encryption", {
        let (public, engine) = (public.clone(), engine.clone());
        // Of 4 bytes each: all of them are in range.
        move |m| public.encrypt(&engine, m, 4, &unattended).unwrap().to_bytes()
    });
    let embed =
        on_plaintexts("ElGamal embedding", move |m| public.embed(&engine, m, 4, &unattended).unwrap().to_bytes());
    vec![raise, value, encrypt, embed]
}
