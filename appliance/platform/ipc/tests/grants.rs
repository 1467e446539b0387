//! What the rows of the service table grant is what the servers know, and no more than they should.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ipc::{auditd, keyd};

/// By service: the calls that it may make of each server.
fn grants() -> BTreeMap<String, BTreeMap<String, Vec<String>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../image/services");
    let mut all = BTreeMap::new();
    for file in fs::read_dir(folder).unwrap().flatten().map(|e| e.path()) {
        let row: toml::Table = fs::read_to_string(&file).unwrap().parse().unwrap();
        let mut peers = BTreeMap::new();
        for (server, calls) in row.get("peers").and_then(|p| p.as_table()).into_iter().flatten() {
            let calls = calls.as_array().unwrap().iter().map(|c| c.as_str().unwrap().to_string()).collect();
            peers.insert(server.clone(), calls);
        }
        all.insert(row["name"].as_str().unwrap().to_string(), peers);
    }
    all
}

#[test]
fn every_call_that_is_granted_exists() {
    for (service, peers) in grants() {
        for (server, calls) in peers {
            let known: &[&str] = match server.as_str() {
                "keyd" => &keyd::CALLS,
                "auditd" => &auditd::CALLS,
                other => panic!("{service}: the calls of {other} are not known here"),
            };
            let strange: Vec<_> = calls.iter().filter(|call| !known.contains(&call.as_str())).collect();
            assert!(strange.is_empty(), "{service} may ask {server} for {strange:?}, which nobody knows");
        }
    }
}

#[test]
fn the_service_to_the_outside_signs_no_heads_and_proves_no_readers() {
    let grants = grants();
    let computed = &grants["computed"]["keyd"];
    assert!(!computed.iter().any(|c| c == "sign-head" || c == "check-reader"), "{computed:?}");
    assert_eq!(grants["auditd"]["keyd"], ["sign-head", "check-reader"]);
    for (service, peers) in &grants {
        // For a client by its proof, for a person by keyd's ticket.
        let reads = ["computed", "consoled"].contains(&service.as_str());
        assert!(reads || !peers.values().flatten().any(|c| c == "read"), "{service}");
    }
    assert_eq!(grants["consoled"]["auditd"], ["read"], "it writes no lines")
}
