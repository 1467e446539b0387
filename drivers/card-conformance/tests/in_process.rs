//! The suite over the model in this process, and what the driver makes of each fault.

#![expect(clippy::unwrap_used, reason = "a test's helpers may fail it like the test itself")]

use std::{
    ops::{ControlFlow, Range},
    time::{Duration, Instant},
};

use card::{Card, CardError, CardFault, CardState, Cards, CardsError, CompletionFault, Key, LoadedCard, Task, Trouble};
use card_conformance::{Options, carry_on, context, deadline, operands, run};
use card_function::InProcess;
use card_model::{FaultMode, FaultPlan, ModelCard, in_process};
use num_bigint::BigUint;

/// Jobs that a probe runs.
const PROBE: u64 = 8;

#[test]
fn conforms() {
    run(in_process(32 << 20, FaultPlan::default()).unwrap(), &Options::default(), &mut |_| {}).unwrap();
}

#[test]
fn conforms_with_a_pool_that_splits_every_batch() {
    let options = Options { widths: vec![64, 1024], quick: false };
    run(in_process(128 << 10, FaultPlan::default()).unwrap(), &options, &mut |_| {}).unwrap();
}

#[test]
fn refuses_a_pool_too_small() {
    let transport = in_process(16 << 10, FaultPlan::default()).unwrap();
    assert!(matches!(Card::probe(transport).err(), Some(CardError::DmaPool { bytes: 16384 })));
}

#[test]
fn refuses_bad_arguments_and_stays_in_service() {
    let mut card = sound(1 << 20);
    let (id, n) = context(&mut card, 1024).unwrap();
    let ones = vec![u64::MAX; 16];
    let good = operands(&n, 2, 16, 1);
    let until = deadline();
    let progress = &mut carry_on;
    for refused in [
        card.modmul(id, &ones, &ones, until, progress),
        card.modmul(id, &good, &good[..16], until, progress),
        card.modmul(id, &good[1..], &good[1..], until, progress),
        card.modexp(id, &good, &[], until, progress),
        card.modexp(id, &good, &[1; 97], until, progress),
        card.fixed_base(id, &[0, 0, 1], 3, until, progress),
        card.fixed_base(id, &[0, 0, 0], 2, until, progress),
    ] {
        assert!(matches!(refused, Err(CardError::Argument { .. })), "{refused:?}");
    }
    for (modulus, base) in [
        (vec![], None),
        (vec![4, 1], None),
        (vec![1, 0], None),
        (vec![1; 97], None),
        (vec![7], Some((&[7][..], 8))),
        (vec![7], Some((&[2][..], 0))),
        (vec![7], Some((&[2][..], 70_000))),
    ] {
        assert!(matches!(card.load_context(&modulus, base), Err(CardError::Argument { .. })));
    }
    assert!(open(card.modmul(id, &[], &[], until, progress)).is_empty());
    assert_eq!(open(card.modmul(id, &good, &good, until, progress)).len(), 32);
    card.unload_context(id).unwrap();
    assert!(matches!(card.unload_context(id), Err(CardError::NoContext)));
    assert!(matches!(card.modmul(id, &good, &good, until, progress), Err(CardError::NoContext)));
}

#[test]
fn contexts_are_limited_and_their_ids_not_reused() {
    let mut card = sound(1 << 20);
    let count = card.identity().contexts;
    let ids: Vec<_> = (0..count).map(|_| card.load_context(&[7], None).unwrap()).collect();
    assert!(matches!(card.load_context(&[7], None), Err(CardError::ContextsFull { count: found }) if found == count));
    card.unload_context(ids[3]).unwrap();
    let again = card.load_context(&[11], None).unwrap();
    assert!(!ids.contains(&again));
    assert!(matches!(card.unload_context(ids[3]), Err(CardError::NoContext)));
    card.recover().unwrap();
    assert!(matches!(card.unload_context(again), Err(CardError::NoContext)));
}

