//! Tables of numbers: CSV to fixed-point integers, and items of a result to decimal text.

use std::borrow::Cow;
use std::path::Path;

use num_bigint::BigInt;

use crate::error::{CliError, file};
use crate::fixed_point;

/// Row by row.
#[derive(Debug, PartialEq)]
pub(crate) struct Table {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) values: Vec<i64>,
}

/// Reads a CSV; `scale` bits after the binary point, rounded to the nearest, or with 0 whole numbers alone.
pub(crate) fn read(path: &Path, scale: u32, skip_lines: usize, drop_columns: usize) -> Result<Table, CliError> {
    let text = std::fs::read_to_string(path).map_err(file("reading", path))?;
    parse(&text, scale, skip_lines, drop_columns).map_err(|what| CliError::Content { path: path.to_path_buf(), what })
}

/// A file of numbers, or a list with commas.
pub(crate) fn read_list(text: &str, scale: u32) -> Result<Vec<i64>, CliError> {
    let path = Path::new(text);
    if path.exists() {
        return Ok(read(path, scale, 0, 0)?.values);
    }
    let numbers: Result<Vec<i64>, _> = text.split(',').map(|cell| fixed_point::parse(cell.trim(), scale)).collect();
    numbers.map_err(|e| match e {
        fixed_point::NumberError::Text(_) => CliError::Usage(format!(
            "{text:?} is neither a file that is there nor numbers with commas between them: {e}"
        )),
        e => CliError::Usage(e.to_string()),
    })
}

/// Lines are counted from 1, as an editor does: blank ones and those that are skipped among them.
fn parse(text: &str, scale: u32, skip_lines: usize, drop_columns: usize) -> Result<Table, String> {
    // Spreadsheets begin a file with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut table = Table { rows: 0, columns: 0, values: Vec::new() };
    let mut first = 0;
    for (number, line) in (1..).zip(text.lines()).skip(skip_lines).filter(|(_, line)| !line.trim().is_empty()) {
        let cells = cells(line).map_err(|what| format!("line {number}: {what}"))?;
        let kept = cells.len().saturating_sub(drop_columns);
        if table.rows == 0 {
            (table.columns, first) = (cells.len(), number);
        } else if cells.len() != table.columns {
            let (found, needed) = (cells.len(), table.columns);
            return Err(format!("line {number} has {found} columns, line {first} has {needed}"));
        }
        table.rows += 1;
        for (column, cell) in cells.iter().take(kept).enumerate() {
            let value = fixed_point::parse(cell, scale);
            table.values.push(value.map_err(|what| format!("line {number}, column {}: {what}", column + 1))?);
        }
    }
    if table.values.is_empty() {
        return Err("there are no numbers in it".into());
    }
    table.columns -= drop_columns;
    Ok(table)
}

/// Of one line: no number goes over the end of one.
fn cells(line: &str) -> Result<Vec<Cow<'_, str>>, String> {
    if !line.contains('"') {
        return Ok(line.split(',').map(|cell| cell.trim().into()).collect());
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).from_reader(line.as_bytes());
    match reader.records().next() {
        Some(Ok(record)) => Ok(record.iter().map(|cell| cell.to_string().into()).collect()),
        Some(Err(e)) => Err(e.to_string()),
        None => Ok(Vec::new()),
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

    fn refused(text: &str, scale: u32, skip_lines: usize) -> String {
        parse(text, scale, skip_lines, 0).unwrap_err()
    }

    #[test]
    fn numbers_become_fixed_point() {
        let table = parse("head,er\n1.5,-2,x\n0.25,3e2,y\n", 2, 1, 1).unwrap();
        assert_eq!(table, Table { rows: 2, columns: 2, values: vec![6, -8, 1, 1200] });
        let table = parse("\u{feff}9007199254740993,\"-1\"\r\n\r\n0,1.0\r\n", 0, 0, 0).unwrap();
        assert_eq!(table, Table { rows: 2, columns: 2, values: vec![9007199254740993, -1, 0, 1] });
    }

    #[test]
    fn a_bad_cell_is_named_by_its_line_in_the_file() {
        assert_eq!(refused("1,2\n3,four\n", 0, 0), "line 2, column 2: \"four\" is not a number");
        assert_eq!(refused("\n1,2\n\n \n3,four\n", 0, 0), "line 5, column 2: \"four\" is not a number");
        assert_eq!(
            refused("a\n\nb\n\n1,2\n\n3,1.5\n", 0, 3),
            "line 7, column 2: 1.5 is no whole number, and nothing is rounded here"
        );
        assert_eq!(refused("1,2\n\n3\n", 0, 0), "line 3 has 1 columns, line 1 has 2");
        assert_eq!(refused("1\nNaN\n", 20, 0), "line 2, column 1: NaN is no finite number");
        assert!(refused("1e300\n", 20, 0).starts_with("line 1, column 1: 1e300 is too large"));
        for nothing in ["", "\n\n", "1\n"] {
            assert_eq!(refused(nothing, 0, 1), "there are no numbers in it");
        }
        assert!(parse("1,2\n", 0, 0, 2).is_err() && parse("1,2\n", 0, 0, 9).is_err());
    }

    #[test]
    fn lists_and_files_are_told_apart() {
        assert_eq!(read_list("-1, 0.5", 1).unwrap(), [-2, 1]);
        let refused = |text: &str| read_list(text, 1).unwrap_err().to_string();
        assert!(refused("/nowhere/weights.csv").contains("neither a file that is there nor numbers"));
        assert_eq!(refused("1,nan"), "nan is no finite number");
        let written = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(written.path(), "1\n2\n").unwrap();
        assert_eq!(read_list(written.path().to_str().unwrap(), 0).unwrap(), [1, 2]);
    }

    #[test]
    fn results_are_read_as_signed() {
        assert_eq!(to_decimals(&[0xff, 0xff, 0x01, 0x00], 2), ["-1", "256"]);
    }
}
