use he::HeError;
use he::encoding::phe::{Encoder, Number, Precision};
use num_bigint::BigInt;
use proptest::prelude::*;
use serde_json::Value;

use crate::{assert_same, encoded, exponent, float, number, signed, text};

fn keys() -> Vec<Value> {
    let answers: Value = serde_json::from_str(include_str!("../answers/phe.json")).unwrap();
    answers["keys"].as_array().unwrap().clone()
}

fn integer(value: &Value) -> BigInt {
    BigInt::parse_bytes(text(value).as_bytes(), 16).unwrap()
}

#[test]
fn encodes_as_python_phe() {
    let mut refused = 0;
    for key in keys() {
        let n = number(&key["n"]);
        let encoder = Encoder::new(&n.to_bytes_be()).unwrap();
        for case in key["encode"].as_array().unwrap() {
            let precision = Precision {
                smallest: case["precision"].as_f64(),
                max_exponent: case.get("max_exponent").map(exponent),
            };
            let found = match case.get("float") {
                Some(x) => encoder.encode_floats(&[float(x)], &precision),
                None => {
                    let bytes = integer(&case["integer"]).to_signed_bytes_be();
                    encoder.encode_integers(&bytes, bytes.len(), &precision)
                }
            };
            match (&case["answer"], found) {
                (Value::Null, found) => {
                    assert!(matches!(found, Err(HeError::EncodingRange { index: 0 })), "{case}");
                    refused += 1;
                }
                (answer, found) => assert_same(&found.unwrap(), &encoded(&n, [answer]), case),
            }
        }
    }
    assert!(refused > 10, "{refused}");
}

#[test]
fn decodes_as_python_phe() {
    for key in keys() {
        let n = number(&key["n"]);
        let encoder = Encoder::new(&n.to_bytes_be()).unwrap();
        for case in key["decode"].as_array().unwrap() {
            let width = n.bits().div_ceil(8) as usize;
            assert!(number(&case["residue"]).to_bytes_be().len() <= width);
            let found = encoder.decode(&encoded(&n, [case]));
            match (&case["answer"], found) {
                (Value::Null, found) => assert!(found.is_err(), "{case}"),
                (answer, found) => match &found.unwrap()[0] {
                    Number::Integer(bytes) => assert_eq!(signed(bytes), integer(&answer["integer"]), "{case}"),
                    Number::Float(x) => assert_eq!(x.to_bits(), float(&answer["float"]).to_bits(), "{case}"),
                },
            }
            let found = encoder.decode_floats(&encoded(&n, [case]));
            match &case["as_float"] {
                Value::Null => assert!(found.is_err(), "{case}"),
                answer => assert_eq!(found.unwrap()[0].to_bits(), float(answer).to_bits(), "{case}"),
            }
        }
    }
}

#[test]
fn decreases_exponents_as_python_phe() {
    for key in keys() {
        let n = number(&key["n"]);
        let encoder = Encoder::new(&n.to_bytes_be()).unwrap();
        for case in key["decrease"].as_array().unwrap() {
            let found = encoder.decrease_exponents_to(&encoded(&n, [case]), exponent(&case["to"]));
            match &case["answer"] {
                Value::Null => assert!(matches!(found, Err(HeError::ElementRange { index: 0, .. })), "{case}"),
                answer => assert_same(&found.unwrap(), &encoded(&n, [answer]), case),
            }
        }
    }
}

#[test]
fn errors_name_the_element() {
    let encoder = Encoder::new(&number(&keys()[0]["n"]).to_bytes_be()).unwrap();
    let any = Precision::default();
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(matches!(encoder.encode_floats(&[1.0, bad], &any), Err(HeError::NotFinite { index: 1 })));
    }
    let fine = Precision { max_exponent: Some(-128), ..any };
    assert!(matches!(encoder.encode_floats(&[0.0, 1.0], &fine), Err(HeError::EncodingRange { index: 1 })));
    let mut half = encoder.encode_floats(&[1.0, 2.0], &any).unwrap();
    half.residues[64] = 0x40;
    assert!(matches!(encoder.decode(&half), Err(HeError::Overflow { index: 1 })));
    half.residues[64] = 0xff;
    half.residues[65] = 0xff;
    assert!(matches!(encoder.decode(&half), Err(HeError::ElementRange { index: 1, .. })));
    let last = encoder.encode_floats(&[0.0, 1.0], &any).unwrap();
    assert!(matches!(encoder.decrease_exponents_to(&last, -200), Err(HeError::EncodingRange { index: 1 })));
    let mut last = encoder.encode_integers(&[1], 1, &any).unwrap();
    last.exponents[0] = i32::MAX;
    assert!(matches!(encoder.decode(&last), Err(HeError::DecodingRange { index: 0 })));
    assert!(encoder.encode_floats(&[], &any).unwrap().exponents.is_empty());
    assert!(encoder.encode_floats(&[1.0], &Precision { smallest: Some(0.0), ..any }).is_err());
    assert!(Encoder::new(&[4; 64]).is_err() && Encoder::new(&[3; 8]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Bytes from anywhere decode or do not; those that decode to a float encode to the same float.
    #[test]
    fn arbitrary_bytes(residues in prop::collection::vec(any::<u8>(), 128..130), exponents in prop::collection::vec(-300i32..300, 2)) {
        let encoder = Encoder::new(&[255; 64]).unwrap();
        let strange = he::encoding::Encoded { residues: zeroize::Zeroizing::new(residues), exponents };
        let _ = encoder.decode(&strange);
        let _ = encoder.decrease_exponents_to(&strange, -10);
        if let Ok(floats) = encoder.decode_floats(&strange) {
            let again = encoder.encode_floats(&floats, &Precision::default()).unwrap();
            prop_assert_eq!(encoder.decode_floats(&again).unwrap(), floats);
        }
    }
}