#[test]
fn cancels_between_jobs() {
    let mut card = sound(1 << 20);
    let (id, n) = context(&mut card, 1024).unwrap();
    let a = operands(&n, 10_000, 16, 1);
    let stopped = card.modmul(id, &a, &a, deadline(), &mut |_| ControlFlow::Break(()));
    assert!(matches!(stopped, Err(CardError::Cancelled { done }) if done > 0 && done < 10_000), "{stopped:?}");
    assert_eq!(open(card.modmul(id, &a, &a, deadline(), &mut carry_on)).len(), a.len());
}

#[test]
fn ring_positions_wrap() {
    let mut card = sound(256 << 10);
    let (id, _) = context(&mut card, 1024).unwrap();
    let a = three();
    for _ in 0..70_000 {
        let squares = open(card.modmul(id, &a, &a, deadline(), &mut carry_on));
        assert_eq!(squares[0], 9);
    }
}

#[test]
fn wrong_results_are_left_to_the_check() {
    for mode in [FaultMode::WrongResult, FaultMode::SignFlip, FaultMode::CorruptContext] {
        let mut card = faulty(mode, PROBE + 1);
        let (id, n) = context(&mut card, 1024).unwrap();
        let a = operands(&n, 5, 16, 1);
        let expected = open(sound_modmul(&a));
        let found = card.modmul(id, &a, &a, deadline(), &mut carry_on).unwrap();
        let verdict = found.verify(|found| if *found == expected { Ok(()) } else { Err("differs") });
        assert_eq!(verdict.unwrap_err(), "differs", "{mode:?}");
    }
}

#[test]
fn wrong_results_fail_the_self_test() {
    for mode in [FaultMode::WrongResult, FaultMode::SignFlip] {
        let transport = in_process(1 << 20, plan(mode, 0)).unwrap();
        assert!(matches!(Card::probe(transport).err(), Some(CardError::SelfTest { .. })), "{mode:?}");
    }
}

#[test]
fn each_fault_has_its_error() {
    expect(FaultMode::Hang, |e| matches!(e, CardError::Timeout { .. }));
    expect(FaultMode::GarbageCompletion, |e| {
        matches!(e, CardError::BadCompletion { what: CompletionFault::Malformed(_) })
    });
    expect(FaultMode::DuplicateCompletion, |e| {
        matches!(e, CardError::BadCompletion { what: CompletionFault::UnknownTag(_) })
    });
    expect(FaultMode::OutOfOrder, |e| matches!(e, CardError::BadCompletion { what: CompletionFault::Sequence { .. } }));
    expect(FaultMode::CardMemoryError, |e| matches!(e, CardError::Locked { fault: CardFault::CardMemory }));
    expect(FaultMode::SelfReset, |e| matches!(e, CardError::WrongState { found: CardState::Disabled, .. }));
    expect(FaultMode::WrongLength, |e| {
        matches!(e, CardError::BadCompletion { what: CompletionFault::Items { expected: 5, found: 4 } })
    });
    expect(FaultMode::DmaOutside, |e| matches!(e, CardError::Locked { fault: CardFault::DmaFault }));
    expect(FaultMode::HostUnasked, |e| matches!(e, CardError::Locked { fault: CardFault::HostUnasked }));
    expect(FaultMode::LostInterrupt, |e| matches!(e, CardError::LostInterrupts { count: 3 }));
    expect(FaultMode::Vanish, |e| matches!(e, CardError::Gone));
    expect(FaultMode::Die, |e| matches!(e, CardError::Gone));
}

#[test]
fn another_map_version_is_refused() {
    let transport = in_process(1 << 20, plan(FaultMode::WrongVersion, 0)).unwrap();
    assert!(matches!(Card::probe(transport).err(), Some(CardError::WrongVersion { major: 3, needed: 2, .. })));
}

#[test]
fn a_reset_brings_a_card_back() {
    let mut card = sound(1 << 20);
    let (id, _) = context(&mut card, 1024).unwrap();
    // The first wait of a batch is over its bound, unless the card was done before this thread looked.
    let late = (0..20).find_map(|_| card.modexp(id, &[3; 16], &[u64::MAX; 96], Instant::now(), &mut carry_on).err());
    assert!(matches!(late, Some(CardError::Timeout { .. })), "{late:?}");
    assert!(card.is_out_of_service());
    assert!(matches!(card.load_context(&[7], None), Err(CardError::OutOfService)));
    card.recover().unwrap();
    let (id, _) = context(&mut card, 1024).unwrap();
    assert_eq!(open(card.modmul(id, &three(), &three(), deadline(), &mut carry_on))[0], 9);
}

