//! A batch shared between the CPU and the model card.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::sync::Arc;

use card_model::{FaultMode, FaultPlan, in_process};
use engine::{Backend, CardBackend, CardEvent, CardStatus, Cpu, Engine, FixedBase, Modulus, Numbers, Unit, unattended};

fn words(seed: u64, count: usize) -> Vec<u64> {
    let mut x = seed;
    let step = |_| {
        x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        x ^ x.rotate_left(23)
    };
    (0..count).map(step).collect()
}

fn engine(mode: Option<FaultMode>, after: u64) -> Engine {
    let transport = in_process(32 << 20, FaultPlan { mode, after, times: None }).unwrap();
    // A CPU slow enough for the model to be worth its check.
    Engine::with_card_beside(Cpu::with(1, Unit::portable()), CardBackend::new(card::Card::probe(transport).unwrap()))
}

fn fixture() -> (FixedBase, Vec<Numbers>) {
    let mut n = words(5, 32);
    n[0] |= 1;
    n[31] |= 1 << 63;
    let mut base = words(6, 32);
    base[31] >>= 1;
    let base = FixedBase::new(Arc::new(Modulus::new(&n).unwrap()), &base, 512).unwrap();
    let batches = (7..10).map(|seed| Numbers::from_words(8, words(seed, 8 * 400)).unwrap()).collect();
    (base, batches)
}

/// Both have a part, the results are in order and the same bytes as the CPU's alone.
#[test]
fn a_batch_is_shared_and_stays_in_order() {
    let (base, batches) = fixture();
    let engine = engine(None, 0);
    for exponents in &batches {
        let alone = Cpu::new().pow_fixed_base(&base, exponents, &unattended).unwrap();
        let shared = engine.pow_fixed_base(&base, exponents, &unattended).unwrap();
        assert_eq!(shared.words(), alone.words());
        let factors = shared.slice(0..exponents.count());
        let times = engine.pow_fixed_base_times(&base, exponents, &factors, &unattended).unwrap();
        assert_eq!(times.words(), engine.mul(base.modulus(), &alone, &factors, &unattended).unwrap().words());
    }
    let CardStatus::InService(facts) = engine.status().card else { panic!("the card is out of service") };
    assert!(facts.verified >= batches.len() as u64, "{facts:?}");
}

/// A card that fails in its part: the CPU does that part too, and the next batch alone.
#[test]
fn a_failing_cards_part_is_done_again() {
    let (base, batches) = fixture();
    for mode in [FaultMode::WrongResult, FaultMode::Die] {
        // The self-test's jobs come first and are done right.
        let CardStatus::InService(tested) = engine(None, 0).status().card else { panic!("the self-test failed") };
        let engine = engine(Some(mode), tested.jobs + 1);
        for exponents in &batches {
            let alone = Cpu::new().pow_fixed_base(&base, exponents, &unattended).unwrap();
            assert_eq!(engine.pow_fixed_base(&base, exponents, &unattended).unwrap().words(), alone.words());
        }
        assert!(matches!(engine.status().card, CardStatus::OutOfService { .. }), "{mode:?}");
    }
}

/// Two cards, one of which fails once: the other does its part, and it comes back when it has recovered.
#[test]
fn one_of_two_cards_fails_and_recovers() {
    let (base, batches) = fixture();
    let CardStatus::InService(tested) = engine(None, 0).status().card else { panic!("the self-test failed") };
    for mode in [FaultMode::WrongResult, FaultMode::CorruptContext, FaultMode::DmaOutside, FaultMode::SelfReset] {
        let card =
            |name: &str, plan| (name.to_string(), card::Card::probe(in_process(32 << 20, plan).unwrap()).unwrap());
        let passing = FaultPlan { mode: Some(mode), after: tested.jobs + 1, times: Some(1) };
        let cards = CardBackend::with_cards(vec![card("left", FaultPlan::default()), card("right", passing)]);
        let engine = Engine::with_card_beside(Cpu::with(1, Unit::portable()), cards);
        for (count, exponents) in batches.iter().enumerate() {
            let alone = Cpu::new().pow_fixed_base(&base, exponents, &unattended).unwrap();
            assert_eq!(engine.pow_fixed_base(&base, exponents, &unattended).unwrap().words(), alone.words());
            let CardStatus::InService(facts) = engine.status().card else { panic!("both are out of service") };
            assert_eq!((facts.failures, facts.troubles().len()), (1, usize::from(count == 0)), "{mode:?}");
            let news = engine.card_news();
            if count == 0 {
                assert!(facts.troubles()[0].starts_with("right: "), "{facts:?}");
                assert!(
                    matches!(news[..], [ref n] if matches!(n.event, CardEvent::OutOfService { .. }) && n.card == "right")
                );
                engine.recover_cards();
                assert_eq!(engine.card_news()[0].event, CardEvent::BackInService, "{mode:?}");
            } else {
                assert_eq!(news, []);
            }
        }
    }
}

