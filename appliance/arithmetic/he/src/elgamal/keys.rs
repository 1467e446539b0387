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

    /// Fresh encryptions of 0: (r B, r H).
    pub(super) fn zeros(
        &self,
        engine: &Engine,
        count: usize,
        control: Control<'_>,
    ) -> Result<Vec<[RistrettoPoint; 2]>, HeError> {
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

    /// Two's complement big-endian integers of 8 bytes, within the range of `logarithms`; the first element outside it is the error.
    /// `control` hears of each once.
    ///
    /// The time does not depend on the plaintext, but the search reads the table where the plaintext, shifted by each giant step,
    /// sends it: whoever watches this core's caches learns of it.
    pub fn decrypt(
        &self,
        engine: &Engine,
        logarithms: &DiscreteLogarithms,
        ciphertexts: &Ciphertexts,
        control: Control<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, HeError> {
        let plaintext = |i: usize| {
            let [first, second] = &ciphertexts.0[i];
            let message = Zeroizing::new(second - first * *self.0);
            logarithms.find(&message)
        };
        let found = Zeroizing::new(map(engine, ciphertexts.count(), control, plaintext)?);
        match found.iter().position(Option::is_none) {
            Some(index) => Err(HeError::Decryption { index }),
            None => Ok(Zeroizing::new(found.iter().flatten().flat_map(|m| m.to_be_bytes()).collect())),
        }
    }
}

/// Whether plaintexts have a logarithm that is found with so many bits of range: each below 2^`bits` in magnitude. All are looked at,
/// whatever those before were.
pub(super) fn check_range(plaintexts: &[i64], bits: u32) -> Result<(), HeError> {
    let over = |m: &i64| m.unsigned_abs() >> bits;
    let any = plaintexts.iter().fold(0, |any, m| any | over(m));
    // secret: whether all plaintexts are in range, after all were looked at.
    match any {
        0 => Ok(()),
        _ => {
            let index = plaintexts.iter().position(|m| over(m) != 0).unwrap_or_default();
            Err(HeError::PlaintextBits { index, bits: bits as usize })
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
pub(super) fn scalar(x: i64) -> Scalar {
    const SHIFT: u64 = 1 << 63;
    let mut shifted = x as u64 ^ SHIFT;
    let scalar = Scalar::from(shifted) - Scalar::from(SHIFT);
    shifted.zeroize();
    scalar
}