#[test]
fn a_storm_of_interrupts_is_noticed() {
    let mut card = faulty(FaultMode::InterruptStorm, PROBE + 2);
    let (id, n) = context(&mut card, 1024).unwrap();
    let a = operands(&n, 5, 16, 1);
    let error = (0..100).find_map(|_| card.modexp(id, &a, &[u64::MAX; 96], deadline(), &mut carry_on).err());
    assert!(matches!(error, Some(CardError::InterruptStorm { .. })), "{error:?}");
    card.recover().unwrap_err();
}

#[test]
fn a_job_that_hangs_is_found_before_its_batch_is_late() {
    let mut card = faulty(FaultMode::Hang, PROBE + 2);
    card.set_patience(Duration::from_secs(1));
    let (id, n) = context(&mut card, 1024).unwrap();
    let a = operands(&n, 5, 16, 1);
    let start = Instant::now();
    let error = (0..5).find_map(|_| card.modmul(id, &a, &a, deadline(), &mut carry_on).err());
    assert!(matches!(error, Some(CardError::JobDeadline { items: 5, .. })), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(20));
}

/// A fault that is over after one job: the card comes back, and only by way of its self-test.
#[test]
fn a_card_recovers_from_a_passing_fault() {
    for mode in [FaultMode::Hang, FaultMode::DmaOutside, FaultMode::CardMemoryError, FaultMode::OutOfOrder] {
        let passing = FaultPlan { mode: Some(mode), after: PROBE + 1, times: Some(1) };
        let mut card = Card::probe(in_process(1 << 20, passing).unwrap()).unwrap();
        card.set_patience(Duration::from_secs(1));
        let (id, _) = context(&mut card, 1024).unwrap();
        card.modmul(id, &three(), &three(), deadline(), &mut carry_on).unwrap_err();
        assert!(card.is_out_of_service());
        card.recover().unwrap();
        assert!(matches!(card.modmul(id, &three(), &three(), deadline(), &mut carry_on), Err(CardError::NoContext)));
        let (id, _) = context(&mut card, 1024).unwrap();
        assert_eq!(open(card.modmul(id, &three(), &three(), deadline(), &mut carry_on))[0], 9, "{mode:?}");
    }
}

/// A reset that waits for the host's memory in vain has an end with a name, and the next one may succeed.
#[test]
fn a_reset_that_the_host_holds_up_says_so() {
    let passing = FaultPlan { mode: Some(FaultMode::HostSilent), after: PROBE + 1, times: Some(1) };
    let mut card = Card::probe(in_process(1 << 20, passing).unwrap()).unwrap();
    card.set_patience(Duration::from_secs(1));
    let (id, _) = context(&mut card, 1024).unwrap();
    let late = card.modmul(id, &three(), &three(), deadline(), &mut carry_on).unwrap_err();
    assert!(matches!(late, CardError::JobDeadline { .. }), "{late:?}");
    let held_up = card.recover().unwrap_err();
    assert!(matches!(held_up, CardError::Locked { fault: CardFault::HostSilent }), "{held_up:?}");
    assert!(card.is_out_of_service());
    card.recover().unwrap();
    let (id, _) = context(&mut card, 1024).unwrap();
    assert_eq!(open(card.modmul(id, &three(), &three(), deadline(), &mut carry_on))[0], 9);
}

