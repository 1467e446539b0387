//! Many connections and many slow readers: whoever is honest is served all the same.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod support;
mod two_keys;

use std::time::Duration;

use accounts::Role;
use computed::limits;
use proto::v1::*;
use support::InProcess;
use support::client::{self, compute, done, header, probe, submit, watch};
use support::keyd::SoftwareKeyd;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic::Code;
use two_keys::{bytes, desk};

/// Well below what a half handshake may take.
const SOON: Duration = Duration::from_secs(8);

#[tokio::test(flavor = "multi_thread")]
async fn half_handshakes_and_idle_connections_shut_nobody_out() {
    let mut desk = desk().await;
    let mut crowd = Vec::new();
    for i in 0..200 {
        for address in [desk.box_.service, desk.box_.enrolment] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            // A byte of a handshake, or none.
            if i % 2 == 0 {
                let _ = stream.write_all(&[0x16]).await;
            }
            crowd.push(stream);
        }
    }
    timeout(SOON, probe(desk.box_.service, Some(&desk.credentials))).await.unwrap().unwrap();
    let code = client::invite(&mut desk.client, &desk.credentials, "second", Role::Operator).await.unwrap();
    timeout(SOON, client::enrol(desk.box_.enrolment, &code, "second")).await.unwrap().unwrap();
    drop(crowd);
    // Connections that are finished and do nothing: as many as may be of one address, and more.
    let mut idle = Vec::new();
    for _ in 0..limits::CONNECTIONS_ADDRESS + 8 {
        let config = client::config(Some(&desk.credentials), b"http/1.1");
        idle.push(timeout(SOON, client::tls(desk.box_.service, config)).await.unwrap().unwrap());
    }
    timeout(SOON, probe(desk.box_.service, Some(&desk.credentials))).await.unwrap().unwrap();
}

/// Results that are asked for and not read hold no thread that others need, and no more places than a client's own.
#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_holds_nobody_up() {
    let mut desk = desk().await;
    let items = 16 << 10;
    let job = done(&mut desk.client, header(desk.keys.embed(), items, 1, ""), &bytes(items as usize)).await;
    let mut unread = Vec::new();
    let refused = loop {
        match desk.client.fetch_result(JobId { id: job.id.clone() }).await {
            Ok(stream) => unread.push(stream.into_inner()),
            Err(status) => break status,
        }
        assert!(unread.len() <= limits::READS_CLIENT);
    };
    assert_eq!((refused.code(), unread.len()), (Code::ResourceExhausted, limits::READS_CLIENT));
    // A check of an operand needs a thread, and so do other clients' results.
    let mut other = client::connect(desk.box_.service, Some(&desk.credentials)).await.unwrap();
    let ciphertexts = compute(&mut other, header(desk.keys.embed(), 2, 1, ""), &[], &bytes(2)).await.unwrap().bytes;
    let checked = timeout(SOON, submit(&mut other, header(desk.keys.decrypt(), 2, 1, ""), &ciphertexts));
    let job = checked.await.unwrap().unwrap();
    assert_eq!(timeout(SOON, watch(&mut other, &job.id)).await.unwrap().state(), job::State::Done);
    // A place is free once its stream is gone.
    unread.clear();
    let again = async {
        while other.fetch_result(JobId { id: job.id.clone() }).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(SOON, again).await.unwrap();
}

/// The TPM takes its time for a signature: whoever is connected does not wait for those who shake hands.
#[tokio::test(flavor = "multi_thread")]
async fn handshakes_that_wait_for_the_tpm_hold_up_no_connection() {
    let (folder, keyd) = (tempfile::tempdir().unwrap(), SoftwareKeyd::new());
    let box_ = InProcess::start(folder.path(), &keyd, engine::Engine::without_card("none"));
    let credentials = client::enrol(box_.enrolment, &box_.code("admin"), "admin").await.unwrap();
    let mut connected = client::connect(box_.service, Some(&credentials)).await.unwrap();
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let (holds, is_held) = tokio::sync::oneshot::channel();
    let holder = std::thread::spawn(move || {
        let _signing = keyd.signing.lock().unwrap();
        holds.send(()).unwrap();
        let _ = held.recv();
    });
    is_held.await.unwrap();
    let mut shaking = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (address, config) = (box_.service, client::config(Some(&credentials), b"h2"));
        shaking.spawn(async move { client::tls(address, config).await.is_ok() });
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    for _ in 0..5 {
        timeout(SOON, connected.list_jobs(ListJobsRequest::default())).await.unwrap().unwrap();
    }
    drop(hold);
    holder.join().unwrap();
    while let Some(done) = shaking.join_next().await {
        assert!(done.unwrap());
    }
}
