//! A table is refused for each thing that may be wrong with it, by row and field; a good one answers who starts and ends with whom.
#![allow(clippy::unwrap_used, reason = "a test that cannot prepare fails")]

use box_state::BoxState;
use serde_json::{Value, json};
use service_table::{Device, Table};

fn row(name: &str, uid: u32, group: &str, peers: &[&str]) -> Value {
    let peers: serde_json::Map<String, Value> = peers.iter().map(|peer| (peer.to_string(), json!(["call"]))).collect();
    json!({
        "name": name, "program": format!("/bin/{name}"), "uid": uid, "filter": name, "memory-mib": 64,
        "restart-group": group, "states": ["operational", "degraded"], "peers": peers,
    })
}

/// A circle within "core", a client of it, and one that nobody calls; listed with the clients first.
fn rows() -> Vec<Value> {
    vec![
        row("worker", 102, "work", &["keys", "log"]),
        row("alone", 104, "alone", &[]),
        row("keys", 101, "core", &["log"]),
        row("log", 103, "core", &["keys"]),
    ]
}

fn parse(rows: &[Value]) -> Result<Table, String> {
    let text = json!({ "format": 1, "services": rows }).to_string();
    Table::parse(text.as_bytes()).map_err(|e| e.to_string())
}

/// The first row with a field changed is refused with these words.
#[track_caller]
fn refused(field: &str, value: Value, words: &[&str]) {
    let mut rows = rows();
    rows[0][field] = value.clone();
    let error = parse(&rows).expect_err(&format!("{field}: {value}"));
    assert!(words.iter().all(|word| error.contains(word)), "{field}: {value}: {error}");
}

fn names<'a>(rows: impl IntoIterator<Item = &'a service_table::Row>) -> Vec<&'a str> {
    rows.into_iter().map(|row| row.name.as_str()).collect()
}

#[test]
fn servers_come_before_their_clients() {
    let table = parse(&rows()).unwrap();
    assert_eq!(names(table.rows()), ["alone", "keys", "log", "worker"]);
}

#[test]
fn only_what_runs_in_a_state_is_listed() {
    let mut rows = rows();
    rows[1]["states"] = json!(["locked", "degraded"]);
    let table = parse(&rows).unwrap();
    assert_eq!(names(table.running_in(BoxState::Locked)), ["alone"]);
    assert_eq!(names(table.running_in(BoxState::Operational)), ["keys", "log", "worker"]);
    assert_eq!(names(table.running_in(BoxState::Unprovisioned)), [""; 0]);
}

#[test]
fn without_a_device_all_that_need_it_are_left_out() {
    let mut rows = rows();
    rows[2]["devices"] = json!(["tpm"]);
    let parsed = Table::parse(&json!({ "format": 1, "services": rows }).to_string().into_bytes()).unwrap();
    assert_eq!(names(parsed.clone().without(Device::Cards).rows()), ["alone", "keys", "log", "worker"]);
    assert_eq!(names(parsed.without(Device::Tpm).rows()), ["alone"]);
}

#[test]
fn who_loses_a_server_ends_with_it_and_who_loses_a_client_does_not() {
    let table = parse(&rows()).unwrap();
    assert_eq!(names(table.restarted_with("worker")), ["worker"]);
    assert_eq!(names(table.restarted_with("alone")), ["alone"]);
    for core in ["keys", "log"] {
        assert_eq!(names(table.restarted_with(core)), ["keys", "log", "worker"]);
    }
    assert_eq!(names(table.restarted_with("nobody")), [""; 0]);
}

#[test]
fn the_client_of_a_client_ends_too() {
    let mut rows = rows();
    rows.push(row("screen", 105, "screen", &["worker"]));
    let table = parse(&rows).unwrap();
    assert_eq!(names(table.restarted_with("log")), ["keys", "log", "worker", "screen"]);
}

#[test]
fn each_field_is_checked_and_named() {
    refused("name", json!(""), &["of uid 102", "name"]);
    refused("name", json!("Worker"), &["of uid 102", "name"]);
    refused("name", json!("\u{1b}[2J"), &["of uid 102", "name"]);
    refused("name", json!("a".repeat(33)), &["name"]);
    refused("program", json!("bin/worker"), &["worker", "program"]);
    refused("program", json!("/bin/../worker"), &["worker", "program"]);
    refused("arguments", json!(["two\nlines"]), &["worker", "arguments"]);
    refused("arguments", json!(vec!["x"; 33]), &["worker", "arguments", "too many"]);
    refused("environment", json!({ "a=b": "c" }), &["worker", "environment"]);
    refused("uid", json!(0), &["worker", "uid"]);
    refused("uid", json!(99), &["worker", "uid"]);
    refused("filter", json!("../keys"), &["worker", "filter"]);
    for folder in ["/data", "/data/", "/data/a/b", "/data/../etc", "/etc/a", "data/a"] {
        refused("folder", json!(folder), &["worker", "folder"]);
    }
    refused("listen", json!([443]), &["worker", "listen", "1024"]);
    refused("connect", json!([{ "host": "example.org", "port": 0 }]), &["worker", "connect"]);
    refused("memory-mib", json!(0), &["worker", "memory-mib"]);
    refused("memory-lock-mib", json!(1u64 << 40), &["worker", "memory-lock-mib"]);
    refused("restart-group", json!(""), &["worker", "restart-group"]);
    refused("states", json!([]), &["worker", "states"]);
    refused("peers", json!({ "worker": ["call"] }), &["worker", "peers", "itself"]);
    refused("peers", json!({ "keys": [] }), &["worker", "peers"]);
    refused("peers", json!({ "keys": ["Call"] }), &["worker", "peers"]);
    refused("peers", json!({ "nobody": ["call"] }), &["worker", "peers", "nobody"]);
    refused("devices", json!(["camera"]), &["form"]);
    refused("privileged", json!(true), &["form"]);
}

#[test]
fn what_can_be_given_once_is_given_once() {
    let once = [
        ("name", json!("keys")),
        ("uid", json!(101)),
        ("folder", json!("/data/keys")),
        ("listen", json!([9443])),
        ("devices", json!(["tpm"])),
        ("devices", json!(["cards"])),
        ("io-uring", json!(true)),
        ("network", json!(true)),
    ];
    for (field, value) in once {
        let mut rows = vec![row("keys", 101, "core", &[]), row("worker", 102, "work", &[])];
        rows[0][field] = value.clone();
        parse(&rows).unwrap();
        rows[1][field] = value;
        let error = parse(&rows).unwrap_err();
        assert!(error.contains(field) && error.contains("keys has the same"), "{error}");
    }
}

#[test]
fn a_server_runs_whenever_its_client_does() {
    refused("states", json!(["operational", "locked"]), &["worker", "states", "locked", "keys"]);
}

#[test]
fn a_circle_of_calls_stays_within_a_group() {
    let mut rows = rows();
    rows[3]["restart-group"] = json!("log");
    let error = parse(&rows).unwrap_err();
    assert!(error.contains("peers") && error.contains("circle"), "{error}");
}

#[test]
fn another_format_no_row_and_too_many_rows_are_refused() {
    assert!(parse(&[]).unwrap_err().contains("0 rows"));
    let many: Vec<Value> = (0..17).map(|i| row(&format!("s{i}"), 200 + i, "all", &[])).collect();
    assert!(parse(&many).unwrap_err().contains("17 rows"));
    assert!(Table::parse(br#"{"format":2,"services":[]}"#).unwrap_err().to_string().contains("format 2"));
    assert!(Table::parse(b"").is_err());
}
