//! What an administrator sees and stops of other clients' jobs, and what not.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod support;
mod two_keys;

use accounts::Role;
use proto::v1::job_header::Operation;
use proto::v1::*;
use support::client::{self, header, submit, watch};
use tonic::Code;
use two_keys::{bytes, desk};

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_sees_and_cancels_all_jobs_and_fetches_none() {
    let mut desk = desk().await;
    let code = client::invite(&mut desk.client, &desk.credentials, "operator", Role::Operator).await.unwrap();
    let credentials = client::enrol(desk.box_.enrolment, &code, "operator").await.unwrap();
    let mut operator = client::connect(desk.box_.service, Some(&credentials)).await.unwrap();
    let request = CreateKeyRequest { name: "o".into(), paillier_bits: 2048, ..Default::default() };
    let key_id = operator.create_key(request).await.unwrap().into_inner().id;
    let encrypt = Operation::Encrypt(Encrypt { key_id, ..Default::default() });
    let many = 20_000;
    let theirs = submit(&mut operator, header(encrypt, many, 1, ""), &bytes(many as usize)).await.unwrap();
    let own = submit(&mut desk.client, header(desk.keys.encrypt(), 1, 1, ""), &bytes(1)).await.unwrap();
    let all = desk.client.list_jobs(ListJobsRequest { all: true }).await.unwrap().into_inner().jobs;
    let seen: Vec<_> = all.iter().map(|j| (j.id.as_str(), j.client.as_str())).collect();
    assert_eq!(seen, [(theirs.id.as_str(), "operator"), (own.id.as_str(), "tester")]);
    assert_eq!(desk.client.list_jobs(ListJobsRequest::default()).await.unwrap().into_inner().jobs.len(), 1);
    // Nobody else does.
    let refused = operator.list_jobs(ListJobsRequest { all: true }).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let id = |id: &str| JobId { id: id.into() };
    assert_eq!(operator.cancel_job(id(&own.id)).await.unwrap_err().code(), Code::NotFound);
    // To see and to stop is all.
    assert_eq!(desk.client.get_job(id(&theirs.id)).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(desk.client.fetch_result(id(&theirs.id)).await.unwrap_err().code(), Code::NotFound);
    desk.client.cancel_job(id(&theirs.id)).await.unwrap();
    assert_eq!(watch(&mut operator, &theirs.id).await.state(), job::State::Cancelled);
    assert_eq!(desk.client.delete_job(id(&theirs.id)).await.unwrap_err().code(), Code::NotFound);
    let log = client::read_log(&mut desk.client, &desk.credentials).await.unwrap().concat();
    assert!(log.contains(&format!("\"detail\":{{\"job\":\"{}\",\"of\":\"operator\"}}", theirs.id)), "{log}");
}

/// A client with many jobs holds up another one's for no more than the job in hand.
#[tokio::test(flavor = "multi_thread")]
async fn clients_take_turns() {
    let mut desk = desk().await;
    let code = client::invite(&mut desk.client, &desk.credentials, "second", Role::Operator).await.unwrap();
    let credentials = client::enrol(desk.box_.enrolment, &code, "second").await.unwrap();
    let mut second = client::connect(desk.box_.service, Some(&credentials)).await.unwrap();
    let request = CreateKeyRequest { name: "o".into(), paillier_bits: 2048, ..Default::default() };
    let key_id = second.create_key(request).await.unwrap().into_inner().id;
    let encrypt = Operation::Encrypt(Encrypt { key_id, ..Default::default() });
    let mut many = Vec::new();
    for _ in 0..6 {
        let job = submit(&mut desk.client, header(desk.keys.encrypt(), 2000, 1, ""), &bytes(2000)).await.unwrap();
        many.push(job.id);
    }
    let one = submit(&mut second, header(encrypt, 1, 1, ""), &bytes(1)).await.unwrap();
    assert_eq!(watch(&mut second, &one.id).await.state(), job::State::Done);
    let last = desk.client.get_job(JobId { id: many[5].clone() }).await.unwrap().into_inner();
    assert_eq!(last.state(), job::State::Queued);
}
