//! Byte strings to residues, as if at random.

use engine::{Control, Engine, Modulus, Numbers, read_be};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::HeError;
use crate::batch::{bytes_of, fill};

const HASH: usize = 32;
/// A block of SHA-256.
const BLOCK: usize = 64;
/// Bits beyond the modulus's: how far from uniform a residue is.
const MARGIN: usize = 128;

/// Each input's residue modulo a modulus, at most 2^-128 from uniform if SHA-256 is a random oracle: `hash_to_field` of RFC 9380,
/// 5.2, with `expand_message_xmd`. `domain`, of 1 to 255 bytes, keeps uses apart. `control` hears of each once.
pub(crate) fn hash_to_residues(
    engine: &Engine,
    modulus: &Modulus,
    inputs: &[&[u8]],
    domain: &[u8],
    control: Control<'_>,
) -> Result<Numbers, HeError> {
    if !(1..=255).contains(&domain.len()) {
        return Err(HeError::Shape { what: "a domain has 1 to 255 bytes" });
    }
    let mut out = Numbers::zero(modulus.limbs(), inputs.len());
    fill(engine, &mut out, control, |i, residue| {
        let mut uniform = Zeroizing::new(vec![0; bytes_of(modulus) + MARGIN / 8]);
        expand(inputs[i], domain, &mut uniform);
        let mut wide = Zeroizing::new(vec![0; 2 * modulus.limbs()]);
        read_be(&uniform, &mut wide);
        let mut entered = Zeroizing::new(vec![0; modulus.limbs()]);
        modulus.enter_wide(&wide, &mut entered);
        modulus.leave(&entered, residue);
    })?;
    Ok(out)
}

/// `expand_message_xmd` with SHA-256 (RFC 9380, 5.3.1), for at most 255 * 32 bytes.
fn expand(message: &[u8], domain: &[u8], out: &mut [u8]) {
    let length = (out.len() as u16).to_be_bytes();
    let finish =
        |hash: Sha256| -> [u8; HASH] { hash.chain_update(domain).chain_update([domain.len() as u8]).finalize().into() };
    let first =
        finish(Sha256::new_with_prefix([0; BLOCK]).chain_update(message).chain_update(length).chain_update([0]));
    let mut block = [0; HASH];
    for (counter, chunk) in (1u8..).zip(out.chunks_mut(HASH)) {
        block.iter_mut().zip(first).for_each(|(b, f)| *b ^= f);
        block = finish(Sha256::new_with_prefix(block).chain_update([counter]));
        chunk.copy_from_slice(&block[..chunk.len()]);
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    /// RFC 9380, K.1.
    #[test]
    fn expands_as_the_rfc() {
        let domain = b"QUUX-V01-CS02-with-expander-SHA256-128";
        let expanded = |message: &[u8], length: usize| {
            let mut out = vec![0; length];
            expand(message, domain, &mut out);
            HEXLOWER.encode(&out)
        };
        assert_eq!(expanded(b"", 32), "68a985b87eb6b46952128911f2a4412bbc302a9d759667f87f7a21d803f07235");
        assert_eq!(expanded(b"abc", 32), "d8ccab23b5985ccea865c6c97b6e5b8350e794e603b4b97902f53a8a0d605615");
        assert!(expanded(b"", 128).starts_with("af84c27ccfd45d41914fdff5df25293e221afc53d8ad2ac06d5e3e29485dadbe"));
    }
}