/// Three cards, of which one hangs and one lies: each is named, and the third does their parts too.
#[test]
fn cards_do_each_others_parts() {
    let names = ["hangs", "lies", "works"];
    let plans = [plan(FaultMode::Hang, PROBE + 1), plan(FaultMode::WrongResult, PROBE + 1), FaultPlan::default()];
    let mut cards =
        Cards::new(names.into_iter().zip(plans).map(|(name, plan)| (name.to_string(), patient(plan))).collect());
    let (n, a) = (modulus(), operands(&modulus(), 100, 16, 1));
    let modulus = limbs(&n);
    let expected: Vec<u64> = a.chunks(16).flat_map(|a| limbs(&(number(a) * number(a) % &n))).collect();
    let (key, task) = (Key { modulus: &modulus, base: None, vector: &[], keep: false }, Task::Modmul { a: &a, b: &a });
    let check = |items: Range<usize>, found: &[u64]| Ok::<_, ()>(*found == expected[items.start * 16..items.end * 16]);
    let mut failures = Vec::new();
    let found = cards.run(&key, &task, &check, deadline(), &carry_on, &mut failures).unwrap();
    assert_eq!(found.results, expected);
    failures.sort_by(|a, b| a.card.cmp(&b.card));
    let [hung, lied] = &failures[..] else { panic!("{failures:?}") };
    assert!(hung.card == "hangs" && matches!(hung.trouble, Trouble::Driver(CardError::JobDeadline { .. })), "{hung:?}");
    assert!(lied.card == "lies" && matches!(lied.trouble, Trouble::WrongResult { .. }), "{lied:?}");
    let out: Vec<&str> = cards.iter().filter(|(_, card)| card.is_out_of_service()).map(|(name, _)| name).collect();
    assert_eq!(out, ["hangs", "lies"]);
}

/// A public key's context is loaded once, others' come and go beside it, and a reset takes it.
#[test]
fn cards_keep_the_contexts_of_public_keys() {
    let passing = FaultPlan { mode: Some(FaultMode::CardMemoryError), after: PROBE + 40, times: Some(1) };
    let mut cards = Cards::new(vec![("card".into(), patient(passing))]);
    let exponents = [3, 0, 65_537, u64::MAX, 1];
    let mut failures = Vec::new();
    let mut run = |cards: &mut Cards<_>, which: u32, keep: bool| {
        let n = modulus() - 2 * which;
        let (words, base) = (limbs(&n), limbs(&BigUint::from(7 + which)));
        let key = Key { modulus: &words, base: Some((&base, 64)), vector: &[], keep };
        let task = Task::FixedBase { exponents: &exponents, exponent_limbs: 1 };
        let right = |_: Range<usize>, found: &[u64]| {
            let power = |e: &u64| limbs(&BigUint::from(7 + which).modpow(&BigUint::from(*e), &n));
            Ok::<_, ()>(found == exponents.iter().flat_map(power).collect::<Vec<_>>())
        };
        let before = cards.iter_mut().map(|(_, card)| card.counters().unwrap().jobs).sum::<u64>();
        cards.run(&key, &task, &right, deadline(), &carry_on, &mut failures).map(|_| {
            let after = cards.iter_mut().map(|(_, card)| card.counters().unwrap().jobs).sum::<u64>();
            after - before
        })
    };
    // Loaded and used; used; loaded, used and unloaded.
    assert_eq!([run(&mut cards, 0, true).unwrap(), run(&mut cards, 0, true).unwrap()], [2, 1]);
    assert_eq!([run(&mut cards, 1, false).unwrap(), run(&mut cards, 1, false).unwrap()], [3, 3]);
    // Four stay; of more, the one longest unused goes.
    for which in 1..4 {
        assert_eq!(run(&mut cards, which, true).unwrap(), 2);
    }
    assert_eq!([run(&mut cards, 0, true).unwrap(), run(&mut cards, 4, true).unwrap()], [1, 3]);
    assert_eq!([run(&mut cards, 0, true).unwrap(), run(&mut cards, 1, true).unwrap()], [1, 3]);
    let failed = (0..100).find_map(|_| run(&mut cards, 0, true).err());
    assert!(matches!(failed, Some(CardsError::NoneLeft)), "{failed:?}");
    assert!(cards.recover().into_iter().all(|(_, recovered)| recovered.is_ok()));
    assert_eq!([run(&mut cards, 0, true).unwrap(), run(&mut cards, 0, true).unwrap()], [2, 1]);
}

