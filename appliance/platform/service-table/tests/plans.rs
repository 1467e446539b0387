//! Deaths and starts in made-up time.
#![allow(clippy::unwrap_used, reason = "a test that cannot prepare fails")]

use std::time::Duration;

use box_state::BoxState;
use service_table::{Join, Plan, Starts, Table};

const SECOND: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(3600);

/// Keys and log call each other in one group; the worker calls keys; one is alone, and runs locked too.
fn plan() -> Plan {
    let row = |name: &str, uid: u32, group: &str, states: &str, peers: &str| {
        format!(
            r#"{{ "name": "{name}", "uid": {uid}, "program": "/bin/{name}", "filter": "x", "memory-mib": 1,
                  "restart-group": "{group}", "states": [{states}], "peers": {{ {peers} }} }}"#
        )
    };
    let open = r#""operational", "degraded""#;
    let rows = [
        row("worker", 103, "work", open, r#""keys": ["lease"]"#),
        row("keys", 101, "core", open, r#""log": ["record"]"#),
        row("log", 102, "core", open, r#""keys": ["sign"]"#),
        row("alone", 104, "alone", r#""locked", "operational", "degraded""#, ""),
    ];
    let json = format!(r#"{{ "format": 1, "services": [{}] }}"#, rows.join(","));
    Plan::new(Table::parse(json.as_bytes()).unwrap())
}

fn running() -> Plan {
    let mut plan = plan();
    assert!(plan.enter(BoxState::Operational, Duration::ZERO).is_empty());
    plan.start(Duration::ZERO);
    plan
}

fn names(starts: &Starts) -> Vec<&str> {
    starts.rows.iter().map(|row| row.name.as_str()).collect()
}

fn join(client: &str, server: &str, call: &str) -> Join {
    Join { client: client.into(), server: server.into(), calls: vec![call.into()] }
}

#[test]
fn all_start_at_once_servers_first_and_joined_as_the_table_says() {
    let mut plan = plan();
    plan.enter(BoxState::Operational, Duration::ZERO);
    assert_eq!(plan.next_start(), Some(Duration::ZERO));
    let starts = plan.start(Duration::ZERO);
    assert_eq!(names(&starts), ["keys", "log", "worker", "alone"]);
    let expected = [join("keys", "log", "record"), join("log", "keys", "sign"), join("worker", "keys", "lease")];
    assert_eq!(starts.joins, expected);
    assert!(plan.next_start().is_none() && plan.start(LONG).rows.is_empty());
}

#[test]
fn a_client_that_dies_starts_again_alone_and_is_joined_to_its_running_server() {
    let mut plan = running();
    let consequences = plan.ended("worker", LONG, LONG);
    assert!(consequences.stop.is_empty() && !consequences.keeps_dying);
    assert!(plan.start(LONG).rows.is_empty(), "not at once");
    let starts = plan.start(LONG + SECOND);
    assert_eq!(names(&starts), ["worker"]);
    assert_eq!(starts.joins, [join("worker", "keys", "lease")]);
}

#[test]
fn a_server_that_dies_takes_its_group_and_its_clients_with_it() {
    for server in ["keys", "log"] {
        let mut plan = running();
        let consequences = plan.ended(server, LONG, LONG);
        let others: Vec<&str> = ["keys", "log", "worker"].into_iter().filter(|name| *name != server).collect();
        assert_eq!(consequences.stop, others);
        let starts = plan.start(LONG + SECOND);
        assert_eq!((names(&starts), starts.joins.len()), (vec!["keys", "log", "worker"], 3));
    }
}

#[test]
fn a_client_waits_for_a_server_whose_pause_is_longer() {
    let mut plan = running();
    // The core dies again and again; then the worker does for the first time, in a pause of the core's.
    let mut now = LONG;
    for _ in 0..5 {
        plan.ended("keys", Duration::ZERO, now);
        now = plan.next_start().unwrap();
        plan.start(now);
    }
    plan.ended("keys", Duration::ZERO, now);
    let pause = plan.next_start().unwrap() - now;
    assert!(pause > SECOND, "{pause:?}");
    assert!(plan.ended("worker", Duration::ZERO, now).stop.is_empty());
    assert!(plan.start(now + SECOND).rows.is_empty());
    assert_eq!(names(&plan.start(now + pause)), ["keys", "log", "worker"]);
}

#[test]
fn who_keeps_dying_is_said_and_waits_longer_and_others_do_not() {
    let mut plan = running();
    let (mut now, mut pauses, mut said) = (LONG, Vec::new(), 0);
    for _ in 0..12 {
        said += usize::from(plan.ended("worker", Duration::ZERO, now).keeps_dying);
        pauses.push(plan.next_start().unwrap() - now);
        now = plan.next_start().unwrap();
        assert_eq!(names(&plan.start(now)), ["worker"]);
    }
    assert!(pauses.is_sorted() && pauses[11] == Duration::from_secs(30), "{pauses:?}");
    assert_eq!(said, 8);
    plan.ended("alone", Duration::ZERO, now);
    assert!(plan.next_start().unwrap() - now < SECOND);
}

#[test]
fn a_state_in_which_a_service_does_not_run_stops_it() {
    let mut plan = running();
    assert_eq!(plan.enter(BoxState::Locked, LONG), ["keys", "log", "worker"]);
    assert!(plan.next_start().is_none());
    // What died meanwhile does not come back by its own pause.
    plan.ended("alone", LONG, LONG);
    assert!(plan.enter(BoxState::Unprovisioned, LONG).is_empty());
    assert!(plan.start(2 * LONG).rows.is_empty());
    plan.enter(BoxState::Degraded, 2 * LONG);
    assert_eq!(names(&plan.start(2 * LONG)), ["keys", "log", "worker", "alone"]);
}