/// A card that stays broken does not pass its self-test, and does not come back.
#[test]
fn a_broken_card_stays_out_of_service() {
    let (base, batches) = fixture();
    let CardStatus::InService(tested) = engine(None, 0).status().card else { panic!("the self-test failed") };
    let engine = engine(Some(FaultMode::WrongResult), tested.jobs + 1);
    engine.pow_fixed_base(&base, &batches[0], &unattended).unwrap();
    for _ in 0..2 {
        engine.recover_cards();
        assert!(matches!(engine.card_news().last().unwrap().event, CardEvent::NotRecovered { .. }));
        let CardStatus::OutOfService { facts, reason } = engine.status().card else { panic!("it came back") };
        assert!(reason.contains("wrong result") && facts.failures == 1, "{reason}");
    }
}

/// Bases without an inverse, 0 among them, are no business of a card's, whose results could not be checked among them. The
/// answer is right all the same, whether the card is honest, lies, or has nothing to do.
#[test]
fn bases_without_an_inverse_stay_on_the_processor() {
    let factor = factor();
    let modulus = Modulus::new(Modulus::square_of(&factor).unwrap().n()).unwrap();
    let mut units = Numbers::from_words(32, words(6, 32 * 400)).unwrap();
    units.iter_mut().for_each(|item| item[31] >>= 2);
    let exponent = words(9, 4);
    let CardStatus::InService(tested) = engine(None, 0).status().card else { panic!("the self-test failed") };
    for plan in [None, Some(FaultMode::WrongResult), Some(FaultMode::SignFlip)] {
        for without in [vec![], vec![0], vec![3, 4, 5, 200], (0..400).collect::<Vec<_>>()] {
            let mut bases = units.slice(0..400);
            for (count, index) in without.iter().enumerate() {
                let item = bases.item_mut(*index);
                item.fill(0);
                if count % 2 == 1 {
                    item[..16].copy_from_slice(&factor);
                }
            }
            let engine = engine(plan, tested.jobs);
            let alone = Cpu::new().pow_common(&modulus, &bases, &exponent, &unattended).unwrap();
            let shared = engine.pow_common(&modulus, &bases, &exponent, &unattended).unwrap();
            assert!(shared.words() == alone.words(), "{plan:?} {} without an inverse", without.len());
            let status = engine.status().card;
            match (plan, without.len()) {
                (Some(_), 0..400) => {
                    assert!(matches!(status, CardStatus::OutOfService { .. }), "{plan:?} {without:?} {status:?}")
                }
                (None, 0..400) => {
                    assert!(matches!(status, CardStatus::InService(facts) if facts.verified > tested.verified))
                }
                _ => assert!(matches!(status, CardStatus::InService(facts) if facts.jobs == tested.jobs)),
            }
        }
    }
}

/// An odd number of 1024 bits, whose square the tests take for a modulus.
fn factor() -> Vec<u64> {
    let mut factor = words(5, 16);
    factor[0] |= 1;
    factor[15] |= 1 << 63;
    factor
}

/// The same of a base that all powers are of.
#[test]
fn powers_of_a_base_without_an_inverse_stay_on_the_processor() {
    let factor = factor();
    let modulus = Arc::new(Modulus::new(Modulus::square_of(&factor).unwrap().n()).unwrap());
    let exponents = Numbers::from_words(8, words(7, 8 * 400)).unwrap();
    let CardStatus::InService(tested) = engine(None, 0).status().card else { panic!("the self-test failed") };
    for words in [vec![0; 32], [factor, vec![0; 16]].concat()] {
        let base = FixedBase::new(modulus.clone(), &words, 512).unwrap();
        let engine = engine(Some(FaultMode::WrongResult), tested.jobs);
        let alone = Cpu::new().pow_fixed_base(&base, &exponents, &unattended).unwrap();
        assert_eq!(engine.pow_fixed_base(&base, &exponents, &unattended).unwrap().words(), alone.words());
        let CardStatus::InService(facts) = engine.status().card else { panic!("the card was asked") };
        assert_eq!(facts.jobs, tested.jobs);
    }
}
