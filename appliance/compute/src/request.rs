//! A job's header, from the wire to a validated [`Work`].

use proto::v1::{JobHeader, job_header};
use serde::{Deserialize, Serialize};

use crate::limits;

/// What a job does. Plaintext weights are part of it, operands are not.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    Encrypt { key_id: String },
    Decrypt { key_id: String },
    Add { key_id: String, addend_job: String },
    Multiply { key_id: String, plaintexts: Vec<i64> },
    ColumnSums { key_id: String },
    MatrixProduct { key_id: String, plaintexts: Vec<i64>, plaintext_columns: u32 },
    ModularExponentiation { modulus: Vec<u8>, exponents: Vec<Vec<u8>> },
}

/// A header that makes sense by itself; keys and other jobs are looked at by `session`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    pub work: Work,
    pub rows: u32,
    pub columns: u32,
    /// The job whose result is the operand; none: it was sent.
    pub operand_job: Option<String>,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RequestError {
    #[error("header version {found}; this box speaks version {}", proto::JOB_VERSION)]
    Version { found: u32 },
    #[error("the header names no operation that this box knows")]
    Operation,
    #[error("{rows} x {columns} items; 1 to {} are taken", limits::ELEMENTS_MAX)]
    Shape { rows: u32, columns: u32 },
    #[error("{found} plaintext factors where the shape needs {needed}")]
    Plaintexts { found: usize, needed: u64 },
    #[error("the modulus is even")]
    EvenModulus,
    #[error("a modulus of {bits} bits is insecure; 2048 to 8192 are taken")]
    ModulusBits { bits: usize },
    #[error("{found} exponents where one, or one for each of the {items} items, is needed")]
    Exponents { found: usize, items: u64 },
    #[error("exponent {index} is wider than the modulus")]
    ExponentWidth { index: usize },
    #[error("{bytes} bytes of operand; at most {} are taken", limits::INPUT_MAX)]
    Input { bytes: u64 },
    #[error("{found} bytes of operand where the shape needs {needed}")]
    Length { found: u64, needed: u64 },
    #[error("the first message is no header")]
    NoHeader,
    #[error("a second header")]
    SecondHeader,
    #[error("element {index} is not below the modulus")]
    Element { index: usize },
}

impl Spec {
    pub fn parse(header: JobHeader) -> Result<Spec, RequestError> {
        if header.version != proto::JOB_VERSION {
            return Err(RequestError::Version { found: header.version });
        }
        let (rows, columns) = (header.rows, header.columns);
        let items = u64::from(rows) * u64::from(columns);
        if items == 0 || items > limits::ELEMENTS_MAX {
            return Err(RequestError::Shape { rows, columns });
        }
        let factors = |list: &[i64], needed: u64| {
            if list.len() as u64 == needed && list.len() <= limits::WEIGHTS_MAX {
                return Ok(());
            }
            Err(RequestError::Plaintexts { found: list.len(), needed })
        };
        use job_header::Operation;
        let work = match header.operation.ok_or(RequestError::Operation)? {
            Operation::Encrypt(o) => Work::Encrypt { key_id: o.key_id },
            Operation::Decrypt(o) => Work::Decrypt { key_id: o.key_id },
            Operation::Add(o) => Work::Add { key_id: o.key_id, addend_job: o.addend_job },
            Operation::Multiply(o) => {
                factors(&o.plaintexts, columns.into())?;
                Work::Multiply { key_id: o.key_id, plaintexts: o.plaintexts }
            }
            Operation::ColumnSums(o) => Work::ColumnSums { key_id: o.key_id },
            Operation::MatrixProduct(o) => {
                let outputs = u64::from(rows) * u64::from(o.plaintext_columns);
                if outputs == 0 || outputs > limits::ELEMENTS_MAX {
                    return Err(RequestError::Shape { rows, columns: o.plaintext_columns });
                }
                factors(&o.plaintexts, u64::from(columns) * u64::from(o.plaintext_columns))?;
                Work::MatrixProduct {
                    key_id: o.key_id,
                    plaintexts: o.plaintexts,
                    plaintext_columns: o.plaintext_columns,
                }
            }
            Operation::ModularExponentiation(o) => {
                let modulus = check_modulus(o.modulus)?;
                check_exponents(&modulus, &o.exponents, items)?;
                Work::ModularExponentiation { modulus, exponents: o.exponents }
            }
        };
        let operand_job = (!header.operand_job.is_empty()).then_some(header.operand_job);
        Ok(Spec { work, rows, columns, operand_job })
    }

