//! Jobs on a box whose card or power fails.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::thread;
use std::time::Duration;

use end_to_end::{BOOT, Box, assert_right, compute, model, table};
use harness::Card;

/// Jobs of a self-test, and the loading of the first key.
const GOOD_JOBS: u64 = 9;

/// Boots with a card that behaves, and then not; the result is right all the same, and the card is out of service.
fn survives(card: Card) {
    let made = Box::test();
    let machine = made.boot(&made.settings().card(card));
    let client = made.enrolled(&machine);
    assert_eq!(client.status().unwrap().card.kind, "model");
    // Enough for the card to be worth its check; fewer would be computed on the processor.
    let (result, values) = compute(&machine, &client, &made, 300);
    assert_right(&result, &values);
    let status = client.call(&["status"], 60).unwrap();
    assert_ne!(status["card"]["state"], "in service", "{status:#}");
    assert!(client.call(&["audit", "verify"], 60).is_ok());
}

#[test]
fn the_only_card_flips_a_sign_ever_after() {
    survives(model().with_fault("sign-flip", GOOD_JOBS));
}

#[test]
fn the_only_card_hangs_ever_after() {
    survives(model().with_fault("hang", GOOD_JOBS));
}

#[test]
fn a_power_cut_in_the_middle_of_a_job_loses_nothing() {
    let made = Box::test();
    let settings = made.settings().card(model());
    let mut machine = made.boot(&settings);
    let client = made.enrolled(&machine);
    client.ensure_key("k").unwrap();
    let (path, values) = table(made.folder.path(), 600);
    let submit = {
        let (client, path) = (client.clone(), path.clone());
        // It loses its connection with the power; the job does not.
        thread::spawn(move || drop(client.call(&["compute", "encrypt", path.to_str().unwrap(), "--key", "k"], 300)))
    };
    let id = (0..200)
        .find_map(|_| {
            thread::sleep(Duration::from_millis(100));
            let jobs = client.call(&["jobs", "list"], 60).ok()?;
            Some(jobs["jobs"].as_array()?.first()?["id"].as_str()?.to_string())
        })
        .expect("the job is accepted");
    machine.power_cut();
    submit.join().unwrap();
    drop(machine);
    let machine = made.boot(&settings);
    let client = made.client(&machine);
    client.call(&["jobs", "watch", &id], 300).expect("the accepted job is finished after the restart");
    let clear = client.call(&["compute", "decrypt", &id, "--key", "k"], 300).unwrap();
    let expected: Vec<String> = values.iter().flatten().map(i64::to_string).collect();
    assert_eq!(clear["values"], serde_json::json!(expected));
    assert_eq!(client.call(&["audit", "verify"], 60).unwrap()["chain"], "whole");
    machine.console().wait_for("coffer: ready", BOOT).unwrap();
}
