//! The quick half of the conformance suite over the RTL, and what the driver makes of its faults. The rest takes minutes:
//! `cargo run --release -p card-conformance -- --program target/release/card-rtl`.

#![expect(clippy::unwrap_used, reason = "a test's helpers may fail it like the test itself")]

use card::{Card, CardError, CardFault, LoadedCard};
use card_conformance::{Options, carry_on, context, deadline, open, operands, run};
use card_function::InProcess;
use card_rtl::{FaultMode, FaultPlan, RtlCard, in_process};

/// Completions of a probe's self-test.
const PROBE: u64 = 8;

#[test]
fn conforms() {
    let options = Options { widths: vec![64, 192], quick: true };
    run(in_process(8 << 20, FaultPlan::default(), 7).unwrap(), &options, &mut |_| {}).unwrap();
}

#[test]
fn a_corrupted_context_is_found_by_its_parity() {
    expect(FaultMode::CorruptContext, |error| matches!(error, CardError::Locked { fault: CardFault::Inconsistent }));
}

#[test]
fn an_error_of_its_own_memory_locks_the_card() {
    let mut card = faulty(FaultMode::CardMemoryError);
    let (id, n) = context(&mut card, 192).unwrap();
    let a = operands(&n, 4, 3, 1);
    let error = card.load_vector(id, 0, &a, deadline(), &mut carry_on).unwrap_err();
    assert!(matches!(error, CardError::Locked { fault: CardFault::CardMemory }), "{error:?}");
    recovers(card);
}

#[test]
fn an_address_that_is_not_mapped_locks_the_card() {
    expect(FaultMode::DmaOutside, |error| matches!(error, CardError::Locked { fault: CardFault::DmaFault }));
}

#[test]
fn garbage_in_a_completion_is_noticed() {
    expect(FaultMode::GarbageCompletion, |error| matches!(error, CardError::BadCompletion { .. }));
}

#[test]
fn a_card_off_the_bus_is_noticed() {
    let mut card = faulty(FaultMode::Vanish);
    assert!(matches!(context(&mut card, 192), Err(CardError::Gone)));
}

#[test]
fn another_map_version_is_refused() {
    let plan = FaultPlan { mode: Some(FaultMode::WrongVersion), after: 0, resets: None };
    let refused = Card::probe(in_process(1 << 20, plan, 1).unwrap()).err();
    assert!(matches!(refused, Some(CardError::WrongVersion { .. })), "{refused:?}");
}

/// A fault that passes with a reset, after the self-test and the loading of a context.
fn faulty(mode: FaultMode) -> LoadedCard<InProcess<RtlCard>> {
    let after = if mode == FaultMode::Vanish { PROBE } else { PROBE + 1 };
    let plan = FaultPlan { mode: Some(mode), after, resets: Some(0) };
    Card::probe(in_process(1 << 20, plan, 1).unwrap()).unwrap()
}

fn expect(mode: FaultMode, is_right: impl Fn(&CardError) -> bool) {
    let mut card = faulty(mode);
    let (id, n) = context(&mut card, 192).unwrap();
    let a = operands(&n, 4, 3, 1);
    let error = open(card.modmul(id, &a, &a, deadline(), &mut carry_on)).unwrap_err();
    assert!(is_right(&error), "{mode:?}: {error:?}");
    recovers(card);
}

fn recovers(mut card: LoadedCard<InProcess<RtlCard>>) {
    assert!(card.is_out_of_service());
    card.recover().unwrap();
    let (id, n) = context(&mut card, 192).unwrap();
    let a = operands(&n, 4, 3, 1);
    let squares = open(card.modmul(id, &a, &a, deadline(), &mut carry_on)).unwrap();
    assert_eq!(squares[3..6], [1, 0, 0], "1 squared");
}
