//! Paillier as FATE 2 does it, on GMP, with what is naive there kept naive and nothing else slowed down: g = n + 1,
//! obfuscators r^n with the full exponent, one power for each product with a plaintext and one inversion for each negative
//! one, decryption with the Chinese remainder theorem. Not constant-time, as there. Written from the scheme and from
//! measurements of FATE's, not from its code.

use rug::Integer;
use rug::integer::IsPrime;
use rug::ops::RemRounding;
use rug::rand::RandState;

use crate::BenchError;

pub struct PublicKey {
    n: Integer,
    n_squared: Integer,
}

pub struct PrivateKey {
    p: Prime,
    q: Prime,
    /// 1/p modulo q.
    p_inverse: Integer,
    n: Integer,
}

/// What decryption needs of one prime.
struct Prime {
    prime: Integer,
    square: Integer,
    /// prime - 1
    exponent: Integer,
    /// 1/L((n + 1)^(prime - 1)) modulo the prime.
    h: Integer,
}

impl PublicKey {
    pub fn new(n: Integer) -> PublicKey {
        PublicKey { n_squared: n.clone().square(), n }
    }

    /// (1 + m n) r^n modulo n^2 for a random r below n; a negative m stands for n - |m|.
    pub fn encrypt(&self, m: &Integer, random: &mut RandState<'_>) -> Integer {
        let obfuscator = self.obfuscator(random);
        let encoded = (self.residue(m) * &self.n + 1u32) % &self.n_squared;
        encoded * obfuscator % &self.n_squared
    }

    /// r^n modulo n^2.
    pub fn obfuscator(&self, random: &mut RandState<'_>) -> Integer {
        let r = self.n.clone().random_below(random);
        // A negative exponent alone could fail.
        r.pow_mod(&self.n, &self.n_squared).unwrap_or_default()
    }

    /// The encryption of the sum.
    pub fn add(&self, a: &Integer, b: &Integer) -> Integer {
        Integer::from(a * b) % &self.n_squared
    }

    /// The encryption of the product with `scalar`: c^scalar, or (1/c)^|scalar|.
    pub fn multiply(&self, c: &Integer, scalar: i64) -> Result<Integer, BenchError> {
        let magnitude = Integer::from(scalar.unsigned_abs());
        let base = match scalar < 0 {
            true => c.clone().invert(&self.n_squared).map_err(|_| BenchError::Peer { what: "no unit modulo n^2" })?,
            false => c.clone(),
        };
        base.pow_mod(&magnitude, &self.n_squared).map_err(|_| BenchError::Peer { what: "a power was refused" })
    }

    /// The encryption of the scalar product: element by element, as in FATE's matrix products.
    pub fn dot(&self, row: &[Integer], scalars: &[i64]) -> Result<Integer, BenchError> {
        let mut sum = Integer::from(1);
        for (c, scalar) in row.iter().zip(scalars) {
            sum = self.add(&sum, &self.multiply(c, *scalar)?);
        }
        Ok(sum)
    }

    fn residue(&self, m: &Integer) -> Integer {
        if m.is_negative() { Integer::from(&self.n + m) } else { m.clone() }
    }
}

impl PrivateKey {
    pub fn new(p: Integer, q: Integer) -> Result<PrivateKey, BenchError> {
        let n = Integer::from(&p * &q);
        let p_inverse = p.clone().invert(&q).map_err(|_| BenchError::Peer { what: "p and q are not coprime" })?;
        Ok(PrivateKey { p: Prime::new(p, &n)?, q: Prime::new(q, &n)?, p_inverse, n })
    }

    /// The plaintext, negative where it is above n / 2.
    pub fn decrypt(&self, c: &Integer) -> Integer {
        let (mp, mq) = (self.p.decrypt(c), self.q.decrypt(c));
        let difference = (mq - &mp) * &self.p_inverse;
        let m = difference.rem_euc(&self.q.prime) * &self.p.prime + mp;
        if Integer::from(&m * 2u32) > self.n { m - &self.n } else { m }
    }
}

impl Prime {
    fn new(prime: Integer, n: &Integer) -> Result<Prime, BenchError> {
        let square = prime.clone().square();
        let exponent = Integer::from(&prime - 1u32);
        let generator = Integer::from(n + 1u32) % &square;
        let power =
            generator.pow_mod(&exponent, &square).map_err(|_| BenchError::Peer { what: "a power was refused" })?;
        let h = l(power, &prime).invert(&prime).map_err(|_| BenchError::Peer { what: "n + 1 is no generator" })?;
        Ok(Prime { prime, square, exponent, h })
    }

    fn decrypt(&self, c: &Integer) -> Integer {
        let power = Integer::from(c % &self.square).pow_mod(&self.exponent, &self.square).unwrap_or_default();
        l(power, &self.prime) * &self.h % &self.prime
    }
}

/// Two random primes of half of `bits` each, whose product has all of `bits`.
pub fn generate(bits: u32, random: &mut RandState<'_>) -> (Integer, Integer) {
    loop {
        let (p, q) = (prime(bits / 2, random), prime(bits / 2, random));
        if p != q && Integer::from(&p * &q).significant_bits() == bits {
            return (p, q);
        }
    }
}

fn prime(bits: u32, random: &mut RandState<'_>) -> Integer {
    loop {
        let mut candidate = Integer::from(Integer::random_bits(bits, random));
        candidate.set_bit(bits - 1, true);
        let prime = candidate.next_prime();
        if prime.significant_bits() == bits && prime.is_probably_prime(30) != IsPrime::No {
            return prime;
        }
    }
}

/// L(x) = (x - 1) / prime.
fn l(x: Integer, prime: &Integer) -> Integer {
    (x - 1u32) / prime
}
