//! Classic Diffie-Hellman in the groups of safe primes that RFC 3526 and RFC 7919 fix, in batches: key agreement, and the
//! commuting powers of hashed elements that private set intersection rests on.
//!
//! Only the subgroup of squares, of prime order q = (p - 1) / 2, is used; 2 generates it, since every p here is 7 modulo 8. NIST
//! SP 800-56A Rev. 3 says what is checked of a public value (5.6.2.3.1) and how a private one is drawn (5.6.1.1).

use engine::{Control, Engine, Modulus, Numbers};
use secrets::Secret;
use zeroize::Zeroizing;

use crate::HeError;
use crate::batch::{bytes_of, fill, less_one, modulus_from_be, power_of, quiet, random_limbs, read_below};
use crate::hash_to_residues::hash_to_residues;
use crate::jacobi::jacobi;

mod primes;

/// The groups that are known, with the strength that SP 800-57 gives to their sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupName {
    /// RFC 3526, group 14: 112 bits.
    Modp2048,
    /// RFC 3526, group 15: 128 bits.
    Modp3072,
    /// RFC 3526, group 16: 152 bits.
    Modp4096,
    /// RFC 7919: 112 bits.
    Ffdhe2048,
    /// RFC 7919: 128 bits.
    Ffdhe3072,
    /// RFC 7919: 152 bits.
    Ffdhe4096,
}

/// One of the groups.
pub struct Group {
    p: Modulus,
    exponent_limbs: usize,
}

/// Squares modulo p other than 1, made or checked by a [`Group`].
pub struct Elements(Numbers);

/// A private exponent. Wiped on drop.
pub struct PrivateKey(Zeroizing<Vec<u64>>);

impl GroupName {
    pub const ALL: [GroupName; 6] = [
        GroupName::Modp2048,
        GroupName::Modp3072,
        GroupName::Modp4096,
        GroupName::Ffdhe2048,
        GroupName::Ffdhe3072,
        GroupName::Ffdhe4096,
    ];

    /// As SP 800-56A's appendix D has them, in small letters: MODP-2048 is "modp2048".
    pub fn name(self) -> &'static str {
        match self {
            GroupName::Modp2048 => "modp2048",
            GroupName::Modp3072 => "modp3072",
            GroupName::Modp4096 => "modp4096",
            GroupName::Ffdhe2048 => "ffdhe2048",
            GroupName::Ffdhe3072 => "ffdhe3072",
            GroupName::Ffdhe4096 => "ffdhe4096",
        }
    }

    pub fn named(name: &str) -> Option<GroupName> {
        GroupName::ALL.into_iter().find(|group| group.name() == name)
    }

    /// The prime, and limbs of a private exponent: 320, 448 and 512 bits, no fewer than the larger estimate of RFC 3526, section 8,
    /// and more than twice the strength, as SP 800-56A asks (5.6.1.1.1).
    fn parameters(self) -> (&'static str, usize) {
        match self {
            GroupName::Modp2048 => (primes::MODP_2048, 5),
            GroupName::Modp3072 => (primes::MODP_3072, 7),
            GroupName::Modp4096 => (primes::MODP_4096, 8),
            GroupName::Ffdhe2048 => (primes::FFDHE_2048, 5),
            GroupName::Ffdhe3072 => (primes::FFDHE_3072, 7),
            GroupName::Ffdhe4096 => (primes::FFDHE_4096, 8),
        }
    }
}

impl Group {
    pub fn new(name: GroupName) -> Result<Group, HeError> {
        let (hex, exponent_limbs) = name.parameters();
        let prime = data_encoding::HEXUPPER.decode(hex.as_bytes());
        let prime = prime.map_err(|_| HeError::Key { what: "a prime that is no number" })?;
        Ok(Group { p: modulus_from_be(&prime)?, exponent_limbs })
    }

    /// Bits of p.
    pub fn bits(&self) -> usize {
        self.p.bits()
    }

    /// Bytes of p: the width of every element.
    pub fn element_bytes(&self) -> usize {
        bytes_of(&self.p)
    }

