//! Cards that fail, each in its own way. Whatever one does, the batch is done elsewhere, nothing wrong comes back, the audit
//! log and the console tell of it, and it is in service again only after its self-test.

use std::time::Duration;

use end_to_end::{Box, assert_right, checks, compute, model};
use harness::client::Client;
use harness::{Card, Machine};

/// Jobs of a self-test, and the loading of the first key: what a card does right before its fault.
const GOOD_JOBS: u64 = 9;
/// A card that hangs is found when its job is late; it is tried again some seconds later.
const PATIENCE: Duration = Duration::from_secs(300);
/// Enough for a part of the table to be worth the cards' while.
const ROWS: usize = 110;

/// How a card fails, for how many jobs, and words of the outcome that this has.
struct Fault {
    mode: &'static str,
    times: u64,
    outcome: &'static [&'static str],
}

const fn fault(mode: &'static str, outcome: &'static [&'static str]) -> Fault {
    Fault { mode, times: 1, outcome }
}

#[test]
fn cards_that_hang_lie_or_garble() {
    fail_and_recover(
        "cards_that_hang_lie_or_garble",
        &[
            fault("hang", &["did not end within"]),
            fault("wrong-result", &["wrong result"]),
            fault("garbage-completion", &["bad completion: undefined"]),
            fault("duplicate-completion", &["bad completion: tag"]),
        ],
    );
}

#[test]
fn cards_with_completions_out_of_order_wrong_lengths_and_wild_addresses() {
    fail_and_recover(
        "cards_with_completions_out_of_order_wrong_lengths_and_wild_addresses",
        &[
            fault("out-of-order", &["bad completion: sequence number"]),
            fault("wrong-length", &["items done of"]),
            fault("dma-outside", &["locked itself: DmaFault"]),
            fault("self-reset", &["Disabled where it should be Ready"]),
        ],
    );
}

#[test]
fn cards_with_wrong_interrupts_keys_and_memory() {
    fail_and_recover(
        "cards_with_wrong_interrupts_keys_and_memory",
        &[
            // Some completions are found before the driver waits for their interrupt.
            Fault { mode: "lost-interrupt", times: 6, outcome: &["completions in a row came without an interrupt"] },
            fault("interrupt-storm", &["interrupts for"]),
            fault("corrupt-context", &["wrong result", "is not below the modulus"]),
            fault("card-memory-error", &["locked itself: CardMemory"]),
        ],
    );
}

/// What does not pass: a card that is pulled out, and one of another time. The third does the work.
#[test]
fn cards_that_are_pulled_out_or_of_another_version() {
    checks::run("cards_that_are_pulled_out_or_of_another_version", |checks| {
        let made = Box::test();
        let cards = vec![model().with_fault("vanish", GOOD_JOBS), model().with_fault("wrong-version", 0), model()];
        let machine = checks.step("boot", || made.boot(&made.settings().cards(cards)));
        let console = machine.console();
        let [pulled, other, good] = &addresses(&machine)[..] else { panic!("{:#?}", console.lines()) };
        let client = checks.step("enrolment", || made.enrolled(&machine));
        checks.check("another_version_is_refused", || {
            let refused = console.wait_for(&format!("card {other} refused"), PATIENCE).unwrap();
            assert!(refused.contains("register map 3.") && refused.contains("this driver needs 2.x"), "{refused}");
        });
        checks.step("the_table_is_right_whatever_the_cards_do", || {
            let (result, values) = compute(&machine, &client, &made, ROWS);
            assert_right(&result, &values);
        });
        checks.check("the_pulled_card_is_out_of_service_and_stays_so", || {
            let out = console.wait_for(&format!("card {pulled} out of service"), PATIENCE).unwrap();
            assert!(out.contains("gone from the bus"), "{out}");
            console.wait_for(&format!("card {pulled} stays out of service"), PATIENCE).unwrap();
        });
        checks.check("status_audit_log_and_console_tell_of_each", || {
            let status = client.status().unwrap();
            assert!(status.card.state.contains(pulled) && !status.card.state.contains(good), "{}", status.card.state);
            assert!(status.degraded.iter().any(|why| why.contains(other)), "{:?}", status.degraded);
            let log = audit(&client);
            assert!(has(&log, "card refused", other, &["register map"]), "{log:#?}");
            assert!(has(&log, "card out of service", pulled, &["gone from the bus"]), "{log:#?}");
            assert!(has(&log, "card not recovered", pulled, &["gone from the bus"]), "{log:#?}");
            assert!(!log.iter().any(|line| line.contains("\"card in service\"")), "{log:#?}");
            console_shows(&machine, pulled, "out of service");
            console_shows(&machine, other, "refused");
            console_shows(&machine, good, "in service");
        });
        checks.check("the_good_card_goes_on", || {
            let before = client.status().unwrap();
            let (result, values) = compute(&machine, &client, &made, ROWS);
            assert_right(&result, &values);
            assert!(client.status().unwrap().card.verified > before.card.verified);
        });
    });
}

/// One boot with a good card and one for each fault, all of which pass.
fn fail_and_recover(test: &'static str, faults: &[Fault]) {
    checks::run(test, |checks| {
        let made = Box::test();
        let cards: Vec<Card> = std::iter::once(model())
            .chain(faults.iter().map(|fault| model().with_passing_fault(fault.mode, GOOD_JOBS, fault.times)))
            .collect();
        let machine = checks.step("boot", || made.boot(&made.settings().cards(cards)));
        let addresses = addresses(&machine);
        assert_eq!(addresses.len(), faults.len() + 1, "{:#?}", machine.console().lines());
        let client = checks.step("enrolment", || made.enrolled(&machine));
        let failing = || faults.iter().zip(&addresses[1..]);

        checks.step("the_table_is_right_whatever_the_cards_do", || {
            assert_eq!(client.status().unwrap().card.state, "in service");
            let (result, values) = compute(&machine, &client, &made, ROWS);
            assert_right(&result, &values);
        });
        for (fault, card) in failing() {
            checks.check(format!("{}_is_found", fault.mode), || {
                let line = machine.console().wait_for(&format!("card {card} out of service: "), PATIENCE).unwrap();
                assert!(fault.outcome.iter().any(|words| line.contains(words)), "{line}");
            });
        }
        for (fault, card) in failing() {
            checks.check(format!("{}_is_over_after_a_self_test", fault.mode), || {
                machine.console().wait_for(&format!("card {card} back in service"), PATIENCE).unwrap();
                console_shows(&machine, card, "back in service, its self-test passed");
            });
        }
        checks.check("the_audit_log_tells_of_each", || {
            let log = audit(&client);
            for (fault, card) in failing() {
                assert!(has(&log, "card out of service", card, fault.outcome), "{}: {log:#?}", fault.mode);
                assert!(has(&log, "card in service", card, &[""]), "{}: {log:#?}", fault.mode);
            }
            let good = log.iter().any(|line| line.contains("\"card out of service\"") && line.contains(&addresses[0]));
            assert!(!good, "{log:#?}");
        });
        checks.check("all_cards_work_again", || work_again(&machine, &client, &made));
    });
}

fn work_again(machine: &Machine, client: &Client, made: &Box) {
    let before = client.status().unwrap();
    assert_eq!((before.card.state.as_str(), before.degraded.len()), ("in service", 0), "{:?}", before.degraded);
    let (result, values) = compute(machine, client, made, ROWS);
    assert_right(&result, &values);
    let after = client.status().unwrap();
    assert!(after.card.verified > before.card.verified, "{:?} {:?}", before.card, after.card);
    assert_eq!(after.card.state, "in service");
}

/// The cards' addresses, in the order of their slots.
fn addresses(machine: &Machine) -> Vec<String> {
    let lines = machine.console().lines();
    let bound = lines.iter().filter_map(|line| line.split_once("card ")?.1.split_once(" bound to vfio-pci"));
    bound.map(|(address, _)| address.to_string()).collect()
}

/// The console's own command says how a card is.
fn console_shows(machine: &Machine, card: &str, state: &str) {
    machine.console().mark();
    machine.console().send_line("status").unwrap();
    let line = machine.console().wait_for(&format!("card {card} "), PATIENCE).unwrap();
    assert!(line.contains(state), "{line}");
    machine.console().wait_for("watchdog", PATIENCE).unwrap();
}

/// The lines of the audit log, whose chain the client checked.
fn audit(client: &Client) -> Vec<String> {
    let shown = client.call(&["audit", "show"], 60).unwrap();
    assert_eq!(shown["chain"], "whole");
    shown["log"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_string()).collect()
}

/// Whether a line tells of this card, with some of these words.
fn has(log: &[String], action: &str, card: &str, words: &[&str]) -> bool {
    let action = format!("\"action\":\"{action}\"");
    log.iter()
        .any(|line| line.contains(&action) && line.contains(card) && words.iter().any(|words| line.contains(words)))
}
