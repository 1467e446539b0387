//! A box whose clock is, or was, wrong: its clients are told so in words, and come in again.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod support;

use std::sync::atomic::Ordering;

use engine::Engine;
use proto::v1::enrolment_client::EnrolmentClient;
use proto::v1::job_header::Operation;
use proto::v1::*;
use support::client::{self, Credentials, header, probe, submit};
use support::keyd::{DEVICE_ID, SoftwareKeyd};
use support::{InProcess, WAIT};
use tonic::Code;

const YEAR: i64 = 365 * 24 * 3600;

/// Of the right time, in seconds.
fn since_1970() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64
}

/// A client that was enrolled while the clock of keyd, and so the box's, was ahead by so much; it is right again.
async fn enrolled_at(ahead_s: i64, box_: &InProcess) -> Credentials {
    box_.keyd.ahead_s.store(ahead_s, Ordering::Relaxed);
    let credentials = client::enrol(box_.enrolment, &box_.code("early"), "early").await.unwrap();
    box_.keyd.ahead_s.store(0, Ordering::Relaxed);
    credentials
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_2060_is_good_once_the_clock_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let box_ = InProcess::start(folder.path(), &SoftwareKeyd::new(), Engine::without_card("none"));
    let credentials = enrolled_at(34 * YEAR, &box_).await;
    let mut client = client::connect(box_.service, Some(&credentials)).await.unwrap();
    client.get_status(GetStatusRequest::default()).await.unwrap();
    probe(box_.service, Some(&credentials)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_ended_is_told_of_in_words_with_both_dates_and_is_renewed() {
    let folder = tempfile::tempdir().unwrap();
    let box_ = InProcess::start(folder.path(), &SoftwareKeyd::new(), Engine::without_card("none"));
    let credentials = enrolled_at(-since_1970(), &box_).await;
    let mut client = client::connect(box_.service, Some(&credentials)).await.unwrap();
    let status = client.get_status(GetStatusRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    let told = status.message();
    let ended = "your certificate ended on 1970-01-01 by the box's clock, which says 20";
    assert!(told.starts_with(ended) && told.ends_with("renew it with `coffer renew`"), "{told}");
    // The page of metrics has the same words.
    assert!(probe(box_.service, Some(&credentials)).await.unwrap_err().contains(ended));
    let renewed = client::renew(box_.enrolment, &credentials).await.unwrap();
    probe(box_.service, Some(&renewed)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_tpm_was_replaced_certificates_are_void_keys_lost_and_names_kept() {
    let folder = tempfile::tempdir().unwrap();
    let box_ = InProcess::start(folder.path(), &SoftwareKeyd::new(), Engine::without_card("none"));
    let old = client::enrol(box_.enrolment, &box_.code("admin"), "admin").await.unwrap();
    let mut admin = client::connect(box_.service, Some(&old)).await.unwrap();
    let request = CreateKeyRequest { name: "k".into(), paillier_bits: 2048, ..Default::default() };
    let key = admin.create_key(request).await.unwrap().into_inner();
    assert_eq!(key.state, "");
    box_.keyd.replace_tpm();
    // Here the authority's key is the same; so far as the list goes, what it issued before is void all the same.
    let until = std::time::Instant::now() + WAIT;
    let status = loop {
        if let Err(status) = admin.list_keys(ListKeysRequest {}).await {
            break status;
        }
        assert!(std::time::Instant::now() < until);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!(status.code(), Code::Unauthenticated);
    assert!(status.message().contains("the box has a new identity"), "{status:?}");
    let channel = client::stranger(box_.enrolment).await.unwrap();
    let challenge = EnrolmentClient::new(channel).get_enrolment_challenge(GetChallengeRequest {}).await.unwrap();
    assert_eq!(challenge.into_inner().device_id, DEVICE_ID, "so that a client can prove itself to a new identity");
    let new = client::renew(box_.enrolment, &old).await.unwrap();
    assert_eq!(new.name, "admin");
    let mut admin = client::connect(box_.service, Some(&new)).await.unwrap();
    let listed = admin.list_clients(ListClientsRequest {}).await.unwrap().into_inner().clients;
    assert!(listed.iter().all(|c| !c.void), "its use ended the old one: {listed:?}");
    let keys = admin.list_keys(ListKeysRequest {}).await.unwrap().into_inner().keys;
    assert!(keys[0].state.starts_with("lost: sealed to a TPM that was replaced"), "{}", keys[0].state);
    let encrypt = Operation::Encrypt(Encrypt { key_id: key.id.clone(), ..Default::default() });
    let refused = submit(&mut admin, header(encrypt, 1, 1, ""), &[0; 8]).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(refused.message().contains("lost: sealed to a TPM that was replaced"), "{refused:?}");
    client::destroy_key(&mut admin, &new, &key.id).await.unwrap();
}
