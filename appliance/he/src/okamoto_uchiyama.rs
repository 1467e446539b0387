//! Okamoto-Uchiyama: additively homomorphic like Paillier, with ciphertexts half as wide and much cheaper encryption.
//!
//! T. Okamoto, S. Uchiyama, "A new public-key cryptosystem as secure as factoring" (EUROCRYPT 1998): n = p^2 q, g of an order modulo
//! p^2 that p divides, h = g^n; c = g^m h^r modulo n, and m = L(c^(p-1)) / L(g^(p-1)) modulo p, with L(u) = (u - 1) / p modulo p^2.
//!
//! **The hazard.** Whoever can have a ciphertext of some M above p decrypted gets M modulo p back, and the greatest common divisor of
//! M - (M modulo p) and n is p: the private key. A sum or product that overflows is enough, and M can be chosen. So the range of
//! plaintexts is hard: |m| < 2^[`PLAINTEXT_BITS`], far below p, on both sides. Encryption refuses what is outside, and so does
//! decryption, with one error and no value, after the same work. An overflow of honest sums, or an M of one's choice, lands in the
//! range with a probability of 2^(257 - |p|), below 2^-750, unless M differs from a multiple of n by less than the range: then its
//! value was known before.
//!
//! **What remains.** The refusal itself says that M modulo p is not in the range: one bit, which is the expected answer to
//! every M that is not in it already, and finding another takes knowing p. It is visible that a computation overflowed, and
//! which element. A ciphertext is malleable, as with every homomorphic scheme: decrypt for those who may know the plaintext.
//!
//! **Sizes.** Factoring p^2 q is no easier than n of its size for the number field sieve, but the elliptic curve method finds p and
//! q by their own size, and p twice. With the 3072 bits of [`DEFAULT_BITS`] both are 1024 bits, as long as the primes of an RSA-2048 key;
//! 2048 bits would leave 683. So n of 3072 bits here is counted with 2048 bits there (112 bits of strength), 4608 with 3072.

use std::sync::Arc;

use crypto_bigint::{BoxedUint, ConcatenatingMul};
use engine::{Control, Engine, FixedBase, Modulus, Numbers, read_be};
use secrets::Secret;
use zeroize::{Zeroize, Zeroizing};

use crate::HeError;
use crate::batch::{
    bytes_of, inverse_in_montgomery_form, less_one, modulus_from_be, pow_signed, quiet, random_below, random_limbs,
    read_below, reduce, unit,
};
use crate::limbs::{add, less, mul_low, mul_wide, negate_if, sub};
use crate::primes::{is_prime, random_prime};

/// Bits of n that are made unless others are asked for.
pub const DEFAULT_BITS: u32 = 3072;
/// Sizes of n that are made: three times the size of a prime.
pub const KEY_BITS: [u32; 2] = [3072, 4608];
/// Plaintexts are integers of magnitude below 2^256.
pub const PLAINTEXT_BITS: usize = 256;

const PLAINTEXT_LIMBS: usize = PLAINTEXT_BITS / 64;
/// Bits of randomness beyond the order of h: how far h^r is from uniform in its group.
const MARGIN: usize = 128;

/// A key pair as it is stored; big-endian numbers.
pub struct KeyPair {
    pub n: Vec<u8>,
    pub g: Vec<u8>,
    pub p: Secret,
    pub q: Secret,
}

/// Encrypts and computes on ciphertexts. Its tables are made when first needed, so keep one for many jobs.
pub struct PublicKey {
    n: Arc<Modulus>,
    g: FixedBase,
    h: FixedBase,
    /// g^(-2^256): takes back what makes exponents positive.
    offset: Vec<u64>,
}

/// Decrypts. Everything in it is wiped on drop.
pub struct PrivateKey {
    p: Modulus,
    p_squared: Modulus,
    exponent: Zeroizing<Vec<u64>>,
    /// 1/p modulo 2^(64 * limbs).
    exact: Zeroizing<Vec<u64>>,
    /// (1/L(g^(p-1))) * R modulo p.
    factor: Zeroizing<Vec<u64>>,
}

/// Units modulo n that a [`PublicKey`] accepted or made.
pub struct Ciphertexts(Numbers);

