//! Declared forms of key values: both sides bring theirs into the same one.

/// What is done to a value before it is hashed. A value that cannot be brought into the form is named, and ends the job: silently it
/// would match nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Normalization {
    /// The bytes as they are.
    Exact,
    /// Text without blanks at its ends.
    Trim,
    /// The same in lower case.
    Lower,
    /// The ASCII digits alone; one at least.
    Digits,
    /// A telephone number as E.164 has it: "+", then 7 to 15 digits, the first not 0. Blanks, hyphens, dots and brackets are dropped; "00" in
    /// front is "+". A number without a country's code is not guessed at.
    E164,
    /// A resident identity number of the People's Republic of China (GB 11643-1999): 17 digits, and the check character, X in upper case; its
    /// check digit must be right.
    ResidentId,
}

impl Normalization {
    /// The value in its form, or what is wrong with it.
    pub(crate) fn apply(self, value: &[u8]) -> Result<Vec<u8>, &'static str> {
        match self {
            Normalization::Exact => Ok(value.to_vec()),
            Normalization::Trim => Ok(text(value)?.trim().as_bytes().to_vec()),
            Normalization::Lower => Ok(text(value)?.trim().to_lowercase().into_bytes()),
            Normalization::Digits => {
                let digits: Vec<u8> = value.iter().copied().filter(u8::is_ascii_digit).collect();
                if digits.is_empty() { Err("it has no digit") } else { Ok(digits) }
            }
            Normalization::E164 => e164(text(value)?),
            Normalization::ResidentId => resident_id(text(value)?.trim()),
        }
    }
}

fn text(value: &[u8]) -> Result<&str, &'static str> {
    std::str::from_utf8(value).map_err(|_| "it is not UTF-8")
}

fn e164(value: &str) -> Result<Vec<u8>, &'static str> {
    let bare: String = value.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '.' | '(' | ')')).collect();
    let digits = bare.strip_prefix('+').or_else(|| bare.strip_prefix("00"));
    let digits = digits.ok_or("it is no telephone number with a country's code")?;
    let right =
        (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    if right { Ok(format!("+{digits}").into_bytes()) } else { Err("it is no telephone number with a country's code") }
}

fn resident_id(value: &str) -> Result<Vec<u8>, &'static str> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECK: &[u8; 11] = b"10X98765432";
    let value = value.to_ascii_uppercase().into_bytes();
    let (digits, check) =
        value.split_first_chunk::<17>().ok_or("it has not the 18 characters of a resident identity number")?;
    if check.len() != 1 || !digits.iter().all(u8::is_ascii_digit) {
        return Err("it has not the 18 characters of a resident identity number");
    }
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    if check[0] == CHECK[sum as usize % 11] { Ok(value) } else { Err("its check digit is wrong") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(normalization: Normalization, value: &str) -> Result<String, &'static str> {
        normalization.apply(value.as_bytes()).map(|form| String::from_utf8(form).unwrap())
    }

    #[test]
    fn values_come_into_one_form() {
        use Normalization::{Digits, E164, Exact, Lower, ResidentId, Trim};
        for (normalization, value, expected) in [
            (Exact, " a ", " a "),
            (Trim, "\u{3000}ab \t", "ab"),
            (Lower, " ÄB@C.example ", "äb@c.example"),
            (Digits, "6222 02-1", "6222021"),
            (E164, "+86 (138) 0013-8000", "+8613800138000"),
            (E164, "0086 138.0013.8000", "+8613800138000"),
            (ResidentId, " 11010519491231002x", "11010519491231002X"),
        ] {
            assert_eq!(form(normalization, value).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn what_has_no_form_is_named() {
        use Normalization::{Digits, E164, ResidentId, Trim};
        let bad =
            [(Digits, "abc"), (E164, "13800138000"), (E164, "+0123456789"), (E164, "+123456"), (E164, "+12345a7")];
        let bad_ids = ["110105194912310021", "11010519491231002", "1101051949123100 2X", "11010519491231002X1"];
        for (normalization, value) in bad.into_iter().chain(bad_ids.map(|id| (ResidentId, id))) {
            assert!(form(normalization, value).is_err(), "{value}");
        }
        assert_eq!(Trim.apply(&[0xff]), Err("it is not UTF-8"));
    }
}
