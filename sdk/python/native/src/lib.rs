//! `coffer._native`: Paillier batches for the Python package `coffer`, and the judgement of evidence.
//!
//! Numbers cross the border as bytes: big-endian, of a fixed width, one after the other; machine integers as
//! little-endian 64-bit words. Every call works on a batch, without the interpreter's lock, and is stopped by a signal
//! (Ctrl-C). What is wrong becomes an exception of `coffer.errors`.
//!
//! A ciphertext that Python hands in was made or checked here before (`PublicKey.accept`): the calls that compute check
//! its range alone. Decryption checks by itself that each is a unit.

use pyo3::prelude::*;

mod calls;
mod errors;
mod evidence;
mod private;
mod public;
mod spare;

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::calls::{set_threads, threads};
    #[pymodule_export]
    use super::evidence::judge_evidence;
    #[pymodule_export]
    use super::private::{PrivateKey, generate};
    #[pymodule_export]
    use super::public::PublicKey;
}
