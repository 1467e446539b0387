//! Every unit against curve25519-dalek, on random and on special inputs.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use curve_lanes::{NotAPoint, Scalar, Unit, hash_and_multiply, multiply, x25519_batch};
use curve25519_dalek::MontgomeryPoint;
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};

fn random<const N: usize>(rng: &mut fastrand::Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    bytes
}

/// 2^255 - 19 + `more`, little-endian.
fn p_plus(more: i16) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[31] = 0x7f;
    bytes[0] = (0xed + more) as u8;
    bytes
}

fn small(value: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[0] = value;
    bytes
}

/// Around 0, p and 2^255, words of ones and zeros, with and without the bit above; and u of small order (RFC 7748's authors' list).
fn special() -> Vec<[u8; 32]> {
    let hex = |text: &str| -> [u8; 32] { data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap().try_into().unwrap() };
    let mut all: Vec<[u8; 32]> = (0..4).map(small).collect();
    all.extend((-20..19).map(p_plus));
    all.extend([
        hex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
        hex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    ]);
    for word in 0..4 {
        let mut bytes = [0xff; 32];
        bytes[word * 8..word * 8 + 8].fill(0);
        all.extend([bytes, bytes.map(|byte| !byte)]);
    }
    for bit in 0..255 {
        let mut bytes = [0; 32];
        bytes[bit / 8] = 1 << (bit % 8);
        all.push(bytes);
    }
    let low = all.clone();
    all.extend(low.into_iter().map(|mut bytes| {
        bytes[31] |= 0x80;
        bytes
    }));
    all
}

fn scalars(rng: &mut fastrand::Rng) -> Vec<[u8; 32]> {
    let mut all = vec![[0; 32], [0xff; 32], small(1), small(8)];
    all.extend((0..6).map(|_| random::<32>(rng)));
    all
}

#[test]
fn x25519_is_daleks() {
    let mut rng = fastrand::Rng::with_seed(25519);
    let mut us = special();
    us.extend((0..300).map(|_| random::<32>(&mut rng)));
    for scalar in scalars(&mut rng) {
        let expected: Vec<_> = us.iter().map(|u| MontgomeryPoint(*u).mul_clamped(scalar).to_bytes()).collect();
        for unit in Unit::all() {
            assert_eq!(x25519_batch(unit, &scalar, &us), expected, "{unit:?}");
        }
    }
}

#[test]
fn batches_of_every_length_are_whole() {
    let mut rng = fastrand::Rng::with_seed(1);
    let us: Vec<[u8; 32]> = (0..300).map(|_| random(&mut rng)).collect();
    let scalar = Scalar::from_canonical_bytes(&small(77)).unwrap();
    let points: Vec<_> = (0..300).map(|_| RistrettoPoint::from_uniform_bytes(&random(&mut rng)).compress().0).collect();
    for unit in Unit::all() {
        let (all, multiples) = (x25519_batch(unit, &[3; 32], &us), multiply(unit, &scalar, &points).unwrap());
        for count in [0, 1, 3, 4, 5, 7, 8, 9, 63, 64, 65, 127, 128, 129, 255, 256, 257] {
            assert_eq!(x25519_batch(unit, &[3; 32], &us[..count]), all[..count], "{unit:?} {count}");
            assert_eq!(multiply(unit, &scalar, &points[..count]).unwrap(), multiples[..count], "{unit:?} {count}");
        }
    }
}

/// Of the group's order, and around it.
fn ristretto_scalars(rng: &mut fastrand::Rng) -> Vec<curve25519_dalek::Scalar> {
    use curve25519_dalek::Scalar as S;
    let mut all: Vec<S> = (1u64..6).flat_map(|k| [S::from(k), -S::from(k)]).collect();
    // Halves of odd numbers, and what makes h or h + 1 special.
    all.extend([S::from(2u64).invert(), -S::from(2u64).invert(), S::from(u64::MAX)]);
    all.extend((0..4).map(|_| S::from_bytes_mod_order_wide(&random(rng))));
    all
}