/// A new key pair. Takes seconds.
pub fn generate(bits: u32) -> Result<KeyPair, HeError> {
    if !KEY_BITS.contains(&bits) {
        return Err(HeError::KeyBits { bits });
    }
    let p = random_prime(bits / 3, |_| true)?;
    let p_squared = Zeroizing::new(p.concatenating_mul(&*p));
    // Three primes with their two highest bits set may leave n one bit short.
    let q = random_prime(bits / 3, |q| *q != *p && p_squared.concatenating_mul(q).bit_width() == bits)?;
    let n = p_squared.concatenating_mul(&*q);
    let modulus = Modulus::new(n.as_words())?;
    let square = Modulus::new(p_squared.as_words())?;
    let prime = Modulus::new(p.as_words())?;
    // g^(p-1) is not 1 modulo p^2 for all but one in p.
    let g = loop {
        let g = random_below(&modulus, 1)?;
        if !is_one(&power_of(&square, g.item(0), &less_one(&prime))) {
            break g;
        }
    };
    let secret = |x: &BoxedUint| {
        let mut bytes = x.to_be_bytes();
        let secret = Secret::copy_of(&bytes);
        bytes.zeroize();
        secret
    };
    Ok(KeyPair { n: n.to_be_bytes().to_vec(), g: g.to_be(bytes_of(&modulus)), p: secret(&p), q: secret(&q) })
}

impl PublicKey {
    /// `n` and `g` big-endian, as in [`KeyPair`]; n of 3072 to 4608 bits.
    pub fn new(n: &[u8], g: &[u8]) -> Result<PublicKey, HeError> {
        let n = Arc::new(modulus_from_be(n)?);
        if !(KEY_BITS[0] as usize..=KEY_BITS[1] as usize).contains(&n.bits()) {
            return Err(HeError::KeyBits { bits: n.bits() as u32 });
        }
        let generator = read_below(&n, g.len(), g, "generator")?;
        if generator.count() != 1 {
            return Err(HeError::Key { what: "there is no generator" });
        }
        let mut h = vec![0; n.limbs()];
        n.pow(generator.item(0), n.n(), &mut h);
        if is_one(&h) || is_one(generator.item(0)) {
            return Err(HeError::Key { what: "the generator is 1, or a root of it" });
        }
        let inverse = engine::invert(&n, generator.item(0)).map_err(unit)?;
        let mut two_to_256 = [0; PLAINTEXT_LIMBS + 1];
        two_to_256[PLAINTEXT_LIMBS] = 1;
        let mut offset = vec![0; n.limbs()];
        n.pow(&inverse, &two_to_256, &mut offset);
        // The order of h divides lcm(p - 1, q - 1), of two thirds of n's bits.
        let random_bits = (n.bits() * 2 / 3 + MARGIN).next_multiple_of(64);
        let g = FixedBase::new(n.clone(), generator.item(0), PLAINTEXT_BITS + 64)?;
        let h = FixedBase::new(n.clone(), &h, random_bits)?;
        Ok(PublicKey { n, g, h, offset })
    }

    /// Bits of n.
    pub fn bits(&self) -> usize {
        self.n.bits()
    }

    /// Bytes of n: the width of ciphertexts.
    pub fn ciphertext_bytes(&self) -> usize {
        bytes_of(&self.n)
    }

    /// Checks big-endian ciphertexts from outside: each in 0 < c < n, and all of them units.
    pub fn accept(&self, data: &[u8]) -> Result<Ciphertexts, HeError> {
        let numbers = read_below(&self.n, self.ciphertext_bytes(), data, "ciphertext")?;
        if let Some(index) = numbers.iter().position(|c| c.iter().all(|limb| *limb == 0)) {
            return Err(HeError::ElementRange { what: "ciphertext", index });
        }
        // A factor that one shares with n stays in their product.
        let mut product = self.n.one().to_vec();
        let mut next = vec![0; self.n.limbs()];
        for c in numbers.iter() {
            self.n.mont_mul(&product, c, &mut next);
            std::mem::swap(&mut product, &mut next);
        }
        engine::invert(&self.n, &product).map_err(unit)?;
        Ok(Ciphertexts(numbers))
    }

    /// Encrypts two's complement big-endian integers of `width` bytes. `control` hears of each twice.
    pub fn encrypt(
        &self,
        engine: &Engine,
        plaintexts: &[u8],
        width: usize,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        let exponents = self.exponents(plaintexts, width)?;
        let mut random = Numbers::zero(self.h.exponent_bits() / 64, exponents.count());
        for r in random.iter_mut() {
            random_limbs(r)?;
        }
        let messages = engine.pow_fixed_base(&self.g, &exponents, control)?;
        let masks = engine.pow_fixed_base(&self.h, &random, control)?;
        let shifted = engine.mul(&self.n, &messages, &masks, &quiet(control))?;
        self.shift_back(engine, &shifted, control)
    }

    /// Encryptions of the sums, element by element.
    pub fn add(
        &self,
        engine: &Engine,
        a: &Ciphertexts,
        b: &Ciphertexts,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        if a.count() != b.count() {
            return Err(HeError::Shape { what: "the summands differ in number" });
        }
        Ok(Ciphertexts(engine.mul(&self.n, &a.0, &b.0, control)?))
    }

