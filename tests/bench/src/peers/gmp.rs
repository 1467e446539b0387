//! GMP's integers, and the way to them and back.

use rug::Integer;
use rug::integer::Order;
use rug::rand::RandState;

use crate::BenchError;

/// GMP's version: the one of the headers, which the build compares with the library's.
pub fn version() -> String {
    use gmp_mpfr_sys::gmp;
    format!("GMP {}.{}.{}", gmp::VERSION, gmp::VERSION_MINOR, gmp::VERSION_PATCHLEVEL)
}

pub fn from_be(bytes: &[u8]) -> Integer {
    Integer::from_digits(bytes, Order::Msf)
}

/// `width` bytes, big-endian; the number is not negative and fits.
pub fn to_be(number: &Integer, width: usize) -> Vec<u8> {
    let digits = number.to_digits::<u8>(Order::Msf);
    let mut out = vec![0; width - digits.len()];
    out.extend(digits);
    out
}

/// Equally wide big-endian numbers.
pub fn all_from_be(bytes: &[u8], width: usize) -> Vec<Integer> {
    bytes.chunks_exact(width).map(from_be).collect()
}

pub fn from_limbs(limbs: &[u64]) -> Integer {
    Integer::from_digits(limbs, Order::Lsf)
}

/// `count` limbs, the least significant one first; the number fits.
pub fn to_limbs(number: &Integer, count: usize) -> Vec<u64> {
    let mut limbs = number.to_digits::<u64>(Order::Lsf);
    limbs.resize(count, 0);
    limbs
}

/// Randomness for inputs and for the peers' keys, which protect nothing: a Mersenne Twister from a random seed.
pub fn random() -> Result<RandState<'static>, BenchError> {
    let mut seed = [0u8; 32];
    getrandom::fill(&mut seed).map_err(BenchError::Randomness)?;
    let mut random = RandState::new_mersenne_twister();
    random.seed(&from_be(&seed));
    Ok(random)
}

/// An odd number of exactly so many bits: a modulus whose speed is any other's.
pub fn odd(bits: u32, random: &mut RandState<'_>) -> Integer {
    let mut number = Integer::from(Integer::random_bits(bits, random));
    number.set_bit(0, true);
    number.set_bit(bits - 1, true);
    number
}
