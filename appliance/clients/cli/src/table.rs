//! Tables of numbers: CSV to fixed-point integers, and items of a result to decimal text.

use std::path::Path;

use num_bigint::BigInt;

use crate::error::{CliError, file};

/// Row by row.
#[derive(Debug, PartialEq)]
pub(crate) struct Table {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) values: Vec<i64>,
}

/// Reads a CSV; `scale` bits after the binary point, rounded to the nearest.
pub(crate) fn read(path: &Path, scale: u32, skip_lines: usize, drop_columns: usize) -> Result<Table, CliError> {
    let text = std::fs::read_to_string(path).map_err(file("reading", path))?;
    let body: String = text.lines().skip(skip_lines).map(|l| format!("{l}\n")).collect();
    let bad = |what: String| CliError::Content { path: path.to_path_buf(), what };
    let mut reader = csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).from_reader(body.as_bytes());
    let mut table = Table { rows: 0, columns: 0, values: Vec::new() };
    for record in reader.records() {
        let record = record.map_err(|e| bad(e.to_string()))?;
        table.rows += 1;
        let kept = record.len().saturating_sub(drop_columns);
        for (column, cell) in record.iter().take(kept).enumerate() {
            let place = || format!("line {}, column {}", skip_lines + table.rows, column + 1);
            table.values.push(fixed_point(cell, scale).map_err(|what| bad(format!("{}: {what}", place())))?);
        }
        if table.rows == 1 {
            table.columns = kept;
        }
    }
    if table.values.is_empty() {
        return Err(bad("there are no numbers in it".into()));
    }
    Ok(table)
}

/// A file of numbers, or a list with commas.
pub(crate) fn read_list(text: &str, scale: u32) -> Result<Vec<i64>, CliError> {
    let path = Path::new(text);
    if path.exists() {
        return Ok(read(path, scale, 0, 0)?.values);
    }
    text.split(',').map(|cell| fixed_point(cell.trim(), scale).map_err(CliError::Usage)).collect()
}

fn fixed_point(cell: &str, scale: u32) -> Result<i64, String> {
    let number: f64 = cell.parse().map_err(|_| format!("{cell:?} is not a number"))?;
    // Exact: a power of two changes only the exponent.
    let scaled = (number * (scale as f64).exp2()).round();
    if scaled.is_finite() && scaled.abs() < (i64::MAX as f64) {
        Ok(scaled as i64)
    } else {
        Err(format!("{cell} is too large for 64 bits with {scale} after the binary point"))
    }
}

pub(crate) fn to_bytes(values: &[i64]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_be_bytes()).collect()
}

/// Signed, two's complement, big-endian.
pub(crate) fn to_decimals(bytes: &[u8], item_bytes: usize) -> Vec<String> {
    bytes.chunks(item_bytes.max(1)).map(|item| BigInt::from_signed_bytes_be(item).to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn numbers_become_fixed_point() {
        let file = write("head,er\n1.5,-2,x\n0.25,3e2,y\n");
        let table = read(file.path(), 2, 1, 1).unwrap();
        assert_eq!(table, Table { rows: 2, columns: 2, values: vec![6, -8, 1, 1200] });
    }

    #[test]
    fn a_bad_cell_is_named() {
        let error = read(write("1,2\n3,four\n").path(), 0, 0, 0).unwrap_err().to_string();
        assert!(error.ends_with("line 2, column 2: \"four\" is not a number"), "{error}");
        assert!(read(write("1,2\n3\n").path(), 0, 0, 0).is_err());
        assert!(read(write("1e300\n").path(), 20, 0, 0).is_err());
        assert!(read(write("").path(), 0, 0, 0).is_err());
    }

    #[test]
    fn results_are_read_as_signed() {
        assert_eq!(to_decimals(&[0xff, 0xff, 0x01, 0x00], 2), ["-1", "256"]);
    }
}
