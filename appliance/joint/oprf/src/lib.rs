//! The oblivious pseudorandom function of RFC 9497, mode OPRF, suite ristretto255-SHA512, on batches.
//!
//! A client [`Blind`]s inputs, the server [`Key::evaluate`]s them without seeing them, the client takes the blind off and has the
//! function's outputs, and nobody else has. The server itself has them by [`Key::outputs`].
//!
//! **One blind a batch.** The RFC draws a blind for each input, so that evaluations cannot be linked. Here one serves all inputs of a batch, which
//! hides them as well as long as they are different (DDH), and lets a batch have one scalar. So a client looks for duplicates before, and a
//! blind is used once: it is consumed.
//!
//! A server that answers with another key, or with nonsense, is not found out here: that takes the RFC's proofs (mode VOPRF), which do not exist
//! yet.
#![forbid(unsafe_code)]

use curve_lanes::{NotAPoint, Scalar, Unit, expand_message_xmd, hash_and_multiply, multiply};
use secrets::Secret;
use sha2::{Digest, Sha512};
use zeroize::Zeroizing;

/// Bytes of a blinded or evaluated element.
pub const ELEMENT: usize = 32;
/// Bytes of an output.
pub const OUTPUT: usize = 64;
/// Bytes that an input may have.
pub const INPUT_MAX: usize = u16::MAX as usize;

const HASH_TO_GROUP: &[u8] = b"HashToGroup-OPRFV1-\0-ristretto255-SHA512";
const DERIVE_KEY_PAIR: &[u8] = b"DeriveKeyPairOPRFV1-\0-ristretto255-SHA512";

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum OprfError {
    #[error("input {index} has {found} bytes, and may have {INPUT_MAX}")]
    Input { index: usize, found: usize },
    #[error("element {index} is no point, or the identity")]
    Element { index: usize },
    #[error("{found} elements came back for {expected} inputs")]
    Count { found: usize, expected: usize },
    #[error("the seed has {found} bytes, and must have 32")]
    Seed { found: usize },
    #[error("the key's information has {found} bytes, and may have {INPUT_MAX}")]
    Information { found: usize },
}

/// A server's key.
pub struct Key(Scalar);

/// A client's blind for one batch, with the inputs.
pub struct Blind<'a> {
    inputs: Vec<&'a [u8]>,
    inverse: Scalar,
}

impl Key {
    /// DeriveKeyPair (section 3.2.1), without the public key: from a seed of 32 bytes and public information.
    pub fn derive(seed: &Secret, information: &[u8]) -> Result<Key, OprfError> {
        if seed.len() != 32 {
            return Err(OprfError::Seed { found: seed.len() });
        }
        let length = u16::try_from(information.len());
        let length = length.map_err(|_| OprfError::Information { found: information.len() })?;
        let mut input = Zeroizing::new(Vec::with_capacity(seed.len() + information.len() + 3));
        input.extend_from_slice(seed.expose());
        input.extend_from_slice(&length.to_be_bytes());
        input.extend_from_slice(information);
        // The RFC counts on where 0 comes out: nobody has seen that.
        input.push(0);
        Ok(Key(Scalar::from_uniform_bytes(&Zeroizing::new(expand_message_xmd(&input, DERIVE_KEY_PAIR)))))
    }

    /// BlindEvaluate (section 3.3.1) of each element.
    pub fn evaluate(&self, unit: Unit, blinded: &[[u8; ELEMENT]]) -> Result<Vec<[u8; ELEMENT]>, OprfError> {
        multiples(unit, &self.0, blinded)
    }

    /// Evaluate (section 3.3.1): the function of each input, which the server knows.
    pub fn outputs(&self, unit: Unit, inputs: &[&[u8]]) -> Result<Vec<[u8; OUTPUT]>, OprfError> {
        let evaluated = hash_and_multiply(unit, &self.0, &hashed(inputs)?);
        Ok(inputs.iter().zip(&evaluated).map(|(input, element)| output(input, element)).collect())
    }
}

impl<'a> Blind<'a> {
    /// Blind (section 3.3.1) of inputs that are different from each other: the elements to send, and what takes the blind off. `uniform`
    /// is 64 random bytes, fresh for each batch.
    pub fn new(
        unit: Unit,
        inputs: &[&'a [u8]],
        uniform: &Zeroizing<[u8; 64]>,
    ) -> Result<(Blind<'a>, Vec<[u8; ELEMENT]>), OprfError> {
        Blind::with(unit, inputs, &Scalar::from_uniform_bytes(uniform))
    }

    fn with(unit: Unit, inputs: &[&'a [u8]], blind: &Scalar) -> Result<(Blind<'a>, Vec<[u8; ELEMENT]>), OprfError> {
        let elements = hash_and_multiply(unit, blind, &hashed(inputs)?);
        // No input is known that hashes to the identity (section 3.3.1: InvalidInputError).
        match elements.iter().position(|element| *element == [0; ELEMENT]) {
            Some(index) => Err(OprfError::Element { index }),
            None => Ok((Blind { inputs: inputs.to_vec(), inverse: blind.invert() }, elements)),
        }
    }

    /// Finalize (section 3.3.1): the outputs, from what the server made of the elements.
    pub fn finalize(self, unit: Unit, evaluated: &[[u8; ELEMENT]]) -> Result<Vec<[u8; OUTPUT]>, OprfError> {
        if evaluated.len() != self.inputs.len() {
            return Err(OprfError::Count { found: evaluated.len(), expected: self.inputs.len() });
        }
        let elements = multiples(unit, &self.inverse, evaluated)?;
        Ok(self.inputs.iter().zip(&elements).map(|(input, element)| output(input, element)).collect())
    }
}

fn multiples(unit: Unit, scalar: &Scalar, elements: &[[u8; ELEMENT]]) -> Result<Vec<[u8; ELEMENT]>, OprfError> {
    // DeserializeElement refuses the identity (section 4.1).
    if let Some(index) = elements.iter().position(|element| *element == [0; ELEMENT]) {
        return Err(OprfError::Element { index });
    }
    multiply(unit, scalar, elements).map_err(|NotAPoint { index }| OprfError::Element { index })
}

fn hashed(inputs: &[&[u8]]) -> Result<Vec<[u8; 64]>, OprfError> {
    if let Some(index) = inputs.iter().position(|input| input.len() > INPUT_MAX) {
        return Err(OprfError::Input { index, found: inputs[index].len() });
    }
    Ok(inputs.iter().map(|input| expand_message_xmd(input, HASH_TO_GROUP)).collect())
}

/// The hash at the end; inputs were checked for their length.
fn output(input: &[u8], element: &[u8; ELEMENT]) -> [u8; OUTPUT] {
    let mut hash = Sha512::new();
    hash.update((input.len() as u16).to_be_bytes());
    hash.update(input);
    hash.update((ELEMENT as u16).to_be_bytes());
    hash.update(element);
    hash.update(b"Finalize");
    hash.finalize().into()
}

#[cfg(test)]
mod tests;
