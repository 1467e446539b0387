//! Every operation that takes a secret, behind one face.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::sync::Arc;

use engine::{Backend, Cpu, Engine, FixedBase, Modulus, Numbers, unattended, write_be};
use he::{KeyPair, PrivateKey, PublicKey};
use secrets::Secret;

/// Enough for every lane of a group, and one more.
const ITEMS: usize = 9;
const LIMBS: usize = 8;

type Words = Vec<u64>;
type Run = Box<dyn Fn(&[Words]) -> Words>;
type RunOnBytes = Box<dyn Fn(&[u8]) -> Vec<u8>>;

pub(crate) struct Operation {
    pub(crate) name: &'static str,
    /// Secrets of one class: random ones.
    pub(crate) fresh: Box<dyn Fn() -> Vec<Words>>,
    /// Secrets of the other class: always the same, and special.
    pub(crate) fixed: Box<dyn Fn() -> Vec<Words>>,
    pub(crate) run: Run,
}

pub(crate) fn all(cpu: Cpu) -> Vec<Operation> {
    let mut all = powers(cpu);
    all.extend(paillier(cpu));
    all
}

fn powers(cpu: Cpu) -> Vec<Operation> {
    let modulus = Arc::new(modulus());
    let bases = Arc::new(below(&modulus, ITEMS));
    let fixed_base = Arc::new(FixedBase::new(modulus.clone(), bases.item(0), 64 * LIMBS).unwrap());
    fixed_base.prepare(cpu.unit());
    let one_exponent = operation("power with a common exponent", 1, LIMBS, {
        let (modulus, bases) = (modulus.clone(), bases.clone());
        move |e| cpu.pow_common(&modulus, &bases, e.words(), &unattended).unwrap()
    });
    let each = operation("power with an exponent each", ITEMS, LIMBS, {
        let (modulus, bases) = (modulus.clone(), bases.clone());
        move |e| cpu.pow_each(&modulus, &bases, &e, &unattended).unwrap()
    });
    let fixed = operation("power of a fixed base", ITEMS, LIMBS, {
        move |e| cpu.pow_fixed_base(&fixed_base, &e, &unattended).unwrap()
    });
    let factors = Operation {
        fixed: Box::new(|| vec![vec![0; LIMBS * ITEMS]]),
        ..operation("product", ITEMS, LIMBS, move |mut a| {
            // Below the modulus, whose top bit is set.
            a.iter_mut().for_each(|item| item[LIMBS - 1] >>= 1);
            cpu.mul(&modulus, &a, &a, &unattended).unwrap()
        })
    };
    vec![one_exponent, each, fixed, factors]
}

/// Short keys: the code is the same for all.
fn paillier(cpu: Cpu) -> Vec<Operation> {
    let KeyPair { n, hs, p, q } = he::generate_for_comparison(1024).unwrap();
    let public = Arc::new(PublicKey::for_comparison(&n, Some(&hs)).unwrap());
    let engine = Arc::new(Engine::on_cpu(cpu));
    let private = Arc::new(PrivateKey::new(&public, &p, &q).unwrap());
    public.prepare(&engine);
    private.prepare(&engine);
    let ciphertexts = Arc::new(public.encrypt(&engine, &[7; ITEMS], 1, &unattended).unwrap());
    let words = |bytes: &[u8]| -> Words {
        let mut bytes = bytes.to_vec();
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes.chunks_exact(8).map(|c| u64::from_le_bytes(c.try_into().unwrap())).collect()
    };
    let plain = |name, run: RunOnBytes| {
        operation(name, ITEMS, 1, move |m| {
            let bytes: Vec<u8> = m.words().iter().flat_map(|w| w.to_be_bytes()).collect();
            Numbers::from_words(1, words(&run(&bytes))).unwrap()
        })
    };
    let encrypt = plain("Paillier encryption", {
        let (public, engine) = (public.clone(), engine.clone());
        Box::new(move |m| public.encrypt(&engine, m, 8, &unattended).unwrap().to_be())
    });
    let own = plain("Paillier encryption by the owner", {
        let (public, engine, private) = (public.clone(), engine.clone(), private.clone());
        Box::new(move |m| private.encrypt(&engine, &public, m, 8, &unattended).unwrap().to_be())
    });
    // The key itself is the secret here: the two primes, less the words at their ends, which hold their length and parity.
    let (p, q) = (be_words(p.expose()), be_words(q.expose()));
    let inner = |prime: &Words| prime[1..prime.len() - 1].to_vec();
    let (inner_p, inner_q) = (inner(&p), inner(&q));
    let primes = move || vec![inner_p.clone(), inner_q.clone()];
    let decrypt = Operation {
        name: "Paillier decryption",
        fresh: Box::new(primes.clone()),
        fixed: Box::new(primes),
        run: Box::new(move |secrets| {
            let secret = |inner: &Words, prime: &Words| {
                let words = [&prime[..1], inner, &prime[prime.len() - 1..]].concat();
                let mut bytes = vec![0; words.len() * 8];
                write_be(&words, &mut bytes);
                Secret::new(bytes)
            };
            let private = PrivateKey::new(&public, &secret(&secrets[0], &p), &secret(&secrets[1], &q)).unwrap();
            words(&private.decrypt_residues(&engine, &public, &ciphertexts, &unattended).unwrap())
        }),
    };
    vec![encrypt, own, decrypt]
}

/// An operation on `count` random numbers of `limbs` words, against zeros.
fn operation(name: &'static str, count: usize, limbs: usize, run: impl Fn(Numbers) -> Numbers + 'static) -> Operation {
    Operation {
        name,
        fresh: Box::new(move || vec![random(count * limbs)]),
        fixed: Box::new(move || vec![vec![0; count * limbs]]),
        run: Box::new(move |secrets| run(Numbers::from_words(limbs, secrets[0].clone()).unwrap()).words().to_vec()),
    }
}

fn random(words: usize) -> Words {
    (0..words).map(|_| getrandom::u64().unwrap()).collect()
}

fn modulus() -> Modulus {
    let mut n = random(LIMBS);
    n[0] |= 1;
    n[LIMBS - 1] |= 1 << 63;
    Modulus::new(&n).unwrap()
}

fn below(modulus: &Modulus, count: usize) -> Numbers {
    let mut numbers = Numbers::from_words(modulus.limbs(), random(modulus.limbs() * count)).unwrap();
    numbers.iter_mut().for_each(|item| item[modulus.limbs() - 1] >>= 1);
    numbers
}

fn be_words(bytes: &[u8]) -> Words {
    let mut words = vec![0; bytes.len().div_ceil(8)];
    engine::read_be(bytes, &mut words);
    words
}
