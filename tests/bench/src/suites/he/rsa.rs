//! RSA's private operation on batches of eight, against OpenSSL's, which uses IFMA too where the processor has it.

use engine::unattended;
use secrets::Secret;

use super::{Bench, SUITE};
use crate::measure::compare;
use crate::peers::{gmp, openssl};
use crate::{BenchError, Case, check};

const BATCH: usize = 8;
const OPENSSL: &str = "OpenSSL EVP, one by one";

pub(super) fn private(bench: &mut Bench, bits: u32) -> Result<(), BenchError> {
    let engine = bench.engine();
    let theirs = openssl::PrivateRsa::generate(bits)?;
    let numbers = theirs.numbers()?;
    let public = he::rsa::PublicKey::new(&numbers.n, numbers.e)?;
    let ours = he::rsa::PrivateKey::new(&public, &Secret::copy_of(&numbers.p), &Secret::copy_of(&numbers.q))?;
    let (n, mut random) = (gmp::from_be(&numbers.n), gmp::random()?);
    let width = public.bytes();
    let inputs: Vec<u8> = (0..BATCH).flat_map(|_| gmp::to_be(&n.clone().random_below(&mut random), width)).collect();
    let same = ours.raw(&engine, &public, &inputs, &unattended)?.as_slice() == theirs.private_each(&inputs, width)?;
    check(same, "the private operation")?;
    let found = compare(
        &bench.plan,
        || {
            ours.raw(&engine, &public, &inputs, &unattended)?;
            Ok(BATCH)
        },
        || {
            std::hint::black_box(theirs.private_each(&inputs, width)?);
            Ok(BATCH)
        },
    )?;
    let case = Case::rates(SUITE, "RSA private operation, batches of 8", bits as usize, "1/s", OPENSSL, &found);
    bench.add(case.target_at_2048(2.0));
    Ok(())
}