    /// Elements from others, a matrix of big-endian numbers: each in 2 <= y <= p - 2, and y^q = 1 modulo p. For the latter the Jacobi
    /// symbol is taken, which is y^q (Euler's criterion) at a small part of the cost; elements are public, so it may take its time.
    pub fn accept(&self, engine: &Engine, elements: &[u8]) -> Result<Elements, HeError> {
        let numbers = read_below(&self.p, self.element_bytes(), elements, "element").map_err(|e| match e {
            HeError::ElementRange { index, .. } => HeError::NotAnElement { index },
            e => e,
        })?;
        let (mut one, last) = (vec![0; self.p.limbs()], less_one(&self.p));
        one[0] = 1;
        let mut square = Numbers::zero(1, numbers.count());
        fill(engine, &mut square, &engine::unattended, |i, out| {
            let y = numbers.item(i);
            let between = y.iter().any(|limb| *limb != 0) && y != one && y != last.as_slice();
            out[0] = u64::from(between && jacobi(y, &self.p) == 1);
        })?;
        match square.iter().position(|s| s[0] == 0) {
            Some(index) => Err(HeError::NotAnElement { index }),
            None => Ok(Elements(numbers)),
        }
    }

    /// An element for each input, so that nobody knows its logarithm: the square of its hash. `domain`, of 1 to 255 bytes, keeps uses
    /// apart. `control` hears of each once.
    pub fn hash(
        &self,
        engine: &Engine,
        inputs: &[&[u8]],
        domain: &[u8],
        control: Control<'_>,
    ) -> Result<Elements, HeError> {
        let residues = hash_to_residues(engine, &self.p, inputs, domain, control)?;
        let squares = engine.mul(&self.p, &residues, &residues, &quiet(control))?;
        // 0 and 1: never, but for a broken hash.
        match squares.iter().position(|y| y[0] <= 1 && y[1..].iter().all(|limb| *limb == 0)) {
            Some(index) => Err(HeError::ElementRange { what: "element", index }),
            None => Ok(Elements(squares)),
        }
    }
}

impl Elements {
    pub fn count(&self) -> usize {
        self.0.count()
    }

    /// Big-endian, each as wide as p.
    pub fn to_be(&self) -> Vec<u8> {
        self.0.to_be(self.0.limbs() * 8)
    }
}

impl PrivateKey {
    /// A random exponent: uniform among those of its bits but 0.
    pub fn generate(group: &Group) -> Result<PrivateKey, HeError> {
        let mut exponent = Zeroizing::new(vec![0; group.exponent_limbs]);
        while exponent.iter().all(|limb| *limb == 0) {
            random_limbs(&mut exponent)?;
        }
        Ok(PrivateKey(exponent))
    }

    /// Of [`PrivateKey::export`].
    pub fn import(group: &Group, exponent: &Secret) -> Result<PrivateKey, HeError> {
        if exponent.len() != group.exponent_limbs * 8 {
            return Err(HeError::Key { what: "a private exponent of another group's length" });
        }
        let mut limbs = Zeroizing::new(vec![0; group.exponent_limbs]);
        engine::read_be(exponent.expose(), &mut limbs);
        // secret: whether a private exponent is 0: none that was made here is.
        match limbs.iter().fold(0, |any, limb| any | limb) {
            0 => Err(HeError::Key { what: "the private exponent is 0" }),
            _ => Ok(PrivateKey(limbs)),
        }
    }

    /// Big-endian.
    pub fn export(&self) -> Secret {
        let mut bytes = Zeroizing::new(vec![0; self.0.len() * 8]);
        engine::write_be(&self.0, &mut bytes);
        Secret::copy_of(&bytes)
    }

    /// 2^x: what the other side needs. In constant time.
    pub fn public_value(&self, group: &Group) -> Elements {
        let mut generator = vec![0; group.p.limbs()];
        generator[0] = 2;
        let mut value = Numbers::zero(group.p.limbs(), 1);
        value.item_mut(0).copy_from_slice(&power_of(&group.p, &generator, &self.0));
        Elements(value)
    }

    /// Each element to the private exponent, in constant time. No result is 1: elements have order q, and the exponent is below it.
    pub fn raise(
        &self,
        engine: &Engine,
        group: &Group,
        elements: &Elements,
        control: Control<'_>,
    ) -> Result<Elements, HeError> {
        Ok(Elements(engine.pow_common(&group.p, &elements.0, &self.0, control)?))
    }

    /// The secrets shared with the owners of public values, each as wide as p (SP 800-56A, 5.7.1.1). They are numbers of the group: a
    /// key is derived from one, it is none.
    pub fn agree(
        &self,
        engine: &Engine,
        group: &Group,
        public_values: &Elements,
        control: Control<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, HeError> {
        Ok(Zeroizing::new(self.raise(engine, group, public_values, control)?.to_be()))
    }
}

#[cfg(test)]
mod tests;
