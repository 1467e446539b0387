//! Numbers to plaintexts and back: packing, and the ways of python-phe and of FATE. What is secret is the numbers; exponents travel in
//! clear.

use he::encoding::{Encoded, fate, phe};
use he::packing::Packing;
use he::{KeyPair, generate_for_comparison};

use super::{ITEMS, Operation, operation, words};

/// Numbers below it in magnitude are packed.
const VALUE_BITS: u32 = 40;
const SUMMANDS: u64 = 16;

pub(super) fn operations() -> Vec<Operation> {
    let KeyPair { n, .. } = generate_for_comparison(1024).unwrap();
    let mut all = packing();
    all.extend(of_phe(n.clone()));
    all.extend(of_fate(n));
    all
}

fn packing() -> Vec<Operation> {
    let packing = Packing::new(1024, VALUE_BITS, SUMMANDS).unwrap();
    let pack = on_integers("packing", move |m| packing.pack(m).unwrap().to_vec());
    // Packed numbers are the secret that is unpacked: what packs them is above.
    let unpack = on_integers("unpacking", move |m| {
        let packed = packing.pack(m).unwrap();
        packing.unpack(&packed, m.len(), 1).unwrap().iter().flat_map(|x| x.to_be_bytes()).collect()
    });
    let fixed = on_floats("packing of fixed-point numbers", move |m| packing.pack_fixed(m, 20).unwrap().to_vec());
    let back = on_integers("unpacking of fixed-point numbers", move |m| {
        let packed = packing.pack(m).unwrap();
        packing.unpack_fixed(&packed, m.len(), 1, 20).unwrap().iter().flat_map(|x| x.to_bits().to_be_bytes()).collect()
    });
    vec![pack, unpack, fixed, back]
}

fn of_phe(n: Vec<u8>) -> Vec<Operation> {
    let coder = move || phe::Encoder::new(&n).unwrap();
    let precision = phe::Precision { smallest: Some(1e-6), max_exponent: None };
    let floats = on_floats("python-phe's encoding of floats", {
        let coder = coder.clone();
        move |m| coder().encode_floats(m, &precision).unwrap().residues.to_vec()
    });
    let integers = on_integers("python-phe's encoding of integers", {
        let coder = coder.clone();
        move |m| encoded(&coder(), m).residues.to_vec()
    });
    let decode = on_integers("python-phe's decoding of floats", {
        let coder = coder.clone();
        move |m| {
            let coder = coder();
            let below = coder.decrease_exponents_to(&encoded(&coder, m), -4).unwrap();
            coder.decode_floats(&below).unwrap().iter().flat_map(|x| x.to_bits().to_be_bytes()).collect()
        }
    });
    let integers_back = on_integers("python-phe's decoding of integers", move |m| {
        let coder = coder();
        let numbers = coder.decode(&encoded(&coder, m)).unwrap();
        numbers
            .iter()
            .flat_map(|number| match number {
                phe::Number::Integer(bytes) => bytes.to_vec(),
                phe::Number::Float(x) => x.to_bits().to_be_bytes().to_vec(),
            })
            .collect()
    });
    vec![floats, integers, decode, integers_back]
}

fn encoded(coder: &phe::Encoder, m: &[i64]) -> Encoded {
    let bytes: Vec<u8> = m.iter().flat_map(|m| m.to_be_bytes()).collect();
    coder.encode_integers(&bytes, 8, &phe::Precision::default()).unwrap()
}

fn of_fate(n: Vec<u8>) -> Vec<Operation> {
    let coder = move || fate::Coder::new(&n).unwrap();
    let integers = on_integers("FATE's encoding of integers", {
        let coder = coder.clone();
        move |m| coder().encode_i64(m).unwrap().residues.to_vec()
    });
    let integers_back = on_integers("FATE's decoding of integers", {
        let coder = coder.clone();
        move |m| {
            let coder = coder();
            let encoded = coder.encode_i64(m).unwrap();
            coder.decode_i64(&encoded).unwrap().iter().flat_map(|x| x.to_be_bytes()).collect()
        }
    });
    let floats_back = on_integers("FATE's decoding of floats", {
        let coder = coder.clone();
        move |m| {
            let coder = coder();
            let Encoded { residues, .. } = coder.encode_i64(m).unwrap();
            let encoded = Encoded { residues, exponents: vec![-4; m.len()] };
            coder.decode_f64(&encoded).unwrap().iter().flat_map(|x| x.to_bits().to_be_bytes()).collect()
        }
    });
    let slots = fate::Slots { slot_bits: 64, slots: 8 };
    let pack = on_integers("FATE's packing", move |m| {
        let coder = coder();
        let numbers: Vec<u64> = m.iter().map(|m| m.cast_unsigned() >> 1).collect();
        let packed = coder.pack_u64(&numbers, slots).unwrap();
        coder.unpack_u64(&packed, slots, numbers.len()).unwrap().iter().flat_map(|x| x.to_be_bytes()).collect()
    });
    vec![integers, integers_back, floats_back, pack]
}

/// Of both signs, and below 2^VALUE_BITS in magnitude; against zeros.
fn on_integers(name: &'static str, run: impl Fn(&[i64]) -> Vec<u8> + 'static) -> Operation {
    operation(name, ITEMS, 1, move |m| {
        let integers: Vec<i64> = m.words().iter().map(|m| m.cast_signed() >> (63 - VALUE_BITS)).collect();
        engine::Numbers::from_words(1, words(&run(&integers))).unwrap()
    })
}

/// Of both signs, between 2^8 and 2^9 in magnitude; against those of no fraction.
fn on_floats(name: &'static str, run: impl Fn(&[f64]) -> Vec<u8> + 'static) -> Operation {
    operation(name, ITEMS, 1, move |m| {
        let of = |m: &u64| f64::from_bits(m & !(0x7ff << 52) | (1023 + 8) << 52);
        let floats: Vec<f64> = m.words().iter().map(of).collect();
        engine::Numbers::from_words(1, words(&run(&floats))).unwrap()
    })
}
