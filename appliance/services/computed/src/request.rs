//! A job's header, from the wire to a validated [`Work`].

use proto::v1::{self, JobHeader, job_header, matrix_product};
use serde::{Deserialize, Serialize};

use crate::limits;

/// What a job does. Neither the operand nor plaintext factors are part of it: they lie beside it, as they came.
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
    ModularExponentiation {
        modulus: Vec<u8>,
        exponents: Vec<Vec<u8>>,
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

/// A header that makes sense by itself; keys and other jobs are looked at by `session`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    pub work: Work,
    pub rows: u32,
    pub columns: u32,
    /// The job whose result is the operand; none: it was sent.
    pub operand_job: Option<String>,
}

/// Plaintext factors that an operation needs beside its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factors {
    /// So many, or as many as there are items (for [`Work::Multiply`]).
    pub count: u64,
    pub or_count: u64,
    /// Bytes of one.
    pub width: usize,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RequestError {
    #[error("header version {found}; this box speaks version {}", proto::JOB_VERSION)]
    Version { found: u32 },
    #[error("the header names no operation that this box knows")]
    Operation,
    #[error("{rows} x {columns} items; 1 to {} are taken", limits::ELEMENTS_MAX)]
    Shape { rows: u64, columns: u64 },
    #[error("{found} plaintext factors where the shape needs {needed}")]
    Plaintexts { found: u64, needed: String },
    #[error("{count} plaintext factors of {width} bytes; at most {} bytes are taken", limits::FACTOR_BYTES_MAX)]
    PlaintextBytes { count: u64, width: usize },
    #[error("{found} plaintext factors in the header; more than {} travel as chunks", limits::WEIGHTS_MAX)]
    PlaintextsInHeader { found: usize },
    #[error("plaintext chunks where none belong: before the operand, and only without plaintexts in the header")]
    PlaintextChunk,
    #[error("plaintexts of {bytes} bytes; 1 to {max} are taken")]
    PlaintextWidth { bytes: usize, max: usize },
    #[error("the side of the plaintext matrix is neither right nor left")]
    Side,
    #[error("the padding is neither OAEP nor none")]
    Padding,
    #[error("the operation {operation} and a key of the kind {kind} do not fit together")]
    KeyKind { operation: &'static str, kind: &'static str },
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
    #[error("a row of {bytes} bytes is too long for an interactive batch; submit it as a job")]
    LongRow { bytes: u64 },
    #[error("blinding factors need a handle to stay under: submit it as a job")]
    NeedsHandle,
}

impl Spec {
    /// The header's job, and the plaintext factors that it holds, as they would have come in chunks.
    pub fn parse(header: JobHeader) -> Result<(Spec, Vec<u8>), RequestError> {
        if header.version != proto::JOB_VERSION {
            return Err(RequestError::Version { found: header.version });
        }
        let (rows, columns) = (header.rows, header.columns);
        shape(rows.into(), columns.into())?;
        let items = u64::from(rows) * u64::from(columns);
        let (work, factors) = parse_work(header.operation.ok_or(RequestError::Operation)?, items)?;
        let operand_job = (!header.operand_job.is_empty()).then_some(header.operand_job);
        let spec = Spec { work, rows, columns, operand_job };
        let (result_rows, result_columns) = spec.result_shape();
        shape(result_rows.into(), result_columns.into())?;
        if let Some(factors) = spec.factors() {
            factors.check_size()?;
        }
        if factors.is_empty() {
            return Ok((spec, Vec::new()));
        }
        let needed = spec.factors().ok_or(RequestError::Operation)?;
        needed.check_count(factors.len() as u64)?;
        if needed.width != integer_bytes() {
            return Err(RequestError::PlaintextWidth { bytes: needed.width, max: integer_bytes() });
        }
        Ok((spec, factors.iter().flat_map(|f| f.to_be_bytes()).collect()))
    }

    pub fn items(&self) -> u64 {
        u64::from(self.rows) * u64::from(self.columns)
    }

    /// Steps of work, for the progress: items of the operand, each as often as it is gone through.
    pub fn steps(&self) -> u64 {
        match self.work {
            Work::MatrixProduct { side: Side::Left { rows }, .. } => {
                self.items() * u64::from(rows).div_ceil(limits::OUTPUTS_TURN as u64)
            }
            _ => self.items(),
        }
    }

    /// The plaintext factors that the job needs; `None`: none.
    pub fn factors(&self) -> Option<Factors> {
        let (rows, columns) = (u64::from(self.rows), u64::from(self.columns));
        match self.work {
            Work::Multiply { plaintext_bytes, .. } => {
                Some(Factors { count: columns, or_count: self.items(), width: plaintext_bytes })
            }
            Work::MatrixProduct { side, .. } => {
                let count = match side {
                    Side::Right { columns: outputs } => columns * u64::from(outputs),
                    Side::Left { rows: outputs } => rows * u64::from(outputs),
                };
                Some(Factors { count, or_count: count, width: integer_bytes() })
            }
            _ => None,
        }
    }

