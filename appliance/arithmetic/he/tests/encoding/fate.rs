use data_encoding::HEXLOWER;
use he::HeError;
use he::encoding::Encoded;
use he::encoding::fate::{Coder, Slots};
use num_bigint::BigUint;
use proptest::prelude::*;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::{assert_same, encoded, exponent, float, number, text};

fn answers() -> (Value, BigUint, Coder) {
    let answers: Value = serde_json::from_str(include_str!("../answers/fate.json")).unwrap();
    let n = number(&answers["n"]);
    let coder = Coder::new(&n.to_bytes_be()).unwrap();
    (answers, n, coder)
}

fn list<'a>(answers: &'a Value, name: &str) -> &'a Vec<Value> {
    answers[name].as_array().unwrap()
}

fn single(value: &Value) -> f32 {
    f32::from_be_bytes(HEXLOWER.decode(text(value).as_bytes()).unwrap().try_into().unwrap())
}

#[test]
fn encodes_as_fate() {
    let (answers, n, coder) = answers();
    let check = |name: &str, encode: &dyn Fn(&Value) -> Encoded| {
        for case in list(&answers, name) {
            assert_same(&encode(&case["number"]), &encoded(&n, [&case["answer"]]), case);
        }
    };
    check("f64", &|x| coder.encode_f64(&[float(x)]).unwrap());
    check("f32", &|x| coder.encode_f32(&[single(x)]).unwrap());
    check("i64", &|x| coder.encode_i64(&[x.as_i64().unwrap()]).unwrap());
    check("i32", &|x| coder.encode_i32(&[exponent(x)]).unwrap());
}

/// FATE panics, wraps around, or gives infinity or the nearest end of the type: then there is an error here.
#[test]
fn decodes_as_fate() {
    let (answers, n, coder) = answers();
    for case in list(&answers, "decode") {
        let encoded = encoded(&n, [case]);
        let too_large = |e: HeError| assert!(matches!(e, HeError::DecodingRange { index: 0 }), "{case}");
        match coder.decode_f64(&encoded) {
            Ok(found) => assert_eq!(found[0], float(&case["f64"]), "{case}"),
            Err(e) => {
                too_large(e);
                assert!(float(&case["f64"]).is_infinite(), "{case}");
            }
        }
        match coder.decode_f32(&encoded) {
            Ok(found) => assert_eq!(found[0], single(&case["f32"]), "{case}"),
            Err(e) => {
                too_large(e);
                assert!(single(&case["f32"]).is_infinite(), "{case}");
            }
        }
        match coder.decode_i64(&encoded) {
            Ok(found) => assert_eq!(Some(found[0]), case["i64"].as_i64(), "{case}"),
            Err(e) => {
                too_large(e);
                let float = float(&case["f64"]);
                assert!(!(-(2f64.powi(63))..2f64.powi(63)).contains(&float), "{case}");
            }
        }
        match coder.decode_i32(&encoded) {
            Ok(found) => assert_eq!(Some(i64::from(found[0])), case["i32"].as_i64(), "{case}"),
            Err(e) => {
                too_large(e);
                assert!([i64::from(i32::MIN), i64::from(i32::MAX)].map(Some).contains(&case["i32"].as_i64()), "{case}");
            }
        }
    }
}

#[test]
fn packs_as_fate() {
    let (answers, n, coder) = answers();
    for case in list(&answers, "pack") {
        let size = |name: &str| case[name].as_u64().unwrap() as usize;
        let slots = Slots { slot_bits: size("slot_bits"), slots: size("slots") };
        let precision = size("precision") as u32;
        let floats = |name: &str| list(case, name).iter().map(float).collect::<Vec<f64>>();
        let numbers = floats("numbers");
        let packed = coder.pack_floats(&numbers, slots, precision).unwrap();
        assert_same(&packed, &encoded(&n, list(case, "packed")), case);
        let unpacked = coder.unpack_floats(&packed, slots, precision, numbers.len()).unwrap();
        assert_eq!(*unpacked, floats("unpacked"), "{case}");
        let doubled = encoded(&n, list(case, "doubled"));
        let unpacked = coder.unpack_floats(&doubled, slots, precision, numbers.len()).unwrap();
        assert_eq!(*unpacked, floats("unpacked_doubled"), "{case}");
    }
}