    /// Encryptions of the products with public factors: one for each element, or one for all. What comes of it must stay in the range
    /// of plaintexts, or it does not decrypt.
    pub fn multiply(
        &self,
        engine: &Engine,
        a: &Ciphertexts,
        factors: &[i64],
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        if factors.len() != 1 && factors.len() != a.count() {
            return Err(HeError::Shape { what: "there are not as many factors as elements" });
        }
        Ok(Ciphertexts(pow_signed(engine, &self.n, &a.0, factors, control)?))
    }

    /// m + 2^256 for each m, so that no exponent is negative and none tells its sign by its time.
    fn exponents(&self, plaintexts: &[u8], width: usize) -> Result<Numbers, HeError> {
        if width == 0 || width > self.ciphertext_bytes() || !plaintexts.len().is_multiple_of(width) {
            return Err(HeError::PlaintextWidth { bytes: width });
        }
        let limbs = width.div_ceil(8).max(PLAINTEXT_LIMBS + 1);
        let mut out = Numbers::zero(PLAINTEXT_LIMBS + 1, plaintexts.len() / width);
        let mut m = Zeroizing::new(vec![0; limbs]);
        let mut bad = None;
        for (index, (bytes, exponent)) in plaintexts.chunks_exact(width).zip(out.iter_mut()).enumerate() {
            read_be(bytes, &mut m);
            extend_sign(&mut m, bytes);
            // In range if adding 2^256 leaves 0 < m < 2^257.
            let mut one = [0; PLAINTEXT_LIMBS + 1];
            one[PLAINTEXT_LIMBS] = 1;
            add(&mut m, &one);
            let zero = m.iter().fold(0, |any, limb| any | limb) == 0;
            let over = m[PLAINTEXT_LIMBS] >> 1 | m[PLAINTEXT_LIMBS + 1..].iter().fold(0, |any, limb| any | limb);
            bad = bad.or((zero | (over != 0)).then_some(index));
            exponent.copy_from_slice(&m[..PLAINTEXT_LIMBS + 1]);
        }
        match bad {
            Some(index) => Err(HeError::EncodingRange { index }),
            None => Ok(out),
        }
    }

    fn shift_back(&self, engine: &Engine, shifted: &Numbers, control: Control<'_>) -> Result<Ciphertexts, HeError> {
        let mut offsets = Numbers::zero(self.n.limbs(), shifted.count());
        offsets.iter_mut().for_each(|item| item.copy_from_slice(&self.offset));
        Ok(Ciphertexts(engine.mul(&self.n, shifted, &offsets, &quiet(control))?))
    }
}

impl Ciphertexts {
    pub fn count(&self) -> usize {
        self.0.count()
    }

    /// Big-endian, each as wide as n.
    pub fn to_be(&self, public: &PublicKey) -> Vec<u8> {
        self.0.to_be(public.ciphertext_bytes())
    }
}

impl PrivateKey {
    /// A key made here. Checks that the primes are the public key's, of one length, and that g is good.
    pub fn new(public: &PublicKey, p: &Secret, q: &Secret) -> Result<PrivateKey, HeError> {
        let (p, q) = (modulus_from_be(p.expose())?, modulus_from_be(q.expose())?);
        if p.bits() != q.bits() || p.same(&q) {
            return Err(HeError::Key { what: "the primes are the same, or differ in length" });
        }
        let limbs = p.limbs();
        let mut square = Zeroizing::new(vec![0; 2 * limbs]);
        mul_wide(p.n(), p.n(), &mut square);
        let mut n = Zeroizing::new(vec![0; 3 * limbs]);
        mul_wide(&square, q.n(), &mut n);
        let (low, high) = n.split_at(public.n.limbs().min(n.len()));
        if low != public.n.n() || high.iter().any(|limb| *limb != 0) {
            return Err(HeError::Key { what: "the primes are not those of n" });
        }
        let p_squared = Modulus::new(&square)?;
        let exponent = less_one(&p);
        let exact = exact_inverse(p.n());
        let g = power_of(&p_squared, public.g.base(), &exponent);
        let mut key = PrivateKey { factor: Zeroizing::new(p.one().to_vec()), p, p_squared, exponent, exact };
        let mut l = Zeroizing::new(vec![0; limbs]);
        key.quotient(&g, &mut l);
        key.factor = inverse_in_montgomery_form(&key.p, &l)
            .map_err(|_| HeError::Key { what: "the generator has no order that p divides" })?;
        Ok(key)
    }

