//! Calls that their clients drop while they are worked on.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod support;

use std::time::Duration;

use engine::Engine;
use proto::v1::*;
use ring::rand::{SecureRandom, SystemRandom};
use support::InProcess;
use support::client::{self, Client};
use support::keyd::SoftwareKeyd;

/// Up to 12 ms, in which a call is somewhere in the middle.
fn moment() -> Duration {
    let mut bytes = [0; 2];
    SystemRandom::new().fill(&mut bytes).unwrap();
    Duration::from_micros(u64::from(u16::from_be_bytes(bytes)) % 12_000)
}

async fn chain_is_whole(client: &mut Client) -> usize {
    let mut lines = client.get_audit(GetAuditRequest {}).await.unwrap().into_inner();
    let (mut head, mut count) = (proto::audit::Head::default(), 0);
    while let Some(line) = lines.message().await.unwrap() {
        head = head.check(&line.line).unwrap();
        count += 1;
    }
    count
}

/// 400 calls on both ports, each dropped at a moment of its own.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_one_chain_after_any_number_of_dropped_calls() {
    let folder = tempfile::tempdir().unwrap();
    let keyd = SoftwareKeyd::new();
    let box_ = InProcess::start(folder.path(), &keyd, Engine::without_card("none"));
    let code = box_.code();
    let credentials = client::enrol(box_.enrolment, &code, "admin").await.unwrap();
    let mut admin = client::connect(box_.service, Some(&credentials)).await.unwrap();
    // The first one takes long.
    let key = CreateKeyRequest { name: "k".into(), paillier_bits: 2048, ..Default::default() };
    admin.create_key(key).await.unwrap();
    let mut wrong = proto::pairing::PairingCode::parse(&code).unwrap();
    wrong.secret[0] ^= 1;
    let mut calls = tokio::task::JoinSet::new();
    for i in 0..400 {
        let (mut admin, enrolment, wrong) = (admin.clone(), box_.enrolment, wrong.to_text());
        calls.spawn(tokio::time::timeout(moment(), async move {
            let key = CreateKeyRequest { name: "k".into(), paillier_bits: 2048, ..Default::default() };
            match i % 4 {
                0 => drop(client::enrol(enrolment, &wrong, "stranger").await),
                1 => drop(admin.new_pairing_code(NewPairingCodeRequest::default()).await),
                2 => drop(admin.create_key(key).await),
                _ => drop(admin.get_audit(GetAuditRequest {}).await),
            }
        }));
        if calls.len() >= 8 {
            calls.join_next().await;
        }
    }
    while calls.join_next().await.is_some() {}
    let lines = chain_is_whole(&mut admin).await;
    assert!(lines > 20, "hardly a call had begun: {lines} lines");
    let listed = admin.list_clients(ListClientsRequest {}).await.unwrap().into_inner().clients;
    drop((admin, box_));
    let box_ = InProcess::start(folder.path(), &keyd, Engine::without_card("none"));
    let mut admin = client::connect(box_.service, Some(&credentials)).await.unwrap();
    assert!(admin.get_status(GetStatusRequest::default()).await.unwrap().into_inner().degraded.is_empty());
    assert_eq!(admin.list_clients(ListClientsRequest {}).await.unwrap().into_inner().clients, listed);
    assert!(chain_is_whole(&mut admin).await > lines);
}
