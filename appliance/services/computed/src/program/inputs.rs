//! What a program is made of, and how it is cut into blocks.

use std::fs::File;

use ipc::keyd::KeyInfo;
use zeroize::Zeroizing;

use crate::exponents::Exponents;
use crate::layout::Layout;
use crate::limits::{BLOCK_BYTES, BLOCK_ITEMS_CHEAP, BLOCK_ITEMS_DEAR, BLOCK_ITEMS_SEARCHED, BLOCK_PRODUCTS};
use crate::request::Spec;
use crate::work::{Side, Work};

/// What a program is made of. Everything in it was checked.
pub(crate) struct ProgramInputs {
    pub(crate) client: String,
    pub(crate) spec: Spec,
    pub(crate) layout: Layout,
    /// `None` for an operation without a key.
    pub(crate) key: Option<KeyInfo>,
    /// As in [`Spec::factors`], big-endian.
    pub(crate) factors: Zeroizing<Vec<u8>>,
    pub(crate) exponents: Option<Exponents>,
    /// The other operand of an addition.
    pub(crate) addend: Option<File>,
    /// The operand was checked, or computed here.
    pub(crate) trusted: bool,
}

/// Items of the operand in a block: whole rows where rows belong together.
pub(crate) fn block_items(spec: &Spec, layout: &Layout) -> usize {
    let columns = spec.columns as usize;
    let in_bytes = (BLOCK_BYTES / layout.operand_bytes).max(1);
    let whole_rows = |items: usize| (items.min(in_bytes) / columns).max(1) * columns;
    match &spec.work {
        Work::ColumnSums { .. } | Work::RowSums { .. } => whole_rows(BLOCK_ITEMS_CHEAP),
        Work::MatrixProduct { side: Side::Right { columns: outputs }, .. } => {
            whole_rows(BLOCK_PRODUCTS / *outputs as usize)
        }
        Work::MatrixProduct { side: Side::Left { .. }, .. } => whole_rows(in_bytes),
        Work::PackedEncrypt { .. } => (BLOCK_ITEMS_DEAR / layout.columns as usize).max(1) * columns,
        Work::PackedDecrypt { .. } => whole_rows(BLOCK_ITEMS_DEAR),
        // An ElGamal ciphertext is the only one that is so short.
        Work::Decrypt { .. } if layout.operand_bytes == he::elgamal::Ciphertexts::BYTES => BLOCK_ITEMS_SEARCHED,
        Work::Add { .. }
        | Work::Multiply { plaintext_bytes: 8, .. }
        | Work::Encrypt { without_obfuscation: true, .. } => BLOCK_ITEMS_CHEAP.min(in_bytes),
        _ => BLOCK_ITEMS_DEAR.min(in_bytes),
    }
}
