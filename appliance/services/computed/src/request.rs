//! A job's header, from the wire to a validated [`Spec`].

use proto::v1::JobHeader;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::exponents::Exponents;
use crate::factors::Factors;
use crate::request_error::RequestError;
use crate::work::{Side, Work, integer_bytes};
use crate::{limits, operation};

/// A header that makes sense by itself; keys and other jobs are looked at by `session`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    pub work: Work,
    pub rows: u32,
    pub columns: u32,
    /// The job whose result is the operand; none: it was sent.
    pub operand_job: Option<String>,
}

/// A header's job, and what the header holds for it: that lies beside the operand.
#[derive(Debug)]
pub struct Parsed {
    pub spec: Spec,
    /// As they would have come in chunks.
    pub factors: Zeroizing<Vec<u8>>,
    pub exponents: Option<Exponents>,
}

impl Spec {
    pub fn parse(header: JobHeader) -> Result<Parsed, RequestError> {
        if header.version != proto::JOB_VERSION {
            return Err(RequestError::Version { found: header.version });
        }
        let (rows, columns) = (header.rows, header.columns);
        shape(rows.into(), columns.into())?;
        let items = u64::from(rows) * u64::from(columns);
        let operation::Parsed { work, factors, exponents } =
            operation::parse(header.operation.ok_or(RequestError::Operation)?, items)?;
        let operand_job = (!header.operand_job.is_empty()).then_some(header.operand_job);
        let spec = Spec { work, rows, columns, operand_job };
        let (result_rows, result_columns) = spec.result_shape();
        shape(result_rows.into(), result_columns.into())?;
        let sums = u64::from(result_rows) * u64::from(result_columns);
        if matches!(spec.work, Work::MatrixProduct { side: Side::Left { .. }, .. }) && sums > limits::HELD_MAX {
            return Err(RequestError::Sums { items: sums });
        }
        if let Some(factors) = spec.factors() {
            factors.check_size()?;
        }
        if factors.is_empty() {
            return Ok(Parsed { spec, factors: Zeroizing::default(), exponents });
        }
        let needed = spec.factors().ok_or(RequestError::Operation)?;
        needed.check_count(factors.len() as u64)?;
        if needed.width != integer_bytes() {
            return Err(RequestError::PlaintextWidth { bytes: needed.width, max: integer_bytes() });
        }
        let factors = Zeroizing::new(factors.iter().flat_map(|f| f.to_be_bytes()).collect());
        Ok(Parsed { spec, factors, exponents })
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

    /// Rows and columns of the result; of packed ones there are fewer columns, as many as the key says (`layout`).
    pub fn result_shape(&self) -> (u32, u32) {
        match self.work {
            Work::ColumnSums { .. } => (1, self.columns),
            Work::RowSums { .. } => (self.rows, 1),
            Work::PackedDecrypt { columns, .. } => (self.rows, columns),
            Work::MatrixProduct { side: Side::Right { columns }, .. } => (self.rows, columns),
            Work::MatrixProduct { side: Side::Left { rows }, .. } => (rows, self.columns),
            _ => (self.rows, self.columns),
        }
    }
}

fn shape(rows: u64, columns: u64) -> Result<(), RequestError> {
    if columns > limits::HELD_MAX {
        return Err(RequestError::Row { columns });
    }
    match rows.checked_mul(columns) {
        Some(1..=limits::ELEMENTS_MAX) => Ok(()),
        _ => Err(RequestError::Shape { rows, columns }),
    }
}

#[cfg(test)]
mod tests {
    use proto::v1::{Encrypt, MatrixProduct, ModularExponentiation, Multiply, RsaEncrypt, job_header, matrix_product};

    use super::*;

    fn header(operation: job_header::Operation) -> JobHeader {
        JobHeader { version: 1, operation: Some(operation), rows: 2, columns: 3, operand_job: String::new() }
    }

    fn modexp(modulus: Vec<u8>, exponents: Vec<Vec<u8>>) -> Result<Spec, RequestError> {
        let operation = job_header::Operation::ModularExponentiation(ModularExponentiation { modulus, exponents });
        Spec::parse(header(operation)).map(|parsed| parsed.spec)
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

    /// What is held in memory is bounded by it, and what goes through block by block by the room for it.
    #[test]
    fn tables_may_be_long_and_rows_and_sums_not() {
        let encrypt = || job_header::Operation::Encrypt(Encrypt { key_id: "k".into(), ..Default::default() });
        let parse = |rows, columns, operation| {
            let header =
                JobHeader { version: 1, operation: Some(operation), rows, columns, operand_job: String::new() };
            Spec::parse(header).map(|parsed| parsed.spec.items())
        };
        assert_eq!(parse((1 << 20) + 1, 1, encrypt()), Ok((1 << 20) + 1));
        assert_eq!(parse(1 << 20, 16, encrypt()), Ok(1 << 24));
        assert!(matches!(parse((1 << 20) + 1, 16, encrypt()), Err(RequestError::Shape { .. })));
        assert_eq!(parse(1, (1 << 20) + 1, encrypt()), Err(RequestError::Row { columns: (1 << 20) + 1 }));
        let product = |plaintext_rows| {
            let side = matrix_product::Side::PlaintextLeft.into();
            job_header::Operation::MatrixProduct(MatrixProduct { side, plaintext_rows, ..Default::default() })
        };
        assert_eq!(parse(2, 1 << 20, product(1)), Ok(1 << 21));
        assert_eq!(parse(2, 1 << 20, product(2)), Err(RequestError::Sums { items: 1 << 21 }));
    }

    #[test]
    fn exponents_are_shown_nowhere() {
        let (modulus, exponents) = ([vec![0x80], vec![1; 255]].concat(), vec![vec![0xde, 0xad, 0xbe, 0xef]]);
        let operation = job_header::Operation::ModularExponentiation(ModularExponentiation { modulus, exponents });
        let header = header(operation);
        let shown = format!("{header:?}");
        let parsed = Spec::parse(header).unwrap();
        assert_eq!(parsed.exponents.as_ref().unwrap().get(0), Some([0xde, 0xad, 0xbe, 0xef].as_slice()));
        let written = serde_json::to_string(&parsed.spec).unwrap();
        for text in [shown, format!("{parsed:?}"), written] {
            assert!(!text.contains("222") && !text.to_lowercase().contains("dead"), "{text}");
        }
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
            assert_eq!(multiply(count).unwrap().factors.len(), bytes);
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
        assert_eq!(product(right, 12).unwrap().spec.result_shape(), (2, 4));
        assert_eq!(product(left, 10).unwrap().spec.result_shape(), (5, 3));
        assert!(product(left, 12).is_err() && product(right, 10).is_err());
        let none = MatrixProduct { plaintexts: vec![], ..Default::default() };
        let none = parse(job_header::Operation::MatrixProduct(none)).unwrap_err();
        assert!(matches!(none, RequestError::Shape { .. }));
        let unpadded = parse(job_header::Operation::RsaEncrypt(RsaEncrypt::default()));
        assert_eq!(unpadded.unwrap_err(), RequestError::Padding);
    }
}
