//! Numbers as people give them: hexadecimal, with or without 0x.

use crate::error::CliError;

/// Big-endian bytes, a leading zero added to an odd number of digits.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, CliError> {
    let text = text.trim_start_matches("0x");
    let even = if text.len().is_multiple_of(2) { text.to_string() } else { format!("0{text}") };
    data_encoding::HEXLOWER_PERMISSIVE
        .decode(even.as_bytes())
        .map_err(|_| CliError::Usage(format!("{text:?} is not hexadecimal")))
}
