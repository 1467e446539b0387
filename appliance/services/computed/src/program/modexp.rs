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
        let (Key::None(modulus), Work::ModularExponentiation { modulus: bytes, exponents }) =
            (&self.key, &self.inputs.spec.work)
        else {
            return Err(RunError::NoKey);
        };
        let width = bytes.len();
        // Both are big-endian and equally wide.
        if let Some(index) = block.chunks_exact(width).position(|base| base >= bytes.as_slice()) {
            return Err(RunError::Request(RequestError::Element { index }));
        }
        let bases = Numbers::from_be(width, block)?;
        let powers = self.workshop.turn(&mut self.used, watch, |engine, control| match exponents.as_slice() {
            [exponent] => engine.pow_common(modulus, &bases, &limbs(exponent), control),
            each => {
                let each = &each[self.next..][..bases.count()];
                let longest = each.iter().map(Vec::len).max().unwrap_or(1);
                let mut exponents = Numbers::zero(longest.div_ceil(8), bases.count());
                exponents.iter_mut().zip(each).for_each(|(limbs, bytes)| read_be(bytes, limbs));
                engine.pow_each(modulus, &bases, &exponents, control)
            }
        })?;
        (watch.done)(bases.count() as u64);
        Ok(Zeroizing::new(powers.to_be(width)))
    }
}
