//! Paillier against FATE-style Paillier on GMP, RSA against OpenSSL.

use super::Bench;
use super::inputs::Keys;
use crate::BenchError;

mod encryption;
mod matrix;
mod rsa;

const SUITE: &str = "he";
const FATE: &str = "FATE-style on GMP";

pub(super) fn run(bench: &mut Bench) -> Result<(), BenchError> {
    for bits in [2048, 3072] {
        let keys = Keys::generate(bits)?;
        encryption::tables(bench, &keys)?;
        encryption::encrypt(bench, &keys)?;
        encryption::decrypt(bench, &keys)?;
        encryption::elementwise(bench, &keys)?;
        matrix::products(bench, &keys)?;
        rsa::private(bench, bits)?;
    }
    Ok(())
}
