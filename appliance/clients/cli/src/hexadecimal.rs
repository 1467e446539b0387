//! Numbers as people give them: hexadecimal, with or without 0x, and as openssl prints them, with colons, over several lines, with 00 in front.

use crate::error::CliError;

/// Big-endian bytes without leading zeros; of 0 one byte.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, CliError> {
    let bad = || CliError::Usage(format!("{text:?} is not hexadecimal"));
    let trimmed = text.trim();
    let digits = trimmed.strip_prefix("0x").or_else(|| trimmed.strip_prefix("0X")).unwrap_or(trimmed);
    let digits: String = digits.chars().filter(|c| !c.is_ascii_whitespace() && *c != ':').collect();
    if digits.is_empty() {
        return Err(bad());
    }
    let even = if digits.len().is_multiple_of(2) { digits } else { format!("0{digits}") };
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(even.as_bytes()).map_err(|_| bad())?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count().min(bytes.len() - 1);
    Ok(bytes[zeros..].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_they_are_printed() {
        let openssl = "\n    00:c5:0\n:1f\n";
        for text in ["0xc501f", "C501F", "00c501f", "000c501f", "0XC501f"] {
            assert_eq!(decode(text).unwrap(), [0x0c, 0x50, 0x1f], "{text}");
        }
        assert_eq!(decode(openssl).unwrap(), [0x0c, 0x50, 0x1f]);
        assert_eq!(decode("00:c5:01:0f").unwrap(), [0xc5, 1, 0x0f]);
        assert_eq!([decode("0").unwrap(), decode("0x0000").unwrap()], [[0], [0]]);
        for text in ["", "0x", ":", "12g4", "0x0x12", "-1"] {
            assert!(decode(text).is_err(), "{text}");
        }
    }
}
