//! Calls that their clients drop while they are worked on.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod support;

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use accounts::{PairingCode, Role};
use engine::Engine;
use proto::v1::job_header::Operation;
use proto::v1::*;
use ring::rand::{SecureRandom, SystemRandom};
use support::InProcess;
use support::client::{self, Client, Credentials, header, submit};
use support::keyd::SoftwareKeyd;
use zeroize::Zeroizing;

/// Up to 12 ms, in which a call is somewhere in the middle.
fn moment() -> Duration {
    let mut bytes = [0; 2];
    SystemRandom::new().fill(&mut bytes).unwrap();
    Duration::from_micros(u64::from(u16::from_be_bytes(bytes)) % 12_000)
}

/// How many lines the log has, which are a chain.
async fn chain_is_whole(client: &mut Client, credentials: &Credentials) -> usize {
    client::read_log(client, credentials).await.unwrap().len()
}

/// 400 calls on both ports, each dropped at a moment of its own.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_one_chain_after_any_number_of_dropped_calls() {
    let folder = tempfile::tempdir().unwrap();
    let keyd = SoftwareKeyd::new();
    let box_ = InProcess::start(folder.path(), &keyd, Engine::without_card("none"));
    let credentials = client::enrol(box_.enrolment, &box_.code("admin"), "admin").await.unwrap();
    let mut admin = client::connect(box_.service, Some(&credentials)).await.unwrap();
    // The first one takes long.
    let key = CreateKeyRequest { name: "k".into(), paillier_bits: 2048, ..Default::default() };
    let key_id = admin.create_key(key).await.unwrap().into_inner().id;
    let encrypt = Operation::Encrypt(Encrypt { key_id, without_obfuscation: true, ..Default::default() });
    let job = header(encrypt, 1, 1, "");
    let wrong = Arc::new(PairingCode::new([0; 10], &Zeroizing::new([9; 12])).key().unwrap());
    let mut calls = tokio::task::JoinSet::new();
    for i in 0..400 {
        let (mut admin, own, enrolment, wrong) = (admin.clone(), credentials.clone(), box_.enrolment, wrong.clone());
        let job = job.clone();
        calls.spawn(tokio::time::timeout(moment(), async move {
            match i % 4 {
                0 => drop(client::enrol_with(Ipv4Addr::LOCALHOST, enrolment, &wrong, "stranger").await),
                1 => drop(client::invite(&mut admin, &own, &format!("c{}", i % 30), Role::Operator).await),
                2 => drop(submit(&mut admin, job, &[0; 8]).await),
                _ => drop(client::read_log(&mut admin, &own).await),
            }
        }));
        if calls.len() >= 8 {
            calls.join_next().await;
        }
    }
    while calls.join_next().await.is_some() {}
    let lines = chain_is_whole(&mut admin, &credentials).await;
    assert!(lines > 20, "hardly a call had begun: {lines} lines");
    let listed = admin.list_clients(ListClientsRequest {}).await.unwrap().into_inner().clients;
    drop((admin, box_));
    let box_ = InProcess::start(folder.path(), &keyd, Engine::without_card("none"));
    let mut admin = client::connect(box_.service, Some(&credentials)).await.unwrap();
    assert!(admin.get_status(GetStatusRequest::default()).await.unwrap().into_inner().degraded.is_empty());
    assert_eq!(admin.list_clients(ListClientsRequest {}).await.unwrap().into_inner().clients, listed);
    assert!(chain_is_whole(&mut admin, &credentials).await > lines);
}
