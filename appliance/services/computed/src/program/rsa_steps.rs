//! RSA's operations.

use engine::{Control, Engine};
use he::HeError;
use secrets::Secret;
use zeroize::Zeroizing;

use crate::error::RunError;
use crate::layout::LENGTH_BYTES;
use crate::program::computation::Computation;
use crate::program::key::Key;
use crate::work::{Padding, Work};
use crate::workshop::Watch;

impl Computation {
    pub(super) fn rsa(&mut self, block: &[u8], watch: &Watch<'_>) -> Result<Zeroizing<Vec<u8>>, RunError> {
        let Key::Rsa { public, private } = &self.key else { return Err(RunError::NoKey) };
        let private = private.as_ref().ok_or(RunError::NoPrivate);
        let items: Vec<&[u8]> = block.chunks_exact(self.inputs.layout.operand_bytes).collect();
        let (workshop, used, blinds) = (&self.workshop, &mut self.used, &mut self.blinds);
        let result = match &self.inputs.spec.work {
            Work::RsaEncrypt { padding: Padding::None, .. } => {
                let powers = workshop.turn(used, watch, |engine, control| public.raw(engine, block, control))?;
                Zeroizing::new(powers)
            }
            Work::RsaEncrypt { padding: Padding::OaepSha256, plaintext_bytes, .. } => {
                let messages = if *plaintext_bytes == 0 { unframed(&items)? } else { items.clone() };
                let encrypt =
                    |engine: &Engine, control: Control<'_>| public.oaep_encrypt(engine, &messages, b"", control);
                Zeroizing::new(workshop.turn(used, watch, encrypt)?)
            }
            Work::RsaDecrypt { padding: Padding::None, .. } => {
                let private = private?;
                workshop.turn(used, watch, |engine, control| private.raw(engine, public, block, control))?
            }
            Work::RsaDecrypt { padding: Padding::OaepSha256, plaintext_bytes, .. } => {
                let private = private?;
                let clear = workshop
                    .turn(used, watch, |engine, control| private.oaep_decrypt(engine, public, block, b"", control))?;
                messages(&clear, *plaintext_bytes, self.inputs.layout.item_bytes)?
            }
            Work::RsaSign { .. } => {
                let private = private?;
                let sign = |engine: &Engine, control: Control<'_>| private.pss_sign(engine, public, &items, control);
                Zeroizing::new(workshop.turn(used, watch, sign)?)
            }
            Work::RsaBlind { .. } => {
                let (blinded, factors) =
                    workshop.turn(used, watch, |engine, control| public.blind(engine, block, control))?;
                blinds.push_back(factors);
                Zeroizing::new(blinded)
            }
            Work::RsaUnblind { blind_job, .. } => {
                let factors = blinds.pop_front().ok_or_else(|| RunError::BlindsGone(blind_job.clone()))?;
                workshop.turn(used, watch, |engine, control| public.unblind(engine, factors, block, control))?
            }
            _ => return Err(RunError::NoKey),
        };
        (watch.done)(items.len() as u64);
        Ok(result)
    }
}

/// Messages out of items that begin with their length.
fn unframed<'a>(items: &[&'a [u8]]) -> Result<Vec<&'a [u8]>, HeError> {
    let message = |(index, item): (usize, &&'a [u8])| {
        let (length, rest) = item.split_at(LENGTH_BYTES);
        let length = usize::from(length[0]) << 8 | usize::from(length[1]);
        rest.get(..length).ok_or(HeError::MessageLength { index, most: rest.len() })
    };
    items.iter().enumerate().map(message).collect()
}

/// Messages one after another, each of `bytes` bytes, or for 0 after its length in an item of `width` bytes.
fn messages(clear: &[Secret], bytes: usize, width: usize) -> Result<Zeroizing<Vec<u8>>, HeError> {
    let mut all = Zeroizing::new(Vec::with_capacity(width * clear.len()));
    for (index, message) in clear.iter().enumerate() {
        // Another length is no other error than no message.
        if bytes > 0 && message.len() != bytes {
            return Err(HeError::Decryption { index });
        }
        if bytes == 0 {
            all.extend_from_slice(&(message.len() as u16).to_be_bytes());
        }
        all.extend_from_slice(message.expose());
        all.resize(width * (index + 1), 0);
    }
    Ok(all)
}
