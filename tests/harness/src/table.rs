//! The main job done in the clear, in exact integers, to compare a box's answer with.

use std::path::Path;

use crate::HarnessError;

/// A table of fixed-point numbers: each is a whole number of 2^-scale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub columns: usize,
    pub rows: Vec<Vec<i64>>,
}

/// What the client's `compute table` skips in this file: its first line counts things, its last column is the label.
pub const SKIPPED_LINES: usize = 1;
pub const DROPPED_COLUMNS: usize = 1;

impl Table {
    pub fn read(path: &Path, scale: u32) -> Result<Table, HarnessError> {
        let text = std::fs::read_to_string(path).map_err(HarnessError::file("read", path))?;
        let problem = |problem: String| HarnessError::Table { path: path.into(), problem };
        let body: Vec<&str> = text.lines().skip(SKIPPED_LINES).collect();
        let body = body.join("\n");
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(body.as_bytes());
        let mut rows: Vec<Vec<i64>> = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|e| problem(e.to_string()))?;
            let kept = record.iter().take(record.len().saturating_sub(DROPPED_COLUMNS));
            let row: Option<Vec<i64>> = kept.map(|cell| fixed_point(cell, scale)).collect();
            rows.push(row.ok_or_else(|| problem(format!("row {} has a cell that is not a number", rows.len() + 1)))?);
        }
        match rows.first().map(Vec::len) {
            Some(columns) if columns > 0 => Ok(Table { columns, rows }),
            _ => Err(problem("it is empty".into())),
        }
    }

    pub fn column_sums(&self) -> Vec<i128> {
        (0..self.columns).map(|c| self.rows.iter().map(|row| i128::from(row[c])).sum()).collect()
    }

    /// One number a row, with twice as many bits after the binary point.
    pub fn product(&self, weights: &[i64]) -> Vec<i128> {
        let dot = |row: &Vec<i64>| row.iter().zip(weights).map(|(v, w)| i128::from(*v) * i128::from(*w)).sum();
        self.rows.iter().map(dot).collect()
    }
}

/// The decimal number in 2^-scale, to the nearest, ties away from zero. In integers, unlike the client that it judges.
pub fn fixed_point(text: &str, scale: u32) -> Option<i64> {
    let (mantissa, exponent) = match text.trim().split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text.trim(), 0),
    };
    let (negative, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let number: i128 = format!("{whole}{fraction}").parse().ok().filter(|n| *n >= 0)?;
    let tens = exponent - i32::try_from(fraction.len()).ok()?;
    let scaled = number.checked_mul(1i128.checked_shl(scale).filter(|s| *s > 0)?)?;
    let power = 10i128.checked_pow(tens.unsigned_abs())?;
    let value = if tens >= 0 { scaled.checked_mul(power)? } else { (scaled + power / 2) / power };
    i64::try_from(if negative { -value } else { value }).ok()
}

/// Weights with both signs, the same in every run: 0.5, -0.75, 1.0, -1.25, ...
pub fn weights(columns: usize) -> Vec<String> {
    (0..columns).map(|i| format!("{}{}", if i % 2 == 0 { "" } else { "-" }, 0.5 + 0.25 * i as f64)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_become_fixed_point() {
        assert_eq!(fixed_point("1.5", 2), Some(6));
        assert_eq!(fixed_point("-0.375", 2), Some(-2));
        assert_eq!(fixed_point("3e2", 1), Some(600));
        assert_eq!(fixed_point("1.25e-1", 3), Some(1));
        assert_eq!(fixed_point("0.002399", 20), Some(2516));
        assert_eq!(fixed_point("four", 2), None);
        assert_eq!(fixed_point("1e30", 20), None);
    }

    #[test]
    fn sums_and_product() {
        let table = Table { columns: 2, rows: vec![vec![1, 2], vec![3, -4]] };
        assert_eq!(table.column_sums(), [4, -2]);
        assert_eq!(table.product(&[10, 1]), [12, 26]);
    }
}
