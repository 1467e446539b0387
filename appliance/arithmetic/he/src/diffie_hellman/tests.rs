use engine::unattended;
use num_bigint::BigUint;
use proptest::prelude::*;

use super::*;

fn prime(name: GroupName) -> BigUint {
    BigUint::parse_bytes(name.parameters().0.as_bytes(), 16).unwrap()
}

fn engine() -> Engine {
    Engine::without_card("a test")
}

fn row(x: &BigUint, width: usize) -> Vec<u8> {
    let bytes = x.to_bytes_be();
    [vec![0; width - bytes.len()], bytes].concat()
}

fn element(elements: &Elements, index: usize) -> BigUint {
    let bytes = elements.to_be();
    let width = bytes.len() / elements.count();
    BigUint::from_bytes_be(&bytes[index * width..][..width])
}

/// e = 1 + 1/1! + 1/2! + ..., times 2^bits, rounded down.
fn e(bits: usize) -> BigUint {
    let one = BigUint::from(1u8) << (bits + 64);
    let terms = (1u32..).scan(one.clone(), |term, k| {
        *term /= k;
        (*term != BigUint::ZERO).then(|| term.clone())
    });
    (terms.sum::<BigUint>() + one) >> 64
}

/// pi = 16 arctan(1/5) - 4 arctan(1/239) (Machin), times 2^bits, rounded down.
fn pi(bits: usize) -> BigUint {
    let arctan = |x: u32| {
        let mut power = (BigUint::from(1u8) << (bits + 64)) / x;
        let (mut plus, mut minus) = (BigUint::ZERO, BigUint::ZERO);
        for k in 0u32.. {
            if power == BigUint::ZERO {
                break;
            }
            let sum = if k % 2 == 0 { &mut plus } else { &mut minus };
            *sum += &power / (2 * k + 1);
            power /= x * x;
        }
        plus - minus
    };
    (arctan(5) * 16u8 - arctan(239) * 4u8) >> 64
}

/// p = 2^b - 2^(b - 64) + (floor(2^(b - 130) c) + x) 2^64 - 1 with c = pi (RFC 3526) or e (RFC 7919) and each RFC's x.
#[test]
fn primes_are_what_their_rfcs_compute() {
    let one = BigUint::from(1u8);
    for (name, constant, x) in [
        (GroupName::Modp2048, pi as fn(usize) -> BigUint, 124476u32),
        (GroupName::Modp3072, pi, 1690314),
        (GroupName::Modp4096, pi, 240904),
        (GroupName::Ffdhe2048, e, 560316),
        (GroupName::Ffdhe3072, e, 2625351),
        (GroupName::Ffdhe4096, e, 5736041),
    ] {
        let p = prime(name);
        let bits = p.bits() as usize;
        let middle = (constant(bits - 130) + x) << 64;
        assert_eq!(p, (&one << bits) - (&one << (bits - 64)) + middle - &one, "{name:?}");
        // 2 is a square, and q passes Fermat's test.
        let q = &p >> 1;
        assert_eq!(BigUint::from(2u8).modpow(&q, &p), one);
        assert_eq!(BigUint::from(3u8).modpow(&(&q - &one), &q), one);
    }
    assert!(crate::primes::is_safe_prime(&prime(GroupName::Modp2048).to_bytes_be()));
}

#[test]
fn both_sides_agree() {
    for name in GroupName::ALL {
        let group = Group::new(name).unwrap();
        let (a, b) = (PrivateKey::generate(&group).unwrap(), PrivateKey::generate(&group).unwrap());
        let published = |key: &PrivateKey| {
            let value = key.public_value(&group).to_be();
            assert_eq!(value.len(), group.element_bytes());
            group.accept(&engine(), &value).unwrap()
        };
        let (from_a, from_b) = (published(&a), published(&b));
        let secret = a.agree(&engine(), &group, &from_b, &unattended).unwrap();
        assert_eq!(secret, b.agree(&engine(), &group, &from_a, &unattended).unwrap());
        let x = BigUint::from_bytes_be(a.export().expose());
        assert_eq!(BigUint::from_bytes_be(&secret), element(&from_b, 0).modpow(&x, &prime(name)));
    }
}

#[test]
fn powers_of_hashed_elements_commute() {
    let group = Group::new(GroupName::Ffdhe2048).unwrap();
    let (a, b) = (PrivateKey::generate(&group).unwrap(), PrivateKey::generate(&group).unwrap());
    let inputs: [&[u8]; 3] = [b"alice", b"", b"bob"];
    let hashed = group.hash(&engine(), &inputs, b"a test", &unattended).unwrap();
    let raise = |key: &PrivateKey, elements: &Elements| {
        let raised = key.raise(&engine(), &group, elements, &unattended).unwrap().to_be();
        group.accept(&engine(), &raised).unwrap()
    };
    let both = raise(&a, &raise(&b, &hashed)).to_be();
    assert_eq!(both, raise(&b, &raise(&a, &hashed)).to_be());
    let other = group.hash(&engine(), &inputs, b"another", &unattended).unwrap().to_be();
    let width = group.element_bytes();
    assert!((0..3).all(|i| other[i * width..][..width] != hashed.to_be()[i * width..][..width]));
    assert!(group.hash(&engine(), &inputs, b"", &unattended).is_err());
    assert!(group.hash(&engine(), &inputs, &[0; 256], &unattended).is_err());
}

#[test]
fn what_is_no_element_is_named() {
    for name in [GroupName::Modp2048, GroupName::Modp3072, GroupName::Ffdhe4096] {
        let (group, p) = (Group::new(name).unwrap(), prime(name));
        let width = group.element_bytes();
        // p is 7 modulo 8, so that -1, and every -y, is no square.
        for bad in [BigUint::ZERO, BigUint::from(1u8), &p - 1u8, p.clone(), &p + 2u8, &p - 2u8, &p - 4u8] {
            let matrix = [row(&BigUint::from(4u8), width), row(&bad, width)].concat();
            let refused = group.accept(&engine(), &matrix);
            assert!(matches!(refused, Err(HeError::NotAnElement { index: 1 })), "{bad}");
        }
        assert!(matches!(group.accept(&engine(), &[0; 3]), Err(HeError::ElementWidth { bytes: 3, .. })));
        assert_eq!(group.accept(&engine(), &[]).unwrap().count(), 0);
    }
}

#[test]
fn private_exponents() {
    let group = Group::new(GroupName::Modp2048).unwrap();
    let key = PrivateKey::generate(&group).unwrap();
    let again = PrivateKey::import(&group, &key.export()).unwrap();
    assert!(key.export().equals(&again.export()));
    assert!(!key.export().equals(&PrivateKey::generate(&group).unwrap().export()));
    assert!(PrivateKey::import(&group, &Secret::new(vec![0; 40])).is_err());
    assert!(PrivateKey::import(&group, &Secret::new(vec![1; 39])).is_err());
    let empty = group.accept(&engine(), &[]).unwrap();
    assert_eq!(key.raise(&engine(), &group, &empty, &unattended).unwrap().count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    /// Numbers from anywhere: accepted if and only if the power by q is 1.
    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 256)) {
        let group = Group::new(GroupName::Ffdhe2048).unwrap();
        let p = prime(GroupName::Ffdhe2048);
        let y = BigUint::from_bytes_be(&bytes);
        let element = y < p && y.modpow(&(&p >> 1), &p) == BigUint::from(1u8);
        prop_assert_eq!(group.accept(&engine(), &bytes).is_ok(), element);
    }
}
