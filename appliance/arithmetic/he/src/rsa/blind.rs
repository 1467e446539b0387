//! Blinding, for signatures on what the signer does not see: RSA-PSI and RFC 9474.

use engine::{Control, Engine, Numbers, invert_each};
use zeroize::Zeroizing;

use crate::HeError;
use crate::batch::{quiet, random_below, unit};
use crate::rsa::PublicKey;

/// What undoes one blinding: the inverses of its factors, and what was blinded. Wiped on drop; good for one
/// [`PublicKey::unblind`].
pub struct BlindingFactors {
    inverses: Numbers,
    values: Numbers,
}

impl PublicKey {
    /// x r^e modulo n for each x of a matrix (RFC 9474, 4.2), with a fresh, uniform r each, so that the results are uniform
    /// and independent of the values. Values are below n and not 0; that they are units is not checked, since one that is not
    /// factors n. `control` hears of each once.
    pub fn blind(
        &self,
        engine: &Engine,
        values: &[u8],
        control: Control<'_>,
    ) -> Result<(Vec<u8>, BlindingFactors), HeError> {
        let values = self.read(values)?;
        if let Some(index) = values.iter().position(|x| x.iter().all(|limb| *limb == 0)) {
            return Err(HeError::ElementRange { what: "number", index });
        }
        let mut factors = random_below(&self.n, values.count())?;
        let powers = self.power(engine, &factors, control)?;
        let blinded = engine.mul(&self.n, &values, &powers, &quiet(control))?.to_be(self.bytes());
        invert_each(engine.cpu(), &self.n, &mut factors, &quiet(control)).map_err(unit)?;
        Ok((blinded, BlindingFactors { inverses: factors, values }))
    }

    /// y / r modulo n for each y of the signer's answer, in the order of what was blinded. Each result to e must be the value
    /// that was blinded (RFC 9474, 4.4): a signer with another key, or a wrong one, is found here, and its element named.
    /// `control` hears of each once.
    pub fn unblind(
        &self,
        engine: &Engine,
        factors: BlindingFactors,
        signatures: &[u8],
        control: Control<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, HeError> {
        let signatures = self.read(signatures)?;
        if signatures.count() != factors.values.count() {
            return Err(HeError::Shape { what: "there are not as many signatures as blinded values" });
        }
        let unblinded = engine.mul(&self.n, &signatures, &factors.inverses, &quiet(control))?;
        let again = self.power(engine, &unblinded, control)?;
        match again.iter().zip(factors.values.iter()).position(|(a, b)| a != b) {
            Some(index) => Err(HeError::Signature { index }),
            None => Ok(Zeroizing::new(unblinded.to_be(self.bytes()))),
        }
    }
}
