//! RFC 9497, appendix A.1.1, and what is no element.

use super::*;

const BLIND: &str = "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706";
const INPUTS: [&[u8]; 2] = [&[0], &[0x5a; 17]];
const BLINDED: [&str; 2] = [
    "609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c",
    "da27ef466870f5f15296299850aa088629945a17d1f5b7f5ff043f76b3c06418",
];
const EVALUATED: [&str; 2] = [
    "7ec6578ae5120958eb2db1745758ff379e77cb64fe77b0b2d8cc917ea0869c7e",
    "b4cbf5a4f1eeda5a63ce7b77c7d23f461db3fcab0dd28e4e17cecb5c90d02c25",
];
const OUTPUTS: [&str; 2] = [
    "527759c3d9366f277d8c6020418d96bb393ba2afb20ff90df23fb7708264e2f3ab9135e3bd69955851de4b1f9fe8a0973396719b7912ba9ee8aa7d0b5e24bcf6",
    "f4a74c9c592497375e796aa837e907b1a045d34306a749db9f34221f7e750cb4f2a6413a6bf6fa5e19ba6348eb673934a722a7ede2e7621306d18951e7cf2c73",
];

fn hex<const N: usize>(text: &str) -> [u8; N] {
    data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap().try_into().unwrap()
}

fn key() -> Key {
    Key::derive(&Secret::new(vec![0xa3; 32]), b"test key").unwrap()
}

#[test]
fn the_rfcs_vectors() {
    let blind = || Scalar::from_canonical_bytes(&hex(BLIND)).unwrap();
    for unit in Unit::all() {
        let (blinding, sent) = Blind::with(unit, &INPUTS, &blind()).unwrap();
        assert_eq!(sent, BLINDED.map(hex));
        let evaluated = key().evaluate(unit, &sent).unwrap();
        assert_eq!(evaluated, EVALUATED.map(hex));
        let outputs = blinding.finalize(unit, &evaluated).unwrap();
        assert_eq!(outputs, OUTPUTS.map(hex));
        assert_eq!(key().outputs(unit, &INPUTS).unwrap(), outputs);
    }
}

#[test]
fn a_blind_hides_and_comes_off() {
    let unit = Unit::fastest();
    let inputs: Vec<Vec<u8>> = (0..300u32).map(|n| n.to_be_bytes().to_vec()).collect();
    let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    let expected = key().outputs(unit, &inputs).unwrap();
    let mut sent_before = Vec::new();
    for byte in 1..4 {
        let (blinding, sent) = Blind::new(unit, &inputs, &Zeroizing::new([byte; 64])).unwrap();
        assert_ne!(sent, sent_before);
        let evaluated = key().evaluate(unit, &sent).unwrap();
        assert_eq!(blinding.finalize(unit, &evaluated).unwrap(), expected);
        sent_before = sent;
    }
}

#[test]
fn what_is_no_element_is_named() {
    let unit = Unit::fastest();
    let good: [u8; 32] = hex(BLINDED[0]);
    for bad in [[0; 32], [0xff; 32], hex("0100000000000000000000000000000000000000000000000000000000000000")] {
        assert_eq!(key().evaluate(unit, &[good, bad]), Err(OprfError::Element { index: 1 }));
    }
    let (blinding, _) = Blind::new(unit, &INPUTS, &Zeroizing::new([1; 64])).unwrap();
    assert_eq!(blinding.finalize(unit, &[good]).unwrap_err(), OprfError::Count { found: 1, expected: 2 });
    let long = vec![0; INPUT_MAX + 1];
    let error = key().outputs(unit, &[&[1], &long]).unwrap_err();
    assert_eq!(error, OprfError::Input { index: 1, found: INPUT_MAX + 1 });
    assert_eq!(Key::derive(&Secret::new(vec![1; 31]), b"").err(), Some(OprfError::Seed { found: 31 }));
}
