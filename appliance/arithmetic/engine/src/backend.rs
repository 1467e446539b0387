//! What every engine can do.

use crate::control::Control;
use crate::error::EngineError;
use crate::fixed_base::FixedBase;
use crate::modulus::Modulus;
use crate::numbers::Numbers;

/// One engine. Each gives the same bytes for the same operands. Results are below the modulus and as wide as it.
pub trait Backend: Send + Sync {
    fn name(&self) -> &'static str;

    /// Each base, below the modulus, to the one exponent, which may be secret.
    fn pow_common(
        &self,
        modulus: &Modulus,
        bases: &Numbers,
        exponent: &[u64],
        control: Control<'_>,
    ) -> Result<Numbers, EngineError>;

    /// The one base to each exponent, which may be secret.
    fn pow_fixed_base(
        &self,
        base: &FixedBase,
        exponents: &Numbers,
        control: Control<'_>,
    ) -> Result<Numbers, EngineError>;

    /// The products of a's and b's items.
    fn mul(&self, modulus: &Modulus, a: &Numbers, b: &Numbers, control: Control<'_>) -> Result<Numbers, EngineError>;
}