    pub fn items(&self) -> u64 {
        u64::from(self.rows) * u64::from(self.columns)
    }

    /// Steps of work, for the progress.
    pub fn steps(&self) -> u64 {
        match &self.work {
            Work::Encrypt { .. } | Work::Decrypt { .. } => 2 * self.items(),
            Work::ColumnSums { .. } => self.columns.into(),
            Work::MatrixProduct { plaintext_columns, .. } => u64::from(self.rows) * u64::from(*plaintext_columns),
            _ => self.items(),
        }
    }
}

impl Work {
    pub fn name(&self) -> &'static str {
        match self {
            Work::Encrypt { .. } => "encrypt",
            Work::Decrypt { .. } => "decrypt",
            Work::Add { .. } => "add",
            Work::Multiply { .. } => "multiply",
            Work::ColumnSums { .. } => "column_sums",
            Work::MatrixProduct { .. } => "matrix_product",
            Work::ModularExponentiation { .. } => "modular_exponentiation",
        }
    }

    pub fn key_id(&self) -> Option<&str> {
        match self {
            Work::Encrypt { key_id }
            | Work::Decrypt { key_id }
            | Work::Add { key_id, .. }
            | Work::Multiply { key_id, .. }
            | Work::ColumnSums { key_id }
            | Work::MatrixProduct { key_id, .. } => Some(key_id),
            Work::ModularExponentiation { .. } => None,
        }
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

fn check_exponents(modulus: &[u8], exponents: &[Vec<u8>], items: u64) -> Result<(), RequestError> {
    if exponents.len() != 1 && exponents.len() as u64 != items {
        return Err(RequestError::Exponents { found: exponents.len(), items });
    }
    match exponents.iter().position(|e| e.is_empty() || e.len() > modulus.len()) {
        Some(index) => Err(RequestError::ExponentWidth { index }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::v1::{Encrypt, ModularExponentiation};

    fn header(operation: job_header::Operation) -> JobHeader {
        JobHeader { version: 1, operation: Some(operation), rows: 2, columns: 3, operand_job: String::new() }
    }

    fn modexp(modulus: Vec<u8>, exponents: Vec<Vec<u8>>) -> Result<Spec, RequestError> {
        let operation = job_header::Operation::ModularExponentiation(ModularExponentiation { modulus, exponents });
        Spec::parse(header(operation))
    }

    #[test]
    fn headers_are_refused_for_what_is_wrong_with_them() {
        let good = header(job_header::Operation::Encrypt(Encrypt { key_id: "k".into() }));
        assert!(Spec::parse(good.clone()).is_ok());
        let refused = |h: JobHeader| Spec::parse(h).unwrap_err();
        assert_eq!(refused(JobHeader { version: 2, ..good.clone() }), RequestError::Version { found: 2 });
        assert_eq!(refused(JobHeader { operation: None, ..good.clone() }), RequestError::Operation);
        assert!(matches!(refused(JobHeader { rows: 0, ..good.clone() }), RequestError::Shape { .. }));
        assert!(matches!(refused(JobHeader { rows: u32::MAX, ..good }), RequestError::Shape { .. }));
        let even = [vec![0x80], vec![0; 255]].concat();
        let odd = [vec![0x80], vec![1; 255]].concat();
        assert_eq!(modexp(even, vec![vec![1]]).unwrap_err(), RequestError::EvenModulus);
        assert_eq!(modexp(vec![0xff; 64], vec![vec![1]]).unwrap_err(), RequestError::ModulusBits { bits: 512 });
        assert!(matches!(modexp(odd.clone(), vec![vec![1]; 2]).unwrap_err(), RequestError::Exponents { .. }));
        assert_eq!(modexp(odd.clone(), vec![vec![1; 257]]).unwrap_err(), RequestError::ExponentWidth { index: 0 });
        assert!(modexp(odd, vec![vec![1; 256]; 6]).is_ok());
    }
}