/// `pack_u64_vec` is not in the wheel that was asked; its layout is that of floats without fractions.
#[test]
fn packs_integers_as_floats_without_fractions() {
    let (_, _, coder) = answers();
    let numbers: Vec<u64> = (0..23).map(|i| (1 << 50) + i).collect();
    let floats: Vec<f64> = numbers.iter().map(|x| *x as f64).collect();
    let slots = Slots { slot_bits: 51, slots: 10 };
    let packed = coder.pack_u64(&numbers, slots).unwrap();
    assert_eq!(packed.residues, coder.pack_floats(&floats, slots, 0).unwrap().residues);
    assert_eq!(*coder.unpack_u64(&packed, slots, 23).unwrap(), numbers);
    let wide = Slots { slot_bits: 64, slots: 7 };
    let packed = coder.pack_u64(&[u64::MAX; 9], wide).unwrap();
    assert_eq!(*coder.unpack_u64(&packed, wide, 9).unwrap(), [u64::MAX; 9]);
}

#[test]
fn errors_name_the_element() {
    let (_, _, coder) = answers();
    assert!(matches!(coder.encode_f64(&[0.0, f64::NAN]), Err(HeError::NotFinite { index: 1 })));
    assert!(matches!(coder.encode_f32(&[0.0, f32::INFINITY]), Err(HeError::NotFinite { index: 1 })));
    let slots = Slots { slot_bits: 8, slots: 4 };
    let pack = |x: f64| coder.pack_floats(&[0.0, 0.0, 0.0, 0.0, 0.0, x], slots, 4);
    assert!(pack(15.9).is_ok() && pack(-0.01).is_ok());
    for bad in [16.0, 15.97, -0.1, 1e300] {
        assert!(matches!(pack(bad), Err(HeError::EncodingRange { index: 5 })), "{bad}");
    }
    assert!(matches!(pack(f64::NAN), Err(HeError::NotFinite { index: 5 })));
    assert!(matches!(coder.pack_u64(&[255, 256], slots), Err(HeError::EncodingRange { index: 1 })));
    for bad in [(0, 4), (8, 0), (512, 1), (8, 64), (usize::MAX, 2)] {
        assert!(coder.pack_u64(&[1], Slots { slot_bits: bad.0, slots: bad.1 }).is_err());
    }
    let mut packed = coder.pack_u64(&[1; 6], slots).unwrap();
    assert!(coder.unpack_u64(&packed, slots, 9).is_err() && coder.unpack_u64(&packed, slots, 4).is_err());
    // The second plaintext has two slots, of sixteen bits: what is above ran out of the fifth number.
    packed.residues[125] = 1;
    assert!(matches!(coder.unpack_u64(&packed, slots, 6), Err(HeError::Overflow { index: 4 })));
    assert!(coder.encode_f64(&[]).unwrap().exponents.is_empty());
    assert!(coder.unpack_u64(&coder.pack_u64(&[], slots).unwrap(), slots, 0).unwrap().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn arbitrary_bytes(
        residues in prop::collection::vec(any::<u8>(), 128..130),
        exponents in prop::collection::vec(any::<i32>(), 2),
        slot_bits in 0usize..600,
        slots in 0usize..20,
        total in 0usize..50,
    ) {
        let coder = Coder::new(&[255; 64]).unwrap();
        let strange = Encoded { residues: Zeroizing::new(residues), exponents };
        let _ = (coder.decode_f64(&strange), coder.decode_f32(&strange));
        let _ = (coder.decode_i64(&strange), coder.decode_i32(&strange));
        let slots = Slots { slot_bits, slots };
        let _ = coder.unpack_floats(&strange, slots, 40, total);
        if let Ok(numbers) = coder.unpack_u64(&strange, slots, total) {
            let again = coder.pack_u64(&numbers, slots).unwrap();
            prop_assert_eq!(again.residues, strange.residues);
        }
    }
}
