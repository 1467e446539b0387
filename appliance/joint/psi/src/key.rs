//! A row's key.

use party::{Batch, ProtocolError};

use crate::normalize::Normalization;

/// One column of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyColumn {
    /// As this side calls it: for messages.
    pub name: String,
    pub normalization: Normalization,
}

/// The key of a row of a batch: the number of columns, then each value's length and bytes, so that "ab" and "c" are not "a" and "bc".
/// Numbers are 32 bits, little-endian. `first_row` is the number of the batch's first row in the data set: for messages.
pub fn encode_key(columns: &[KeyColumn], batch: &Batch, row: usize, first_row: u64) -> Result<Vec<u8>, ProtocolError> {
    if batch.columns().len() != columns.len() {
        return Err(ProtocolError::fault("a batch has not the key's columns"));
    }
    let mut key = (columns.len() as u32).to_le_bytes().to_vec();
    for (column, values) in columns.iter().zip(batch.columns()) {
        let value = values.get(row).ok_or(ProtocolError::fault("a batch ends early"))?;
        let unfit = |problem| ProtocolError::Data { column: column.name.clone(), row: first_row + row as u64, problem };
        let value = column.normalization.apply(value).map_err(unfit)?;
        let length = u32::try_from(value.len()).map_err(|_| unfit("it is longer than 4 GiB"))?;
        key.extend_from_slice(&length.to_le_bytes());
        key.extend_from_slice(&value);
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use party::Column;

    use super::*;

    fn columns() -> Vec<KeyColumn> {
        ["id", "name"].map(|name| KeyColumn { name: name.into(), normalization: Normalization::Trim }).to_vec()
    }

    #[test]
    fn columns_do_not_run_into_each_other() {
        let batch = Batch::new(vec![Column::from_iter(["ab", "a"]), Column::from_iter(["c", "bc"])]).unwrap();
        let keys = [0, 1].map(|row| encode_key(&columns(), &batch, row, 0).unwrap());
        assert_eq!(keys[0], b"\x02\0\0\0\x02\0\0\0ab\x01\0\0\0c");
        assert_ne!(keys[0], keys[1]);
    }

    #[test]
    fn a_value_that_does_not_fit_is_named() {
        let batch = Batch::new(vec![Column::from_iter([b"ab"]), Column::from_iter([b"\xff"])]).unwrap();
        let error = encode_key(&columns(), &batch, 0, 41).unwrap_err();
        assert_eq!(error, ProtocolError::Data { column: "name".into(), row: 41, problem: "it is not UTF-8" });
    }
}
