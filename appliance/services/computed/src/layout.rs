//! How wide a job's numbers are, and what its key must be: from its header and its key alone.

use ipc::keyd::{KeyInfo, KeyKind, Operation};

use crate::factors::Factors;
use crate::limits::PACKED_ROW;
use crate::request::Spec;
use crate::request_error::RequestError;
use crate::work::{Padding, Slots, Work, integer_bytes};

/// RFC 8017, 7.1.1: two hashes and two bytes of an OAEP message are not the message's.
const OAEP_OVERHEAD: usize = 2 * 32 + 2;
/// Before a message of any length.
pub(crate) const LENGTH_BYTES: usize = 2;
/// Of an Okamoto-Uchiyama plaintext: 256 bits and a sign, in whole words.
const SUM_BYTES: usize = he::okamoto_uchiyama::PLAINTEXT_BITS / 8 + 8;
/// Of a sum in a slot: 63 bits of number, 32 of summands, a sign.
const SUM_OF_SLOT_BYTES: usize = 16;
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
        (Work::PackedEncrypt { packing, .. }, Some(KeyKind::Paillier { bits })) => {
            let needed = packed_columns(*packing, bits, spec.columns)?;
            let item_bytes = 2 * bits as usize / 8;
            let needs: &[Operation] = &[Operation::Encrypt];
            Ok(Layout { needs, operand_bytes: integer_bytes(), columns: needed as u32, item_bytes, ..plain })
        }
        (Work::PackedDecrypt { packing, added, columns, .. }, Some(KeyKind::Paillier { bits })) => {
            let needed = packed_columns(*packing, bits, *columns)?;
            if spec.columns as usize != needed {
                return Err(RequestError::PackedColumns { found: spec.columns, needed });
            }
            if *added > packing.summands {
                let what = format!("{added} were added, where it has room for {}", packing.summands);
                return Err(RequestError::Packing { what });
            }
            let (needs, operand_bytes) = (&[Operation::Decrypt][..], 2 * bits as usize / 8);
            Ok(Layout { needs, operand_bytes, takes_ciphertexts: true, item_bytes: SUM_OF_SLOT_BYTES, ..plain })
        }
        (work, Some(kind @ KeyKind::Paillier { bits })) => {
            let n_bytes = bits as usize / 8;
            let widths = Widths { ciphertext: 2 * n_bytes, plaintext: n_bytes, factor: n_bytes };
            additive(work, kind, spec.factors(), widths, plain)
        }
        (work, Some(kind @ KeyKind::OkamotoUchiyama { bits })) => {
            let widths = Widths { ciphertext: bits as usize / 8, plaintext: SUM_BYTES, factor: integer_bytes() };
            additive(work, kind, spec.factors(), widths, plain)
        }
        (work, Some(kind @ KeyKind::ElGamal)) => {
            let ciphertext = he::elgamal::Ciphertexts::BYTES;
            let widths = Widths { ciphertext, plaintext: integer_bytes(), factor: integer_bytes() };
            additive(work, kind, spec.factors(), widths, plain)
        }
        (work, Some(KeyKind::Rsa { bits })) => rsa(work, bits as usize / 8, plain),
        (Work::GroupExponentiation { .. }, Some(KeyKind::DiffieHellman { group })) => {
            let bytes = group.bits() as usize / 8;
            Ok(Layout { needs: &[Operation::Derive], operand_bytes: bytes, item_bytes: bytes, ..plain })
        }
        (work, Some(kind @ KeyKind::DiffieHellman { .. })) => Err(no_fit(work, kind)),
        (work, None) => Err(RequestError::KeyKind { operation: work.name(), kind: "none" }),
    }
}

/// Ciphertexts that a row of so many numbers takes.
fn packed_columns(packing: Slots, bits: u32, numbers: u32) -> Result<usize, RequestError> {
    match packing
        .under(bits as usize)
        .map_err(|e| RequestError::Packing { what: e.to_string() })?
        .plaintexts(numbers as usize)
    {
        ciphertexts @ ..=PACKED_ROW => Ok(ciphertexts),
        ciphertexts => Err(RequestError::PackedRow { ciphertexts }),
    }
}

/// The widest that a kind of key takes and gives.
struct Widths {
    ciphertext: usize,
    /// Of a plaintext, and of what is decrypted.
    plaintext: usize,
    /// Of a plaintext factor.
    factor: usize,
}

/// Keys under which plaintexts add up.
fn additive(
    work: &Work,
    kind: KeyKind,
    factors: Option<Factors>,
    widths: Widths,
    plain: Layout,
) -> Result<Layout, RequestError> {
    let within = |bytes: usize, max: usize| match bytes {
        bytes if (1..=max).contains(&bytes) => Ok(bytes),
        bytes => Err(RequestError::PlaintextWidth { bytes, max }),
    };
    if let Some(factors) = factors {
        within(factors.width, widths.factor)?;
    }
    let residues_fit = matches!(kind, KeyKind::Paillier { .. });
    let evaluate = Layout {
        needs: &[Operation::Evaluate],
        operand_bytes: widths.ciphertext,
        takes_ciphertexts: true,
        item_bytes: widths.ciphertext,
        ..plain
    };
    match work {
        Work::Encrypt { residues: true, .. } | Work::Decrypt { residues: true, .. } if !residues_fit => {
            Err(RequestError::Residues { kind: kind.name() })
        }
        Work::Encrypt { plaintext_bytes, residues, .. } => {
            let operand_bytes = if *residues { widths.plaintext } else { within(*plaintext_bytes, widths.plaintext)? };
            let needs: &[Operation] = &[Operation::Encrypt];
            Ok(Layout { needs, operand_bytes, takes_ciphertexts: false, ..evaluate })
        }
        Work::Decrypt { .. } => {
            let needs: &[Operation] = &[Operation::Decrypt];
            Ok(Layout { needs, item_bytes: widths.plaintext, ..evaluate })
        }
        // To obfuscate is to encrypt 0 and add it.
        Work::Obfuscate { .. }
        | Work::Multiply { .. }
        | Work::ColumnSums { .. }
        | Work::RowSums { .. }
        | Work::MatrixProduct { .. }
        | Work::Add { addend_job: Some(_), .. } => Ok(evaluate),
        Work::Add { addend_job: None, .. } => Ok(Layout { operand_bytes: 2 * widths.ciphertext, ..evaluate }),
        other => Err(no_fit(other, kind)),
    }
}

fn no_fit(work: &Work, kind: KeyKind) -> RequestError {
    RequestError::KeyKind { operation: work.name(), kind: kind.name() }
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
        other => Err(RequestError::KeyKind { operation: other.name(), kind: "rsa" }),
    }
}
