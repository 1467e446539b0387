//! The box on the card's RTL.

use end_to_end::{Box, JOB, rtl};
use rug::Integer;
use rug::integer::Order;

/// A batch of 2048-bit exponentiations through the whole box gives the bytes that GMP gives, and the RTL did a part of it.
#[test]
fn exponentiations_on_the_rtl_are_gmps() {
    let made = Box::test();
    let machine = made.boot(&made.settings().card(rtl()));
    let client = made.enrolled(&machine);
    let before = client.status().unwrap();
    assert_eq!((before.card.kind.as_str(), before.card.state.as_str()), ("rtl", "in service"));
    let (modulus, exponent) = (number(1) | 1u32, number(2));
    let bases: Vec<Integer> = (3..11).map(|seed| number(seed) % &modulus).collect();
    let hexadecimal = |value: &Integer| format!("{value:0512x}");
    let (n, e) = (format!("--modulus={}", hexadecimal(&modulus)), format!("--exponent={}", hexadecimal(&exponent)));
    let texts: Vec<String> = bases.iter().map(hexadecimal).collect();
    let mut words = vec!["compute", "modexp", &n, &e];
    words.extend(texts.iter().map(String::as_str));
    let found = client.call(&words, JOB).unwrap();
    let powers = bases.iter().map(|base| Integer::from(base.pow_mod_ref(&exponent, &modulus).unwrap()));
    let expected: Vec<String> = powers.map(|power| hexadecimal(&power)).collect();
    assert_eq!(found["values"], serde_json::json!(expected));
    let after = client.status().unwrap();
    assert!(after.card.verified > before.card.verified && after.card.jobs > before.card.jobs, "{:?}", after.card);
    assert_eq!(after.card.state, "in service");
}

/// 2048 bits without a pattern, the top one set, the same in each run.
fn number(seed: u64) -> Integer {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let word = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state ^ state.rotate_left(29)
    };
    let words: Vec<u64> = (0..32).map(word).collect();
    Integer::from_digits(&words, Order::Lsf).set_bit(2047, true).clone()
}
