//! A header's operation, from the wire to [`Work`].

use proto::v1::{self, job_header, matrix_product};

use crate::exponents::Exponents;
use crate::limits;
use crate::request_error::RequestError;
use crate::work::{Padding, Side, Slots, Work, integer_bytes};

/// A header's operation, and what stands in the header and is no part of it.
pub(crate) struct Parsed {
    pub(crate) work: Work,
    pub(crate) factors: Vec<i64>,
    pub(crate) exponents: Option<Exponents>,
}

/// `items`: of the operand.
pub(crate) fn parse(operation: job_header::Operation, items: u64) -> Result<Parsed, RequestError> {
    use job_header::Operation;
    let width = |bytes: u32| if bytes == 0 { integer_bytes() } else { bytes as usize };
    let (mut factors, mut exponents) = (Vec::new(), None);
    let mut inline = |list: Vec<i64>| {
        if list.len() > limits::WEIGHTS_MAX {
            return Err(RequestError::PlaintextsInHeader { found: list.len() });
        }
        factors = list;
        Ok(())
    };
    let work = match operation {
        Operation::Encrypt(o) => Work::Encrypt {
            key_id: o.key_id,
            without_obfuscation: o.without_obfuscation,
            plaintext_bytes: width(o.plaintext_bytes),
            residues: o.residues,
        },
        Operation::Decrypt(o) => Work::Decrypt { key_id: o.key_id, residues: o.residues },
        Operation::Obfuscate(o) => Work::Obfuscate { key_id: o.key_id },
        Operation::Add(o) => {
            let addend_job = (!o.addend_job.is_empty()).then_some(o.addend_job);
            Work::Add { key_id: o.key_id, addend_job }
        }
        Operation::Multiply(o) => {
            inline(o.plaintexts)?;
            Work::Multiply { key_id: o.key_id, plaintext_bytes: width(o.plaintext_bytes) }
        }
        Operation::ColumnSums(o) => Work::ColumnSums { key_id: o.key_id },
        Operation::RowSums(o) => Work::RowSums { key_id: o.key_id },
        Operation::MatrixProduct(o) => {
            let side = match matrix_product::Side::try_from(o.side).map_err(|_| RequestError::Side)? {
                matrix_product::Side::PlaintextRight => Side::Right { columns: o.plaintext_columns },
                matrix_product::Side::PlaintextLeft => Side::Left { rows: o.plaintext_rows },
            };
            inline(o.plaintexts)?;
            Work::MatrixProduct { key_id: o.key_id, side }
        }
        Operation::RsaEncrypt(o) => Work::RsaEncrypt {
            key_id: o.key_id,
            padding: padding(o.padding)?,
            plaintext_bytes: o.plaintext_bytes as usize,
        },
        Operation::RsaDecrypt(o) => Work::RsaDecrypt {
            key_id: o.key_id,
            padding: padding(o.padding)?,
            plaintext_bytes: o.plaintext_bytes as usize,
        },
        Operation::RsaSign(o) => Work::RsaSign { key_id: o.key_id, message_bytes: o.message_bytes as usize },
        Operation::RsaBlind(o) => Work::RsaBlind { key_id: o.key_id },
        Operation::RsaUnblind(o) => Work::RsaUnblind { key_id: o.key_id, blind_job: o.blind_job },
        Operation::PackedEncrypt(o) => Work::PackedEncrypt { key_id: o.key_id, packing: slots(o.packing) },
        Operation::PackedDecrypt(o) => {
            let packing = slots(o.packing);
            let added = if o.added == 0 { packing.summands } else { o.added };
            Work::PackedDecrypt { key_id: o.key_id, packing, columns: o.columns, added }
        }
        Operation::GroupExponentiation(o) => Work::GroupExponentiation { key_id: o.key_id },
        Operation::ModularExponentiation(o) => {
            let modulus = check_modulus(o.modulus)?;
            exponents = Some(Exponents::take(o.exponents, modulus.len(), items)?);
            Work::ModularExponentiation { modulus }
        }
    };
    Ok(Parsed { work, factors, exponents })
}

/// What is out of range is found with the key.
fn slots(wire: Option<v1::Packing>) -> Slots {
    let v1::Packing { value_bits, summands } = wire.unwrap_or_default();
    Slots { value_bits, summands }
}

fn padding(wire: i32) -> Result<Padding, RequestError> {
    match v1::RsaPadding::try_from(wire) {
        Ok(v1::RsaPadding::OaepSha256) => Ok(Padding::OaepSha256),
        Ok(v1::RsaPadding::None) => Ok(Padding::None),
        _ => Err(RequestError::Padding),
    }
}

/// The modulus without leading zeros.
fn check_modulus(modulus: Vec<u8>) -> Result<Vec<u8>, RequestError> {
    let start = modulus.iter().position(|b| *b != 0).unwrap_or(modulus.len());
    let modulus = modulus[start..].to_vec();
    let bits = modulus.len() * 8 - modulus.first().map_or(0, |b| b.leading_zeros() as usize);
    if !(2048..=engine::MAX_BITS).contains(&bits) {
        return Err(RequestError::ModulusBits { bits });
    }
    if modulus.last().is_none_or(|b| b & 1 == 0) {
        return Err(RequestError::EvenModulus);
    }
    Ok(modulus)
}
