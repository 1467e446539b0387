//! The private half of a key.

use std::sync::Arc;

use engine::{Engine, FixedBase, Modulus};
use secrets::Secret;
use zeroize::Zeroizing;

use crate::batch::{inverse_modulo_prime, is_one, less_one, power_of, random_below};
use crate::factors::{check_factors, primes_of};
use crate::garner::Garner;
use crate::public::Obfuscation;
use crate::{HeError, PublicKey};
use limbs::{exact_inverse, mul_wide, sub};

/// Decrypts, and encrypts faster than the public key does. Everything in it is wiped on drop.
pub struct PrivateKey {
    pub(crate) p: CrtHalf,
    pub(crate) q: CrtHalf,
    pub(crate) garner: Garner,
}

/// What is computed modulo one prime and its square.
pub(crate) struct CrtHalf {
    pub(crate) prime: Modulus,
    pub(crate) square: Arc<Modulus>,
    /// prime - 1
    pub(crate) exponent: Zeroizing<Vec<u64>>,
    /// 1/prime modulo 2^(64 * limbs).
    pub(crate) exact: Zeroizing<Vec<u64>>,
    /// (1/L((1 + n)^(prime - 1))) * R modulo the prime, which is -1/other, with R.
    pub(crate) h: Zeroizing<Vec<u64>>,
    /// The other prime, plain (it may be above this one), and times R modulo this one.
    pub(crate) other: Zeroizing<Vec<u64>>,
    pub(crate) other_entered: Zeroizing<Vec<u64>>,
    /// n-th powers modulo the square, times 1/other^2: this half's part in the sum that makes a ciphertext.
    pub(crate) obfuscators: FixedBase,
}

impl PrivateKey {
    /// A key made here, and kept where nobody else writes. Checks that the primes are the public key's, two, and of one length, in
    /// constant time.
    pub fn new(public: &PublicKey, p: &Secret, q: &Secret) -> Result<PrivateKey, HeError> {
        let [p, q] = primes_of(&public.n, p, q)?;
        let base = obfuscator_base(public)?;
        let garner = Garner::new(&p, &q)?;
        let p_half = CrtHalf::new(&p, &q, &base)?;
        let q_half = CrtHalf::new(&q, &p, &base)?;
        Ok(PrivateKey { p: p_half, q: q_half, garner })
    }

    /// A key made elsewhere: besides what [`PrivateKey::new`] checks, the primes must be prime and not close to each other, and an hs
    /// that came with n must be an n-th power, which only the primes show: else nothing encrypted with it decrypts. Takes seconds.
    pub fn import(public: &PublicKey, p: &Secret, q: &Secret) -> Result<PrivateKey, HeError> {
        let [p_modulus, q_modulus] = primes_of(&public.n, p, q)?;
        check_factors(p, q)?;
        if let Obfuscation::Short(base) = &public.obfuscation {
            for prime in [&p_modulus, &q_modulus] {
                if !is_good_base(prime, base.base())? {
                    return Err(HeError::Key { what: "hs is no n-th power, or 1 or -1 modulo a prime" });
                }
            }
        }
        PrivateKey::new(public, p, q)
    }

    /// Makes the obfuscators' tables now; their size in bytes.
    pub fn prepare(&self, engine: &Engine) -> usize {
        [&self.p, &self.q].iter().map(|half| half.obfuscators.prepare(engine.cpu().unit())).sum()
    }
}

impl CrtHalf {
    fn new(prime: &Modulus, other: &Modulus, base: &[u64]) -> Result<CrtHalf, HeError> {
        let limbs = prime.limbs();
        let square = Arc::new(Modulus::square_of(prime.n())?);
        let mut exponent = Zeroizing::new(prime.n().to_vec());
        exponent[0] -= 1;
        // (1 + n)^(p-1) = 1 + (p-1) n modulo p^2, so L of it is (p-1) q = -q modulo p.
        let mut h = Zeroizing::new(prime.n().to_vec());
        let inverse = inverse_modulo_prime(prime, other.n())?;
        sub(&mut h, &inverse);
        let mut other_entered = Zeroizing::new(vec![0; limbs]);
        prime.enter(other.n(), &mut other_entered);
        // Exponents of the prime's whole width reach the whole group of n-th powers modulo the square.
        let obfuscators = FixedBase::scaled(
            square.clone(),
            &reduced(&square, base),
            &inverse_of_square(prime, &square, other)?,
            prime.limbs() * 64,
        )?;
        Ok(CrtHalf {
            prime: Modulus::new(prime.n())?,
            square,
            exponent,
            exact: exact_inverse(prime.n()),
            h,
            other: Zeroizing::new(other.n().to_vec()),
            other_entered,
            obfuscators,
        })
    }
}

/// Whether hs is an n-th power modulo a prime's square, which is to be one of the p - 1 numbers whose (p - 1)-th power is 1, and more
/// than a sign modulo the prime.
fn is_good_base(prime: &Modulus, base: &[u64]) -> Result<bool, HeError> {
    let square = Modulus::square_of(prime.n())?;
    let hs = reduced(&square, base);
    let power = power_of(&square, &hs, &less_one(prime));
    let residue = reduced(prime, &hs);
    let mut negated = Zeroizing::new(vec![0; prime.limbs()]);
    prime.sub(&mut negated, &residue);
    Ok(is_one(&power) && !is_one(&residue) && !is_one(&negated))
}

/// hs, or for a key without it the n-th power of a random number; either way as good as a generator.
fn obfuscator_base(public: &PublicKey) -> Result<Zeroizing<Vec<u64>>, HeError> {
    let square = &public.n_squared;
    if let Obfuscation::Short(base) = &public.obfuscation {
        return Ok(Zeroizing::new(base.base().to_vec()));
    }
    let random = random_below(&public.n, 1)?.widened(square.limbs());
    let mut base = Zeroizing::new(vec![0; square.limbs()]);
    square.pow(random.item(0), public.n.n(), &mut base);
    Ok(base)
}

/// A number of up to twice the modulus's width, plain, modulo it.
fn reduced(modulus: &Modulus, number: &[u64]) -> Zeroizing<Vec<u64>> {
    let mut entered = Zeroizing::new(vec![0; modulus.limbs()]);
    modulus.enter_wide(number, &mut entered);
    let mut out = Zeroizing::new(vec![0; modulus.limbs()]);
    modulus.leave(&entered, &mut out);
    out
}

/// 1/other^2 modulo the square of a prime: the inverse modulo the prime, and one step of Newton's iteration,
/// x = x (2 - a x), which doubles the prime's power (Hensel).
fn inverse_of_square(prime: &Modulus, square: &Modulus, other: &Modulus) -> Result<Zeroizing<Vec<u64>>, HeError> {
    let limbs = square.limbs();
    let zeros = || Zeroizing::new(vec![0; limbs]);
    let (mut wide, mut a) = (zeros(), zeros());
    mul_wide(other.n(), other.n(), &mut wide);
    square.enter_wide(&wide, &mut a);
    let modulo_prime = inverse_modulo_prime(prime, &wide)?;
    let (mut low, mut x) = (zeros(), zeros());
    prime.leave(&modulo_prime, &mut low[..prime.limbs()]);
    square.enter(&low, &mut x);
    let (mut product, mut correction) = (zeros(), zeros());
    square.mont_mul(&a, &x, &mut product);
    correction.copy_from_slice(square.one());
    square.add(&mut correction, square.one());
    square.sub(&mut correction, &product);
    square.mont_mul(&correction, &x, &mut product);
    square.leave(&product, &mut x);
    Ok(x)
}
