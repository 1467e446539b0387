//! `coffer._native`: batches of Paillier and of the other schemes for the Python package `coffer`, and the judgement of evidence.
//!
//! Numbers cross the border as bytes: big-endian, of a fixed width, one after the other; machine integers as
//! little-endian 64-bit words. Every call works on a batch, without the interpreter's lock, and is stopped by a signal
//! (Ctrl-C). What is wrong becomes an exception of `coffer.errors`.
//!
//! A ciphertext that Python hands in was made or checked here before (`PublicKey.accept`): the calls that compute check
//! its range alone. Decryption checks by itself that each is a unit.

use pyo3::prelude::*;

mod calls;
mod coders;
mod errors;
mod evidence;
mod groups;
mod private;
mod public;
mod spare;
mod sums;

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::calls::{set_threads, threads};
    #[pymodule_export]
    use super::coders::{float_quotients, heu_integers, joined_floats, rounded_quotients, split_floats};
    #[pymodule_export]
    use super::evidence::judge_evidence;
    #[pymodule_export]
    use super::groups::{DiffieHellmanKey, hash_to_group, pack, unpack};
    #[pymodule_export]
    use super::private::{PrivateKey, generate};
    #[pymodule_export]
    use super::public::PublicKey;
    #[pymodule_export]
    use super::sums::{SumPrivateKey, SumPublicKey};
}