    /// Rows and columns of the result.
    pub fn result_shape(&self) -> (u32, u32) {
        match self.work {
            Work::ColumnSums { .. } => (1, self.columns),
            Work::RowSums { .. } => (self.rows, 1),
            Work::MatrixProduct { side: Side::Right { columns }, .. } => (self.rows, columns),
            Work::MatrixProduct { side: Side::Left { rows }, .. } => (rows, self.columns),
            _ => (self.rows, self.columns),
        }
    }
}

impl Factors {
    pub fn check_count(&self, found: u64) -> Result<(), RequestError> {
        if found == self.count || found == self.or_count {
            return Ok(());
        }
        let needed = if self.count == self.or_count {
            self.count.to_string()
        } else {
            format!("{} or {}", self.count, self.or_count)
        };
        Err(RequestError::Plaintexts { found, needed })
    }

    /// The most bytes that they may come in.
    pub fn bytes_max(&self) -> u64 {
        (self.or_count.max(self.count) * self.width as u64).min(limits::FACTOR_BYTES_MAX)
    }

    fn check_size(&self) -> Result<(), RequestError> {
        let (count, width) = (self.count, self.width);
        if count.saturating_mul(width as u64) > limits::FACTOR_BYTES_MAX {
            return Err(RequestError::PlaintextBytes { count, width });
        }
        Ok(())
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
            | Work::RsaUnblind { key_id, .. } => Some(key_id),
            Work::ModularExponentiation { .. } => None,
        }
    }

    /// Whether the result is Paillier ciphertexts of the job's own key.
    pub fn gives_ciphertexts(&self) -> bool {
        match self {
            Work::Encrypt { .. }
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
fn integer_bytes() -> usize {
    8
}

fn shape(rows: u64, columns: u64) -> Result<(), RequestError> {
    match rows.checked_mul(columns) {
        Some(1..=limits::ELEMENTS_MAX) => Ok(()),
        _ => Err(RequestError::Shape { rows, columns }),
    }
}

fn parse_work(operation: job_header::Operation, items: u64) -> Result<(Work, Vec<i64>), RequestError> {
    use job_header::Operation;
    let width = |bytes: u32| if bytes == 0 { integer_bytes() } else { bytes as usize };
    let mut factors = Vec::new();
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
        Operation::ModularExponentiation(o) => {
            let modulus = check_modulus(o.modulus)?;
            check_exponents(&modulus, &o.exponents, items)?;
            Work::ModularExponentiation { modulus, exponents: o.exponents }
        }
    };
    Ok((work, factors))
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
    use proto::v1::{Encrypt, MatrixProduct, ModularExponentiation, Multiply, RsaEncrypt};

    fn header(operation: job_header::Operation) -> JobHeader {
        JobHeader { version: 1, operation: Some(operation), rows: 2, columns: 3, operand_job: String::new() }
    }

    fn modexp(modulus: Vec<u8>, exponents: Vec<Vec<u8>>) -> Result<Spec, RequestError> {
        let operation = job_header::Operation::ModularExponentiation(ModularExponentiation { modulus, exponents });
        Spec::parse(header(operation)).map(|(spec, _)| spec)
    }

    #[test]
    fn headers_are_refused_for_what_is_wrong_with_them() {
        let good = header(job_header::Operation::Encrypt(Encrypt { key_id: "k".into(), ..Default::default() }));
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

    #[test]
    fn factors_are_counted_by_shape_and_side() {
        let parse = |operation| Spec::parse(header(operation));
        let multiply = |count: usize| {
            let plaintexts = vec![-7; count];
            parse(job_header::Operation::Multiply(Multiply { plaintexts, ..Default::default() }))
        };
        // Of 2 x 3 items: one a column, one an item, or to come.
        for (count, bytes) in [(3, 24), (6, 48), (0, 0)] {
            assert_eq!(multiply(count).unwrap().1.len(), bytes);
        }
        assert_eq!(multiply(2).unwrap_err(), RequestError::Plaintexts { found: 2, needed: "3 or 6".into() });
        let found = limits::WEIGHTS_MAX + 1;
        assert_eq!(multiply(found).unwrap_err(), RequestError::PlaintextsInHeader { found });
        let product = |side: matrix_product::Side, plaintexts: usize| {
            let product = MatrixProduct {
                side: side.into(),
                plaintexts: vec![1; plaintexts],
                plaintext_columns: 4,
                plaintext_rows: 5,
                ..Default::default()
            };
            parse(job_header::Operation::MatrixProduct(product))
        };
        let (right, left) = (matrix_product::Side::PlaintextRight, matrix_product::Side::PlaintextLeft);
        assert_eq!(product(right, 12).unwrap().0.result_shape(), (2, 4));
        assert_eq!(product(left, 10).unwrap().0.result_shape(), (5, 3));
        assert!(product(left, 12).is_err() && product(right, 10).is_err());
        let none = MatrixProduct { plaintexts: vec![], ..Default::default() };
        let none = parse(job_header::Operation::MatrixProduct(none)).unwrap_err();
        assert!(matches!(none, RequestError::Shape { .. }));
        let unpadded = parse(job_header::Operation::RsaEncrypt(RsaEncrypt::default()));
        assert_eq!(unpadded.unwrap_err(), RequestError::Padding);
    }
}
