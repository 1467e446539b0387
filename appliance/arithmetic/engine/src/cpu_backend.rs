//! The engine on the processor's cores.

use zeroize::Zeroizing;

use crate::backend::Backend;
use crate::control::{Control, unattended};
use crate::cpu::Cpu;
use crate::error::EngineError;
use crate::fixed_base::{Factors, FixedBase};
use crate::modulus::{Modulus, check_reduced};
use crate::numbers::Numbers;
use crate::pow::{self, Exponents};
use crate::products;

impl Cpu {
    /// Each base to its own exponent, which may be secret and of another width than the modulus.
    pub fn pow_each(
        &self,
        modulus: &Modulus,
        bases: &Numbers,
        exponents: &Numbers,
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        self.pow_each_low(modulus, bases, exponents, exponents.limbs() * 64, control)
    }

    /// The same, for exponents that are known to be shorter than their width: the bits above `bits` are not looked at.
    pub fn pow_each_low(
        &self,
        modulus: &Modulus,
        bases: &Numbers,
        exponents: &Numbers,
        bits: usize,
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        pow::pow(self, modulus, bases, Exponents::Each { numbers: exponents, bits }, control)
    }

    /// Each base to one exponent that is no secret: the time depends on it.
    pub fn pow_public(
        &self,
        modulus: &Modulus,
        bases: &Numbers,
        exponent: &[u64],
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        pow::pow_public(self, modulus, bases, exponent, control)
    }

    /// Each power of the base times a factor of its own, below the modulus: for the price of the power alone.
    pub fn pow_fixed_base_times(
        &self,
        base: &FixedBase,
        exponents: &Numbers,
        factors: &Numbers,
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        base.check(exponents)?;
        check_reduced(base.modulus(), factors)?;
        if factors.count() != exponents.count() {
            return Err(EngineError::Shape { what: "the factors and the exponents differ in number" });
        }
        base.powers(self, exponents, Factors::Plain(factors), control)
    }

    /// Each power of the base times 1 + m root, of an m of its own below the root of the base's modulus, which is a square.
    pub fn pow_fixed_base_one_plus(
        &self,
        base: &FixedBase,
        exponents: &Numbers,
        multiples: &Numbers,
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        if !base.takes_one_plus(self.unit()) {
            let factors = one_plus(self, base.modulus(), multiples)?;
            return self.pow_fixed_base_times(base, exponents, &factors, control);
        }
        base.check(exponents)?;
        let root = base.modulus().root().map_or(0, <[u64]>::len);
        if multiples.count() != exponents.count() || multiples.limbs() != root {
            return Err(EngineError::Shape {
                what: "the multiples are not one for each exponent, as wide as the root",
            });
        }
        base.powers(self, exponents, Factors::OnePlus(multiples), control)
    }

    /// Numbers of up to twice the modulus's width, modulo it.
    pub fn reduced(&self, modulus: &Modulus, numbers: &Numbers, control: Control<'_>) -> Result<Numbers, EngineError> {
        pow::reduced(self, modulus, numbers, control)
    }
}

impl Backend for Cpu {
    fn name(&self) -> &'static str {
        self.unit().name()
    }

    fn pow_common(
        &self,
        modulus: &Modulus,
        bases: &Numbers,
        exponent: &[u64],
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        pow::pow(self, modulus, bases, Exponents::Common(exponent), control)
    }

    fn pow_fixed_base(
        &self,
        base: &FixedBase,
        exponents: &Numbers,
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        base.check(exponents)?;
        base.powers(self, exponents, Factors::None, control)
    }

    fn mul(&self, modulus: &Modulus, a: &Numbers, b: &Numbers, control: Control<'_>) -> Result<Numbers, EngineError> {
        check_reduced(modulus, a)?;
        check_reduced(modulus, b)?;
        if a.count() != b.count() {
            return Err(EngineError::Shape { what: "the factors differ in number" });
        }
        products::pairs(self, modulus, a, b, control)
    }
}

/// 1 + m root, for each m below the root.
pub(crate) fn one_plus(cpu: &Cpu, modulus: &Modulus, multiples: &Numbers) -> Result<Numbers, EngineError> {
    let root = modulus.root().ok_or(EngineError::Shape { what: "the modulus is no square" })?;
    if multiples.limbs() != root.len() {
        return Err(EngineError::Shape { what: "the multiples are not as wide as the root" });
    }
    let mut out = Numbers::zero(modulus.limbs(), multiples.count());
    cpu.fill(&mut out, &unattended, |i, out| {
        let mut product = Zeroizing::new(vec![0; 2 * root.len()]);
        limbs::mul_wide(multiples.item(i), root, &mut product);
        // Below the square, which may have a limb less than the root twice.
        out.copy_from_slice(&product[..modulus.limbs()]);
        // m root is at most root^2 - root, and even more than 1 below 2^64's next multiple: no carry but this one's.
        let mut carry = 1;
        for limb in out {
            let (sum, over) = limb.overflowing_add(carry);
            (*limb, carry) = (sum, u64::from(over));
        }
    })?;
    Ok(out)
}
