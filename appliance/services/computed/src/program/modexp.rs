//! base^exponent modulo a number that the job brought along.

use engine::{Numbers, read_be};
use zeroize::Zeroizing;

use crate::error::RunError;
use crate::program::computation::Computation;
use crate::program::key::{Key, limbs};
use crate::request_error::RequestError;
use crate::work::Work;
use crate::workshop::Watch;

impl Computation {
    pub(super) fn modexp(&mut self, block: &[u8], watch: &Watch<'_>) -> Result<Zeroizing<Vec<u8>>, RunError> {
        let (Key::None(modulus), Work::ModularExponentiation { modulus: bytes }) = (&self.key, &self.inputs.spec.work)
        else {
            return Err(RunError::NoKey);
        };
        let exponents = self.inputs.exponents.as_ref().ok_or(RunError::NoExponents)?;
        let width = bytes.len();
        // Both are big-endian and equally wide.
        if let Some(index) = block.chunks_exact(width).position(|base| base >= bytes.as_slice()) {
            return Err(RunError::Request(RequestError::Element { index }));
        }
        let bases = Numbers::from_be(width, block)?;
        if exponents.count() == 1 {
            let exponent = limbs(exponents.get(0).ok_or(RunError::NoExponents)?);
            let powers = self.workshop.turn(&mut self.used, watch, |engine, control| {
                engine.pow_common(modulus, &bases, &exponent, control)
            })?;
            (watch.done)(bases.count() as u64);
            return Ok(Zeroizing::new(powers.to_be(width)));
        }
        let each = (self.next..self.next + bases.count()).map(|i| exponents.get(i).ok_or(RunError::NoExponents));
        let each = each.collect::<Result<Vec<_>, _>>()?;
        let longest = each.iter().map(|e| e.len()).max().unwrap_or(1);
        let mut limbs = Numbers::zero(longest.div_ceil(8), bases.count());
        limbs.iter_mut().zip(each).for_each(|(limbs, bytes)| read_be(bytes, limbs));
        let powers = self
            .workshop
            .turn(&mut self.used, watch, |engine, control| engine.pow_each(modulus, &bases, &limbs, control))?;
        (watch.done)(bases.count() as u64);
        Ok(Zeroizing::new(powers.to_be(width)))
    }
}
