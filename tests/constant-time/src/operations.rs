//! Every operation that takes a secret, behind one face.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use engine::{Cpu, Numbers, read_be, write_be};
use secrets::Secret;

use crate::keys::Keys;

pub(crate) mod curves;
mod encodings;
mod groups;
pub(crate) mod leaks;
mod okamoto_uchiyama;
mod paillier;
mod powers;
mod rsa;

/// Enough for every lane of a group, and one more.
const ITEMS: usize = 9;

type Words = Vec<u64>;
type Run = Box<dyn Fn(&[Words]) -> Words>;

pub(crate) struct Operation {
    pub(crate) name: &'static str,
    /// Secrets of one class: random ones.
    pub(crate) fresh: Box<dyn Fn() -> Vec<Words>>,
    /// Secrets of the other class: always the same, and special.
    pub(crate) fixed: Box<dyn Fn() -> Vec<Words>>,
    pub(crate) run: Run,
}

pub(crate) fn all(cpu: Cpu, keys: &Keys) -> Vec<Operation> {
    let mut all = powers::operations(cpu);
    all.extend(paillier::operations(cpu));
    all.extend(rsa::operations(cpu, &keys.rsa));
    all.extend(okamoto_uchiyama::operations(cpu, &keys.okamoto_uchiyama));
    all.extend(groups::operations(cpu));
    all
}

/// Those in which no vector unit has a part.
pub(crate) fn without_units() -> Vec<Operation> {
    let mut all = encodings::operations();
    all.push(paillier::generation());
    all
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

/// An operation on 64-bit plaintexts, against zeros; bytes in and out.
fn on_plaintexts(name: &'static str, run: impl Fn(&[u8]) -> Vec<u8> + 'static) -> Operation {
    operation(name, ITEMS, 1, move |m| {
        let bytes: Vec<u8> = m.words().iter().flat_map(|w| w.to_be_bytes()).collect();
        Numbers::from_words(1, words(&run(&bytes))).unwrap()
    })
}

/// An operation whose secret is its key: two primes, less the words at their ends, which hold their length and parity.
fn on_primes(name: &'static str, primes: [&Secret; 2], run: impl Fn([Secret; 2]) -> Words + 'static) -> Operation {
    let primes = primes.map(|prime| {
        let mut words = vec![0; prime.len().div_ceil(8)];
        read_be(prime.expose(), &mut words);
        words
    });
    let inner = primes.clone().map(|prime| prime[1..prime.len() - 1].to_vec()).to_vec();
    let again = inner.clone();
    Operation {
        name,
        fresh: Box::new(move || inner.clone()),
        fixed: Box::new(move || again.clone()),
        run: Box::new(move |inner| {
            let whole = |i: usize| {
                let prime: &Words = &primes[i];
                let words = [&prime[..1], &inner[i], &prime[prime.len() - 1..]].concat();
                let mut bytes = vec![0; words.len() * 8];
                write_be(&words, &mut bytes);
                Secret::new(bytes)
            };
            run([whole(0), whole(1)])
        }),
    }
}

fn words(bytes: &[u8]) -> Words {
    let mut bytes = bytes.to_vec();
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes.chunks_exact(8).map(|c| u64::from_le_bytes(c.try_into().unwrap())).collect()
}

fn random(words: usize) -> Words {
    (0..words).map(|_| getrandom::u64().unwrap()).collect()
}