    /// A key made elsewhere: besides what [`PrivateKey::new`] checks, the primes must be prime. Takes seconds.
    pub fn import(public: &PublicKey, p: &Secret, q: &Secret) -> Result<PrivateKey, HeError> {
        let key = PrivateKey::new(public, p, q)?;
        match is_prime(p.expose()) && is_prime(q.expose()) {
            true => Ok(key),
            false => Err(HeError::Key { what: "a factor of n is not prime" }),
        }
    }

    /// Two's complement big-endian integers of 40 bytes each. Whatever is not in the range is the one error, of the first element that is
    /// not: see the module's text. `control` hears of each once.
    pub fn decrypt(
        &self,
        engine: &Engine,
        ciphertexts: &Ciphertexts,
        control: Control<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, HeError> {
        let bases = reduce(engine, &self.p_squared, &ciphertexts.0, control)?;
        let powers = engine.pow_common(&self.p_squared, &bases, &self.exponent, control)?;
        let width = (PLAINTEXT_LIMBS + 1) * 8;
        let mut out = Zeroizing::new(vec![0; width * powers.count()]);
        let mut residue = Zeroizing::new(vec![0; self.p.limbs()]);
        let mut m = Zeroizing::new(vec![0; self.p.limbs()]);
        let mut bad = None;
        for (index, (power, bytes)) in powers.iter().zip(out.chunks_exact_mut(width)).enumerate() {
            self.quotient(power, &mut residue);
            self.p.mont_mul(&residue, &self.factor, &mut m);
            let good = self.signed(&mut m);
            bad = bad.or((good == 0).then_some(index));
            engine::write_be(&m[..PLAINTEXT_LIMBS + 1], bytes);
        }
        match bad {
            Some(index) => Err(HeError::Decryption { index }),
            None => Ok(out),
        }
    }

    /// L(u) = (u - 1) / p, exact for a u that is 1 modulo p: times 1/p modulo a power of two.
    fn quotient(&self, u: &[u64], out: &mut [u64]) {
        let mut u = Zeroizing::new(u.to_vec());
        sub(&mut u, &[1]);
        mul_low(&u[..out.len()], &self.exact, out);
    }

    /// A residue modulo p to a signed integer, in place; 1 if it is in range.
    fn signed(&self, m: &mut [u64]) -> u64 {
        let mut negated = Zeroizing::new(self.p.n().to_vec());
        sub(&mut negated, m);
        // The nearer of m and m - p; both are far below what has no place in a signed number of this width.
        let negative = less(&negated, m);
        let mask = 0u64.wrapping_sub(negative);
        m.iter_mut().zip(negated.iter()).for_each(|(m, n)| *m ^= (*m ^ *n) & mask);
        let above = m[PLAINTEXT_LIMBS..].iter().fold(0, |any, limb| any | limb);
        negate_if(m, negative);
        1 ^ ((above | above.wrapping_neg()) >> 63)
    }
}

/// Two's complement: ones above what `bytes` fill, if their first bit is 1.
fn extend_sign(limbs: &mut [u64], bytes: &[u8]) {
    let sign = 0u64.wrapping_sub(u64::from(bytes.first().copied().unwrap_or(0) >> 7));
    for (limb, at) in limbs.iter_mut().zip((0..).step_by(8)) {
        let have = bytes.len().saturating_sub(at).min(8) * 8;
        let missing = if have == 64 { 0 } else { u64::MAX << have };
        *limb |= sign & missing;
    }
}

/// base^exponent modulo a modulus of up to the base's width; the base may be above it.
fn power_of(modulus: &Modulus, base: &[u64], exponent: &[u64]) -> Zeroizing<Vec<u64>> {
    let mut entered = Zeroizing::new(vec![0; modulus.limbs()]);
    modulus.enter_wide(base, &mut entered);
    let mut power = Zeroizing::new(vec![0; modulus.limbs()]);
    modulus.mont_pow(&entered, exponent, &mut power);
    modulus.leave(&power, &mut entered);
    entered
}

fn is_one(number: &[u64]) -> bool {
    number[0] == 1 && number[1..].iter().all(|limb| *limb == 0)
}

/// 1/p modulo 2^(64 * limbs), by Newton's iteration x = x (2 - p x): each step doubles the right bits.
fn exact_inverse(p: &[u64]) -> Zeroizing<Vec<u64>> {
    let limbs = p.len();
    let mut x = Zeroizing::new(vec![0; limbs]);
    x[0] = 1;
    let mut product = Zeroizing::new(vec![0; limbs]);
    let mut next = Zeroizing::new(vec![0; limbs]);
    for _ in 0..(limbs * 64).ilog2() + 1 {
        mul_low(p, &x, &mut product);
        negate_if(&mut product, 1);
        add(&mut product, &[2]);
        mul_low(&x, &product, &mut next);
        x.copy_from_slice(&next);
    }
    x
}
