//! The encodings: against the answers of python-phe and FATE (tests/answers, with the scripts that asked them).

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod fate;
mod phe;

use data_encoding::HEXLOWER;
use he::encoding::Encoded;
use num_bigint::{BigInt, BigUint};
use serde_json::Value;
use zeroize::Zeroizing;

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn number(value: &Value) -> BigUint {
    BigUint::parse_bytes(text(value).as_bytes(), 16).unwrap()
}

fn float(value: &Value) -> f64 {
    f64::from_be_bytes(HEXLOWER.decode(text(value).as_bytes()).unwrap().try_into().unwrap())
}

fn exponent(value: &Value) -> i32 {
    i32::try_from(value.as_i64().unwrap()).unwrap()
}

/// Residues and exponents of an answer's list; each as wide as n.
fn encoded<'a>(n: &BigUint, answers: impl IntoIterator<Item = &'a Value>) -> Encoded {
    let width = n.bits().div_ceil(64) as usize * 8;
    let mut encoded = Encoded { residues: Zeroizing::default(), exponents: Vec::new() };
    for answer in answers {
        let bytes = number(&answer["residue"]).to_bytes_be();
        encoded.residues.extend(vec![0; width - bytes.len()]);
        encoded.residues.extend(bytes);
        encoded.exponents.push(exponent(&answer["exponent"]));
    }
    encoded
}

fn assert_same(found: &Encoded, expected: &Encoded, what: &Value) {
    assert_eq!(found.exponents, expected.exponents, "{what}");
    let big = |e: &Encoded| BigUint::from_bytes_be(&e.residues);
    assert_eq!(big(found), big(expected), "{what}");
    assert_eq!(found.residues.len(), expected.residues.len());
}

fn signed(bytes: &[u8]) -> BigInt {
    BigInt::from_signed_bytes_be(bytes)
}
