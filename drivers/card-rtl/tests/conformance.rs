//! The quick half of the conformance suite over the RTL, and what the driver makes of its faults. The rest takes minutes:
//! `cargo run --release -p card-conformance -- --program target/release/card-rtl`.

#![expect(clippy::unwrap_used, reason = "a test's helpers may fail it like the test itself")]

use std::time::{Duration, Instant};

use card::{Card, CardError, CardFault, CardState, LoadedCard};
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

/// A flipped bit on the bus: the card says nothing of it, and the caller's check finds it.
#[test]
fn a_wrong_result_is_left_to_the_check() {
    let mut card = faulty(FaultMode::WrongResult);
    let (id, n) = context(&mut card, 192).unwrap();
    let a = operands(&n, 4, 3, 1);
    let found = card.modmul(id, &a, &a, deadline(), &mut carry_on).unwrap();
    let verdict = found.verify(|found| if found[3..6] == [1, 0, 0] { Ok(()) } else { Err("1 squared") });
    assert_eq!(verdict.unwrap_err(), "1 squared");
    card.retire();
    recovers(card);
}

/// The job is late, the reset that follows waits for the host's memory in vain and says so, and a later one succeeds.
#[test]
fn a_stalled_host_memory_has_an_end() {
    stalls(FaultMode::Hang, CardFault::HostSilent);
}

#[test]
fn a_stalled_card_memory_has_an_end() {
    stalls(FaultMode::CardMemoryHang, CardFault::CardMemorySilent);
}

#[test]
fn a_word_that_nobody_asked_for_locks_the_card() {
    expect(FaultMode::HostUnasked, |error| matches!(error, CardError::Locked { fault: CardFault::HostUnasked }));
}

/// The card comes up again as if new, while the host's memory goes on with what it owed to the card that was.
#[test]
fn a_power_up_in_mid_burst_is_noticed() {
    let mut card = faulty(FaultMode::PowerReset);
    let (id, n) = context(&mut card, 192).unwrap();
    let a = operands(&n, 4, 3, 1);
    let error = open(card.modmul(id, &a, &a, deadline(), &mut carry_on)).unwrap_err();
    let unasked = |error: &CardError| matches!(error, CardError::Locked { fault: CardFault::HostUnasked });
    let resetting = matches!(error, CardError::WrongState { found: CardState::Resetting, .. });
    assert!(resetting || unasked(&error), "{error:?}");
    // What zeroizes after power-up is not interrupted by the driver's reset, and ends locked.
    if let Err(error) = card.recover() {
        assert!(unasked(&error), "{error:?}");
    }
    recovers(card);
}

/// The driver gives up a job in the middle of it, over and over.
#[test]
fn resets_in_flight() {
    let mut card = Card::probe(in_process(1 << 20, FaultPlan::default(), 1).unwrap()).unwrap();
    for micros in [0, 300, 3_000, 20_000] {
        let (id, n) = context(&mut card, 192).unwrap();
        let a = operands(&n, 64, 3, 1);
        let until = Instant::now() + Duration::from_micros(micros);
        let late = card.modexp(id, &a, &[u64::MAX; 32], until, &mut carry_on).unwrap_err();
        assert!(matches!(late, CardError::Timeout { .. }), "{late:?}");
        assert!(card.is_out_of_service());
        card.recover().unwrap();
    }
    let (id, n) = context(&mut card, 192).unwrap();
    let a = operands(&n, 4, 3, 1);
    let squares = open(card.modmul(id, &a, &a, deadline(), &mut carry_on)).unwrap();
    assert_eq!(squares[3..6], [1, 0, 0], "1 squared");
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

/// Three resets do not end it: that of the driver as it gives the card up, and the two of its first try to bring it back.
fn stalls(mode: FaultMode, reason: CardFault) {
    let plan = FaultPlan { mode: Some(mode), after: PROBE + 1, resets: Some(3) };
    let mut card = Card::probe(in_process(1 << 20, plan, 1).unwrap()).unwrap();
    card.set_patience(Duration::from_secs(2));
    let (id, n) = context(&mut card, 192).unwrap();
    let a = operands(&n, 4, 3, 1);
    let late = card.load_vector(id, 0, &a, deadline(), &mut carry_on).unwrap_err();
    assert!(matches!(late, CardError::JobDeadline { .. }), "{late:?}");
    let held_up = card.recover().unwrap_err();
    assert!(matches!(held_up, CardError::Locked { fault } if fault == reason), "{held_up:?}");
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
