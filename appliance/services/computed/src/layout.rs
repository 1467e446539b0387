//! How wide a job's numbers are, and what its key must be: from its header and its key alone.

use ipc::keyd::{KeyInfo, KeyKind, Operation};

use crate::factors::Factors;
use crate::request::Spec;
use crate::request_error::RequestError;
use crate::work::{Padding, Work};

/// RFC 8017, 7.1.1: two hashes and two bytes of an OAEP message are not the message's.
const OAEP_OVERHEAD: usize = 2 * 32 + 2;
/// Before a message of any length.
pub(crate) const LENGTH_BYTES: usize = 2;
const SIGNED_BYTES_MAX: usize = 1 << 16;

/// Widths are in bytes, of one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// What the key must allow, all of it; the first is what it is leased for. Nothing: an operation without a key.
    pub needs: &'static [Operation],
    pub operand_bytes: usize,
    /// The operand is ciphertexts of the job's own key, or pairs of them.
    pub takes_ciphertexts: bool,
    pub rows: u32,
    pub columns: u32,
    pub item_bytes: usize,
}

impl Layout {
    pub fn result_bytes(&self) -> u64 {
        u64::from(self.rows) * u64::from(self.columns) * self.item_bytes as u64
    }
}

/// `key` is the one that the job names.
pub fn layout(spec: &Spec, key: Option<&KeyInfo>) -> Result<Layout, RequestError> {
    let (rows, columns) = spec.result_shape();
    let plain = Layout { needs: &[], operand_bytes: 0, takes_ciphertexts: false, rows, columns, item_bytes: 0 };
    match (&spec.work, key.map(|k| k.kind)) {
        (Work::ModularExponentiation { modulus }, _) => {
            Ok(Layout { operand_bytes: modulus.len(), item_bytes: modulus.len(), ..plain })
        }
        (work, Some(KeyKind::Paillier { bits })) => paillier(work, spec.factors(), bits as usize / 8, plain),
        (work, Some(KeyKind::Rsa { bits })) => rsa(work, bits as usize / 8, plain),
        (work, None) => Err(RequestError::KeyKind { operation: work.name(), kind: "none" }),
    }
}

/// `n_bytes`: the width of n; ciphertexts are twice as wide.
fn paillier(work: &Work, factors: Option<Factors>, n_bytes: usize, plain: Layout) -> Result<Layout, RequestError> {
    let width = |bytes: usize| {
        if (1..=n_bytes).contains(&bytes) {
            return Ok(bytes);
        }
        Err(RequestError::PlaintextWidth { bytes, max: n_bytes })
    };
    if let Some(factors) = factors {
        width(factors.width)?;
    }
    let ciphertext = 2 * n_bytes;
    let evaluate = Layout {
        needs: &[Operation::Evaluate],
        operand_bytes: ciphertext,
        takes_ciphertexts: true,
        item_bytes: ciphertext,
        ..plain
    };
    match work {
        Work::Encrypt { plaintext_bytes, residues, .. } => {
            let operand_bytes = if *residues { n_bytes } else { width(*plaintext_bytes)? };
            let needs: &[Operation] = &[Operation::Encrypt];
            Ok(Layout { needs, operand_bytes, takes_ciphertexts: false, ..evaluate })
        }
        Work::Decrypt { .. } => {
            let needs: &[Operation] = &[Operation::Decrypt];
            Ok(Layout { needs, item_bytes: n_bytes, ..evaluate })
        }
        // To obfuscate is to encrypt 0 and add it.
        Work::Obfuscate { .. }
        | Work::Multiply { .. }
        | Work::ColumnSums { .. }
        | Work::RowSums { .. }
        | Work::MatrixProduct { .. }
        | Work::Add { addend_job: Some(_), .. } => Ok(evaluate),
        Work::Add { addend_job: None, .. } => Ok(Layout { operand_bytes: 2 * ciphertext, ..evaluate }),
        other => Err(RequestError::KeyKind { operation: other.name(), kind: "Paillier" }),
    }
}

fn rsa(work: &Work, n_bytes: usize, plain: Layout) -> Result<Layout, RequestError> {
    let number = Layout { operand_bytes: n_bytes, item_bytes: n_bytes, ..plain };
    let message = |padding: Padding, bytes: usize| match padding {
        Padding::None if bytes == 0 || bytes == n_bytes => Ok(n_bytes),
        Padding::OaepSha256 if bytes == 0 => Ok(LENGTH_BYTES + n_bytes - OAEP_OVERHEAD),
        Padding::OaepSha256 if (1..=n_bytes - OAEP_OVERHEAD).contains(&bytes) => Ok(bytes),
        Padding::None => Err(RequestError::PlaintextWidth { bytes, max: n_bytes }),
        Padding::OaepSha256 => Err(RequestError::PlaintextWidth { bytes, max: n_bytes - OAEP_OVERHEAD }),
    };
    match work {
        Work::RsaEncrypt { padding, plaintext_bytes, .. } => {
            let operand_bytes = message(*padding, *plaintext_bytes)?;
            Ok(Layout { needs: &[Operation::Encrypt], operand_bytes, ..number })
        }
        Work::RsaDecrypt { padding, plaintext_bytes, .. } => {
            let item_bytes = message(*padding, *plaintext_bytes)?;
            // The bare power signs as well as it decrypts: a key that only decrypts does not give it.
            let needs: &[Operation] = match padding {
                Padding::OaepSha256 => &[Operation::Decrypt],
                Padding::None => &[Operation::Decrypt, Operation::Sign],
            };
            Ok(Layout { needs, item_bytes, ..number })
        }
        Work::RsaSign { message_bytes: bytes, .. } => match *bytes {
            1..=SIGNED_BYTES_MAX => Ok(Layout { needs: &[Operation::Sign], operand_bytes: *bytes, ..number }),
            bytes => Err(RequestError::PlaintextWidth { bytes, max: SIGNED_BYTES_MAX }),
        },
        Work::RsaBlind { .. } | Work::RsaUnblind { .. } => Ok(Layout { needs: &[Operation::Evaluate], ..number }),
        other => Err(RequestError::KeyKind { operation: other.name(), kind: "RSA" }),
    }
}
