//! Key pairs that the tests of a process share.

use std::sync::LazyLock;

use he::diffie_hellman::GroupName;
use he::{diffie_hellman, elgamal, okamoto_uchiyama};

/// One pair of a kind for all tests of a process: making one takes the longest.
pub(super) static PAIR: LazyLock<he::KeyPair> = LazyLock::new(|| he::generate(2048).unwrap());
pub(super) static RSA_PAIR: LazyLock<he::rsa::KeyPair> = LazyLock::new(|| he::rsa::generate(2048).unwrap());
pub(super) static SUM_PAIR: LazyLock<okamoto_uchiyama::KeyPair> =
    LazyLock::new(|| okamoto_uchiyama::generate(3072).unwrap());
pub(super) static CURVE_KEY: LazyLock<elgamal::PrivateKey> = LazyLock::new(|| elgamal::PrivateKey::generate().unwrap());
/// Of [`GroupName::Ffdhe2048`].
pub(super) static GROUP_KEY: LazyLock<diffie_hellman::PrivateKey> =
    LazyLock::new(|| diffie_hellman::PrivateKey::generate(&group()).unwrap());

pub(super) fn group() -> diffie_hellman::Group {
    diffie_hellman::Group::new(GroupName::Ffdhe2048).unwrap()
}
