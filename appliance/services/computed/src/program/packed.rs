//! Many numbers in one Paillier ciphertext.

use std::sync::Arc;

use he::{HeError, PublicKey};
use zeroize::Zeroizing;

use crate::error::RunError;
use crate::program::additive::integers;
use crate::program::computation::Computation;
use crate::request_error::RequestError;
use crate::work::{Slots, integer_bytes};
use crate::workshop::Watch;

impl Computation {
    /// A block of whole rows of numbers.
    pub(super) fn packed_encrypt(
        &mut self,
        key: &Arc<PublicKey>,
        key_id: &str,
        packing: Slots,
        block: &[u8],
        watch: &Watch<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, RunError> {
        let columns = self.inputs.spec.columns as usize;
        let (slots, first) = (packing.under(key.bits())?, self.next / columns);
        let numbers = integers(block, integer_bytes());
        let mut plaintexts = Zeroizing::new(Vec::with_capacity(
            numbers.len() / columns * slots.plaintexts(columns) * slots.plaintext_bytes(),
        ));
        for (row, numbers) in numbers.chunks_exact(columns).enumerate() {
            let packed = slots.pack(numbers).map_err(|e| match e {
                HeError::EncodingRange { index: column } => {
                    RequestError::PackedNumber { row: first + row, column, bits: packing.value_bits }.into()
                }
                e => RunError::Scheme(e),
            })?;
            plaintexts.extend_from_slice(&packed);
        }
        let sealed = self.encrypt(key, key_id, &plaintexts, slots.plaintext_bytes(), false, false, watch)?;
        (watch.done)(numbers.len() as u64);
        Ok(sealed)
    }

    /// A block of whole rows of ciphertexts.
    pub(super) fn packed_decrypt(
        &mut self,
        key: &PublicKey,
        packing: Slots,
        columns: usize,
        added: u64,
        block: &[u8],
        watch: &Watch<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, RunError> {
        let (slots, ciphertexts) = (packing.under(key.bits())?, self.inputs.spec.columns as usize);
        let first = self.next / ciphertexts;
        let clear = self.decrypt(key, block, false, watch)?;
        let rows = clear.chunks_exact(ciphertexts * slots.plaintext_bytes());
        let mut numbers = Zeroizing::new(Vec::with_capacity(rows.len() * columns * 16));
        for (row, plaintexts) in rows.enumerate() {
            let sums = slots.unpack(plaintexts, columns, added).map_err(|e| match e {
                HeError::Overflow { index: column } => RequestError::Slot { row: first + row, column }.into(),
                e => RunError::Scheme(e),
            })?;
            sums.iter().for_each(|sum| numbers.extend_from_slice(&sum.to_be_bytes()));
        }
        Ok(numbers)
    }
}
