//! Keys, and what each side does with its own.

use curve25519_dalek::ristretto::{RistrettoBasepointTable, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::Identity;
use engine::{Control, Engine};
use secrets::Secret;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::HeError;
use crate::batch::map;
use crate::elgamal::ciphertexts::{POINT, point};
use crate::elgamal::{Ciphertexts, DiscreteLogarithms};

/// Encrypts and computes on ciphertexts.
pub struct PublicKey {
    h: RistrettoPoint,
    table: Box<RistrettoBasepointTable>,
}

/// Decrypts. Wiped on drop.
pub struct PrivateKey(Zeroizing<Scalar>);

impl PublicKey {
    /// From its encoding, strictly; the neutral element is no key.
    pub fn from_bytes(bytes: &[u8]) -> Result<PublicKey, HeError> {
        match point(bytes) {
            Some(h) if h != RistrettoPoint::identity() => Ok(PublicKey::of(h)),
            _ => Err(HeError::Key { what: "no encoding of a point, or that of the neutral element" }),
        }
    }

    pub fn to_bytes(&self) -> [u8; POINT] {
        self.h.compress().to_bytes()
    }

    /// Encrypts integers, in constant time. `control` hears of each once.
    pub fn encrypt(&self, engine: &Engine, plaintexts: &[i64], control: Control<'_>) -> Result<Ciphertexts, HeError> {
        let zeros = self.zeros(engine, plaintexts.len(), control)?;
        let sum = |(m, [first, second]): (&i64, [RistrettoPoint; 2])| {
            let m = Zeroizing::new(scalar(*m));
            [first, second + RistrettoPoint::mul_base(&m)]
        };
        Ok(Ciphertexts(plaintexts.iter().zip(zeros).map(sum).collect()))
    }

    /// Encryptions of the sums, element by element.
    pub fn add(&self, a: &Ciphertexts, b: &Ciphertexts) -> Result<Ciphertexts, HeError> {
        if a.count() != b.count() {
            return Err(HeError::Shape { what: "the summands differ in number" });
        }
        Ok(Ciphertexts(a.0.iter().zip(&b.0).map(|(a, b)| [a[0] + b[0], a[1] + b[1]]).collect()))
    }

    /// Encryptions of the products with public factors: one for each element, or one for all. `control` hears of each once.
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
        let product = |i: usize| {
            let factor = scalar(factors[i % factors.len()]);
            a.0[i].map(|point| point * factor)
        };
        Ok(Ciphertexts(map(engine, a.count(), control, product)?))
    }

    /// Other ciphertexts of the same plaintexts, which nobody without the private key can tell to be. `control` hears of each once.
    pub fn rerandomize(&self, engine: &Engine, a: &Ciphertexts, control: Control<'_>) -> Result<Ciphertexts, HeError> {
        let zeros = Ciphertexts(self.zeros(engine, a.count(), control)?);
        self.add(a, &zeros)
    }

    /// Fresh encryptions of 0: (r B, r H).
    fn zeros(&self, engine: &Engine, count: usize, control: Control<'_>) -> Result<Vec<[RistrettoPoint; 2]>, HeError> {
        let zero = |_| {
            let r = random_scalar()?;
            Ok([RistrettoPoint::mul_base(&r), &*self.table * &*r])
        };
        map(engine, count, control, zero)?.into_iter().collect()
    }

    fn of(h: RistrettoPoint) -> PublicKey {
        PublicKey { table: Box::new(RistrettoBasepointTable::create(&h)), h }
    }
}

impl PrivateKey {
    pub fn generate() -> Result<PrivateKey, HeError> {
        loop {
            let x = random_scalar()?;
            if !bool::from(x.ct_eq(&Scalar::ZERO)) {
                return Ok(PrivateKey(x));
            }
        }
    }

    /// Of [`PrivateKey::export`]: 32 bytes, little-endian, below the group's order and not 0.
    pub fn import(secret: &Secret) -> Result<PrivateKey, HeError> {
        let wrong = HeError::Key { what: "the private key is no number between 0 and the group's order" };
        let Ok(bytes) = <[u8; 32]>::try_from(secret.expose()) else { return Err(wrong) };
        let bytes = Zeroizing::new(bytes);
        match Option::<Scalar>::from(Scalar::from_canonical_bytes(*bytes)).map(Zeroizing::new) {
            Some(x) if !bool::from(x.ct_eq(&Scalar::ZERO)) => Ok(PrivateKey(x)),
            _ => Err(wrong),
        }
    }

    pub fn export(&self) -> Secret {
        Secret::copy_of(self.0.as_bytes())
    }

    pub fn public(&self) -> PublicKey {
        PublicKey::of(RistrettoPoint::mul_base(&self.0))
    }

    /// Plaintexts within the range of `logarithms`; the first element outside it is the error. `control` hears of each once.
    ///
    /// The time does not depend on the plaintext, but the search reads the table where the plaintext, shifted by each giant step,
    /// sends it: whoever watches this core's caches learns of it.
    pub fn decrypt(
        &self,
        engine: &Engine,
        logarithms: &DiscreteLogarithms,
        ciphertexts: &Ciphertexts,
        control: Control<'_>,
    ) -> Result<Zeroizing<Vec<i64>>, HeError> {
        let plaintext = |i: usize| {
            let [first, second] = &ciphertexts.0[i];
            let message = Zeroizing::new(second - first * *self.0);
            logarithms.find(&message)
        };
        let found = Zeroizing::new(map(engine, ciphertexts.count(), control, plaintext)?);
        match found.iter().position(Option::is_none) {
            Some(index) => Err(HeError::Decryption { index }),
            None => Ok(Zeroizing::new(found.iter().flatten().copied().collect())),
        }
    }
}

/// A uniform scalar.
fn random_scalar() -> Result<Zeroizing<Scalar>, HeError> {
    let mut bytes = Zeroizing::new([0; 64]);
    getrandom::fill(&mut *bytes).map_err(HeError::Randomness)?;
    Ok(Zeroizing::new(Scalar::from_bytes_mod_order_wide(&bytes)))
}

/// An integer modulo the group's order: from the range of unsigned numbers, whatever its sign, and back.
fn scalar(x: i64) -> Scalar {
    const SHIFT: u64 = 1 << 63;
    let mut shifted = x as u64 ^ SHIFT;
    let scalar = Scalar::from(shifted) - Scalar::from(SHIFT);
    shifted.zeroize();
    scalar
}
