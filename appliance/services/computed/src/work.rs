//! What a job does: the operations that this box knows, and what follows from an operation alone.

use he::HeError;
use he::packing::Packing;
use serde::{Deserialize, Serialize};

/// What a job does. Nothing that a client computes with is part of it: operand, plaintext factors and exponents lie beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    Encrypt {
        key_id: String,
        #[serde(default)]
        without_obfuscation: bool,
        /// Of one integer; the header's 0 is 8 here.
        #[serde(default = "integer_bytes")]
        plaintext_bytes: usize,
        #[serde(default)]
        residues: bool,
    },
    Decrypt {
        key_id: String,
        #[serde(default)]
        residues: bool,
    },
    Obfuscate {
        key_id: String,
    },
    Add {
        key_id: String,
        /// `None`: the operand is pairs.
        addend_job: Option<String>,
    },
    Multiply {
        key_id: String,
        #[serde(default = "integer_bytes")]
        plaintext_bytes: usize,
    },
    ColumnSums {
        key_id: String,
    },
    RowSums {
        key_id: String,
    },
    MatrixProduct {
        key_id: String,
        side: Side,
    },
    RsaEncrypt {
        key_id: String,
        padding: Padding,
        plaintext_bytes: usize,
    },
    RsaDecrypt {
        key_id: String,
        padding: Padding,
        plaintext_bytes: usize,
    },
    RsaSign {
        key_id: String,
        message_bytes: usize,
    },
    RsaBlind {
        key_id: String,
    },
    RsaUnblind {
        key_id: String,
        blind_job: String,
    },
    GroupExponentiation {
        key_id: String,
    },
    PackedEncrypt {
        key_id: String,
        packing: Slots,
    },
    PackedDecrypt {
        key_id: String,
        packing: Slots,
        /// Numbers in a row.
        columns: u32,
        /// Packed rows that were added up.
        added: u64,
    },
    /// Its exponents are secret, and lie beside the operand: see `Exponents`.
    ModularExponentiation {
        modulus: Vec<u8>,
    },
}

/// Where the plaintext matrix stands, and its free dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Right { columns: u32 },
    Left { rows: u32 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Padding {
    OaepSha256,
    None,
}

/// How numbers are packed, as the header says it: see `he::packing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slots {
    pub value_bits: u32,
    pub summands: u64,
}

impl Slots {
    /// In the plaintexts of a key with an n of so many bits.
    pub fn under(self, bits: usize) -> Result<Packing, HeError> {
        Packing::new(bits, self.value_bits, self.summands)
    }
}

impl Work {
    pub fn name(&self) -> &'static str {
        match self {
            Work::Encrypt { .. } => "encrypt",
            Work::Decrypt { .. } => "decrypt",
            Work::Obfuscate { .. } => "obfuscate",
            Work::Add { .. } => "add",
            Work::Multiply { .. } => "multiply",
            Work::ColumnSums { .. } => "column_sums",
            Work::RowSums { .. } => "row_sums",
            Work::MatrixProduct { .. } => "matrix_product",
            Work::RsaEncrypt { .. } => "rsa_encrypt",
            Work::RsaDecrypt { .. } => "rsa_decrypt",
            Work::RsaSign { .. } => "rsa_sign",
            Work::RsaBlind { .. } => "rsa_blind",
            Work::RsaUnblind { .. } => "rsa_unblind",
            Work::GroupExponentiation { .. } => "group_exponentiation",
            Work::PackedEncrypt { .. } => "packed_encrypt",
            Work::PackedDecrypt { .. } => "packed_decrypt",
            Work::ModularExponentiation { .. } => "modular_exponentiation",
        }
    }

    pub fn key_id(&self) -> Option<&str> {
        match self {
            Work::Encrypt { key_id, .. }
            | Work::Decrypt { key_id, .. }
            | Work::Obfuscate { key_id }
            | Work::Add { key_id, .. }
            | Work::Multiply { key_id, .. }
            | Work::ColumnSums { key_id }
            | Work::RowSums { key_id }
            | Work::MatrixProduct { key_id, .. }
            | Work::RsaEncrypt { key_id, .. }
            | Work::RsaDecrypt { key_id, .. }
            | Work::RsaSign { key_id, .. }
            | Work::RsaBlind { key_id }
            | Work::RsaUnblind { key_id, .. }
            | Work::GroupExponentiation { key_id }
            | Work::PackedEncrypt { key_id, .. }
            | Work::PackedDecrypt { key_id, .. } => Some(key_id),
            Work::ModularExponentiation { .. } => None,
        }
    }

    /// Whether the result is ciphertexts of the job's own key, whose plaintexts add up.
    pub fn gives_ciphertexts(&self) -> bool {
        match self {
            Work::Encrypt { .. }
            | Work::PackedEncrypt { .. }
            | Work::Obfuscate { .. }
            | Work::Add { .. }
            | Work::Multiply { .. }
            | Work::ColumnSums { .. }
            | Work::RowSums { .. }
            | Work::MatrixProduct { .. } => true,
            Work::Decrypt { .. }
            | Work::RsaEncrypt { .. }
            | Work::RsaDecrypt { .. }
            | Work::RsaSign { .. }
            | Work::RsaBlind { .. }
            | Work::RsaUnblind { .. }
            | Work::GroupExponentiation { .. }
            | Work::PackedDecrypt { .. }
            | Work::ModularExponentiation { .. } => false,
        }
    }

    /// The job whose result, or what is kept beside it, goes with the operand.
    pub fn second_job(&self) -> Option<&str> {
        match self {
            Work::Add { addend_job, .. } => addend_job.as_deref(),
            Work::RsaUnblind { blind_job, .. } => Some(blind_job),
            _ => None,
        }
    }
}

/// Of a plaintext that names no other width.
pub(crate) fn integer_bytes() -> usize {
    8
}