#[test]
fn ristretto_products_are_daleks() {
    let mut rng = fastrand::Rng::with_seed(255);
    let mut points: Vec<RistrettoPoint> =
        (0..137).map(|_| RistrettoPoint::from_uniform_bytes(&random(&mut rng))).collect();
    points.push(curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT);
    points.insert(5, RistrettoPoint::default());
    let encoded: Vec<_> = points.iter().map(|point| point.compress().0).collect();
    for k in ristretto_scalars(&mut rng) {
        let expected: Vec<_> = points.iter().map(|point| (point * k).compress().0).collect();
        let scalar = Scalar::from_canonical_bytes(&k.to_bytes()).unwrap();
        for unit in Unit::all() {
            assert_eq!(multiply(unit, &scalar, &encoded).unwrap(), expected, "{unit:?} {k:?}");
        }
    }
}

#[test]
fn hashed_points_are_daleks() {
    let mut rng = fastrand::Rng::with_seed(9496);
    let mut uniform: Vec<[u8; 64]> = (0..130).map(|_| random(&mut rng)).collect();
    // The map's special inputs, in either half: 0, 1, -1, sqrt(-1), what is not below p.
    let halves = special();
    let root = [
        0xb0, 0xa0, 0x0e, 0x4a, 0x27, 0x1b, 0xee, 0xc4, 0x78, 0xe4, 0x2f, 0xad, 0x06, 0x18, 0x43, 0x2f, 0xa7, 0xd7,
        0xfb, 0x3d, 0x99, 0x00, 0x4d, 0x2b, 0x0b, 0xdf, 0xc1, 0x4f, 0x80, 0x24, 0x83, 0x2b,
    ];
    for half in halves.iter().chain([&root]) {
        for other in [[0; 32], *half, small(1), root] {
            let mut bytes = [0; 64];
            bytes[..32].copy_from_slice(half);
            bytes[32..].copy_from_slice(&other);
            uniform.push(bytes);
        }
    }
    for k in ristretto_scalars(&mut rng) {
        let expected: Vec<_> =
            uniform.iter().map(|bytes| (RistrettoPoint::from_uniform_bytes(bytes) * k).compress().0).collect();
        let scalar = Scalar::from_canonical_bytes(&k.to_bytes()).unwrap();
        for unit in Unit::all() {
            let found = hash_and_multiply(unit, &scalar, &uniform);
            let wrong = found.iter().zip(&expected).position(|(a, b)| a != b);
            assert_eq!(wrong, None, "{unit:?} {k:?}: {:?}", wrong.map(|at| uniform[at]));
        }
    }
}

#[test]
fn what_decodes_decodes_alike() {
    let mut rng = fastrand::Rng::with_seed(4);
    let mut candidates = special();
    candidates.extend((0..1000).map(|_| random::<32>(&mut rng)));
    let scalar = Scalar::from_canonical_bytes(&small(3)).unwrap();
    let mut points = 0;
    for candidate in candidates {
        let expected = CompressedRistretto(candidate).decompress();
        points += usize::from(expected.is_some());
        for unit in Unit::all() {
            let found = multiply(unit, &scalar, &[candidate]);
            let expected = expected.map(|p| vec![(p + p + p).compress().0]).ok_or(NotAPoint { index: 0 });
            assert_eq!(found, expected, "{unit:?} {candidate:x?}");
        }
    }
    assert!(points > 50, "{points}");
}

#[test]
fn the_first_that_is_no_point_is_named() {
    let mut rng = fastrand::Rng::with_seed(4);
    let good = RistrettoPoint::from_uniform_bytes(&random(&mut rng)).compress().0;
    // 2 is even and below p, and no point; 1 is odd.
    let scalar = Scalar::from_canonical_bytes(&small(3)).unwrap();
    let bad = (1..100).map(|k| small(2 * k)).find(|s| CompressedRistretto(*s).decompress().is_none()).unwrap();
    for unit in Unit::all() {
        for wrong in [bad, small(1)] {
            for index in [0, 7, 8, 130, 199] {
                let mut points = vec![good; 200];
                points[index] = wrong;
                points[199] = wrong;
                assert_eq!(multiply(unit, &scalar, &points), Err(NotAPoint { index }), "{unit:?}");
            }
        }
    }
}

#[test]
fn scalars_are_below_the_order_and_not_zero() {
    let order_less_one = (-curve25519_dalek::Scalar::ONE).to_bytes();
    let mut order = order_less_one;
    order[0] += 1;
    let taken = |bytes: &[u8; 32]| Scalar::from_canonical_bytes(bytes).is_some();
    assert_eq!([order_less_one, order, [0; 32], [0xff; 32]].map(|b| taken(&b)), [true, false, false, false]);
}