/// When the last card is out of service the batch fails cleanly; a caller's mistake takes none out.
#[test]
fn cards_without_one_in_service_fail_cleanly() {
    let mut cards = Cards::new(vec![("card".into(), patient(plan(FaultMode::GarbageCompletion, PROBE + 1)))]);
    let (n, a) = (limbs(&modulus()), operands(&modulus(), 4, 16, 1));
    let key = Key { modulus: &n, base: None, vector: &[], keep: false };
    let check = |_: Range<usize>, _: &[u64]| Ok::<_, ()>(true);
    let mut failures = Vec::new();
    let cut = Task::Modmul { a: &a[1..], b: &a[1..] };
    let refused = cards.run(&key, &cut, &check, deadline(), &carry_on, &mut failures);
    assert!(matches!(refused, Err(CardsError::Caller(CardError::Argument { .. }))), "{refused:?}");
    assert!(cards.in_service() && failures.is_empty());
    for expected in [1, 0] {
        let failed = cards.run(&key, &Task::Modmul { a: &a, b: &a }, &check, deadline(), &carry_on, &mut failures);
        assert!(matches!(failed, Err(CardsError::NoneLeft)), "{failed:?}");
        assert_eq!(failures.drain(..).count(), expected);
    }
}

fn patient(plan: FaultPlan) -> LoadedCard<InProcess<ModelCard>> {
    let mut card = Card::probe(in_process(1 << 20, plan).unwrap()).unwrap();
    card.set_patience(Duration::from_secs(1));
    card
}

fn modulus() -> BigUint {
    (BigUint::from(1u32) << 1024u32) - 105u32
}

fn limbs(number: &BigUint) -> Vec<u64> {
    let mut limbs = number.to_u64_digits();
    limbs.resize(16, 0);
    limbs
}

fn number(limbs: &[u64]) -> BigUint {
    BigUint::from_bytes_le(&limbs.iter().flat_map(|limb| limb.to_le_bytes()).collect::<Vec<_>>())
}

fn plan(mode: FaultMode, after: u64) -> FaultPlan {
    FaultPlan { mode: Some(mode), after, times: None }
}

/// Opens results that the test compares by itself.
fn open(results: Result<card::Unverified<Vec<u64>>, CardError>) -> Vec<u64> {
    card_conformance::open(results).unwrap()
}

fn sound(pool: usize) -> LoadedCard<InProcess<ModelCard>> {
    Card::probe(in_process(pool, FaultPlan::default()).unwrap()).unwrap()
}

fn faulty(mode: FaultMode, after: u64) -> LoadedCard<InProcess<ModelCard>> {
    Card::probe(in_process(1 << 20, plan(mode, after)).unwrap()).unwrap()
}

fn sound_modmul(a: &[u64]) -> Result<card::Unverified<Vec<u64>>, CardError> {
    let mut card = sound(1 << 20);
    let (id, _) = context(&mut card, 1024).unwrap();
    card.modmul(id, a, a, deadline(), &mut carry_on)
}

fn three() -> [u64; 16] {
    std::array::from_fn(|limb| if limb == 0 { 3 } else { 0 })
}

/// Works until the fault shows, and expects the card to be out of service then. An interrupt is missed only by who waits for
/// it: the job is long, and there are many, so that on a busy machine some are still going on when the driver looks.
fn expect(mode: FaultMode, is_right: impl Fn(&CardError) -> bool) {
    let mut card = faulty(mode, PROBE + 2);
    let (id, n) = context(&mut card, 1024).unwrap();
    let a = operands(&n, 5, 16, 1);
    let late = || Instant::now() + Duration::from_secs(3);
    let error = (0..100)
        .find_map(|_| card.modexp(id, &a, &[u64::MAX; 96], late(), &mut carry_on).err())
        .unwrap_or_else(|| panic!("{mode:?} went unseen"));
    assert!(is_right(&error), "{mode:?}: {error:?}");
    assert!(card.is_out_of_service());
    assert!(matches!(card.modmul(id, &a, &a, deadline(), &mut carry_on), Err(CardError::OutOfService)));
}
