//! Interactive batches: who waits for whom, and what is left when the client goes.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod support;
mod two_keys;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use accounts::Role;
use computed::limits;
use proto::v1::compute_response::Part as Answered;
use proto::v1::job_header::Operation;
use proto::v1::submit_request::Part;
use proto::v1::*;
use support::client::{self, Client, answer, compute, done, header, parts, submit};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};
use two_keys::{bytes, desk};

/// A certificate that is revoked in the middle of a batch ends it at the next block.
#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_clients_batch_ends() {
    let mut desk = desk().await;
    let code = client::invite(&mut desk.client, &desk.credentials, "other", Role::Operator).await.unwrap();
    let credentials = client::enrol(desk.box_.enrolment, &code, "other").await.unwrap();
    let mut other = client::connect(desk.box_.service, Some(&credentials)).await.unwrap();
    let request = CreateKeyRequest { name: "o".into(), paillier_bits: 2048, ..Default::default() };
    let key_id = other.create_key(request).await.unwrap().into_inner().id;
    let encrypt = Operation::Encrypt(Encrypt { key_id, ..Default::default() });
    let (sender, receiver) = tokio::sync::mpsc::channel(4);
    for part in parts(header(encrypt, 2000, 1, ""), &[], &bytes(512)) {
        sender.send(part).await.unwrap();
    }
    let mut stream = other.compute(ReceiverStream::new(receiver)).await.unwrap().into_inner();
    assert!(matches!(stream.message().await.unwrap().unwrap().part, Some(Answered::Shape(_))));
    let clients = desk.client.list_clients(ListClientsRequest {}).await.unwrap().into_inner().clients;
    let serial = clients.iter().find(|c| c.name == "other").unwrap().serial.clone();
    client::revoke(&mut desk.client, &desk.credentials, &serial).await.unwrap();
    sender.send(SubmitRequest { part: Some(Part::Chunk(bytes(1024))) }).await.unwrap();
    let ended = loop {
        match stream.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("it ended well"),
            Err(status) => break status,
        }
    };
    assert_eq!((ended.code(), ended.message()), (Code::Unauthenticated, "the certificate is revoked"));
    desk.no_batches().await;
}

/// A big batch whose client leaves in the middle: nothing of it goes on, and its place is free.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_ends_with_its_client() {
    let mut desk = desk().await;
    // While it computes: all is sent, so that leaving is a reset of the stream.
    let items = 50_000;
    let all = parts(header(desk.keys.encrypt(), items, 1, ""), &[], &bytes(50_000));
    let mut stream = desk.client.compute(tokio_stream::iter(all)).await.unwrap().into_inner();
    assert!(matches!(stream.message().await.unwrap().unwrap().part, Some(Answered::Shape(_))));
    assert_eq!(desk.batches().await, 1);
    drop(stream);
    desk.no_batches().await;
    // In the middle of sending: the connection is cut.
    let encrypt = desk.keys.encrypt();
    desk.cut(move |mut client| async move {
        let many = parts(header(encrypt, 1_000_000, 1, ""), &[], &bytes(1_000_000));
        let mut stream = client.compute(tokio_stream::iter(many)).await.unwrap().into_inner();
        assert!(matches!(stream.message().await.unwrap().unwrap().part, Some(Answered::Shape(_))));
    })
    .await;
    desk.no_batches().await;
    // While it waits for more of the operand.
    let (sender, receiver) = tokio::sync::mpsc::channel(4);
    for part in parts(header(desk.keys.encrypt(), items, 1, ""), &[], &bytes(512)) {
        sender.send(part).await.unwrap();
    }
    let mut stream = desk.client.compute(ReceiverStream::new(receiver)).await.unwrap().into_inner();
    assert!(matches!(stream.message().await.unwrap().unwrap().part, Some(Answered::Shape(_))));
    assert_eq!(desk.batches().await, 1);
    drop((stream, sender));
    desk.no_batches().await;
    // The log has a beginning and an end of each.
    let lines = client::read_log(&mut desk.client, &desk.credentials).await.unwrap();
    let begun = lines.iter().filter(|line| line.contains("\"batch\"")).count();
    let ended = |line: &&String| line.contains("\"batch cancelled\"") || line.contains("\"batch failed\"");
    let cancelled = lines.iter().filter(ended).count();
    assert_eq!((begun, cancelled), (3, 3));
    let alive = compute(&mut desk.client, header(desk.keys.encrypt(), 1, 1, ""), &[], &bytes(1)).await;
    assert!(alive.is_ok());
}

/// A client that does not read is not computed for, and what it sends is not taken: nothing piles up.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_is_waited_for_within_bounds() {
    let mut desk = desk().await;
    let (embed, encrypt) = (desk.keys.embed(), desk.keys.encrypt());
    desk.cut(move |mut client| async move {
        let (items, piece) = (1 << 20, 8192);
        let sent = Arc::new(AtomicUsize::new(0));
        let count = sent.clone();
        let operand = (0..items * 8 / piece).map(move |_| {
            count.fetch_add(piece, Ordering::Relaxed);
            SubmitRequest { part: Some(Part::Chunk(vec![0; piece])) }
        });
        let first = SubmitRequest { part: Some(Part::Header(header(embed, items as u32, 1, ""))) };
        let stream = client.compute(tokio_stream::iter(std::iter::once(first).chain(operand)));
        let mut stream = stream.await.unwrap().into_inner();
        let settled = async {
            let mut last = 0;
            loop {
                tokio::time::sleep(Duration::from_millis(700)).await;
                let now = sent.load(Ordering::Relaxed);
                if now == last && now > 0 {
                    return now;
                }
                last = now;
            }
        };
        let taken = tokio::time::timeout(Duration::from_secs(60), settled).await.unwrap();
        // The windows of HTTP/2 on both sides and a few blocks; the whole operand is 8 MiB, its result 512.
        assert!(taken < 4 << 20, "{taken} bytes were taken although nobody reads");
        // Other calls are served meanwhile, on the same connection too.
        compute(&mut client, header(encrypt, 1, 1, ""), &[], &bytes(1)).await.unwrap();
        // Reading makes it go on.
        let mut read = 0;
        while read < 4 << 20 {
            if let Some(Answered::Chunk(chunk)) = stream.message().await.unwrap().unwrap().part {
                read += chunk.len();
            }
        }
    })
    .await;
    desk.no_batches().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_batches_than_may_be_are_told_to_come_again() {
    let mut desk = desk().await;
    let mut open = Vec::new();
    for _ in 0..limits::BATCHES_CLIENT {
        let (sender, receiver) = tokio::sync::mpsc::channel(2);
        let first = SubmitRequest { part: Some(Part::Header(header(desk.keys.encrypt(), 1, 1, ""))) };
        sender.send(first).await.unwrap();
        open.push((sender, desk.client.compute(ReceiverStream::new(receiver)).await.unwrap().into_inner()));
    }
    let one_more = compute(&mut desk.client, header(desk.keys.encrypt(), 1, 1, ""), &[], &bytes(1)).await.unwrap_err();
    assert_eq!(one_more.code(), Code::ResourceExhausted);
    assert!(one_more.metadata().get("retry-after-ms").is_some());
    for (sender, stream) in open {
        sender.send(SubmitRequest { part: Some(Part::Chunk(bytes(1))) }).await.unwrap();
        drop(sender);
        answer(stream).await.unwrap();
    }
    desk.no_batches().await;
    let again = compute(&mut desk.client, header(desk.keys.encrypt(), 1, 1, ""), &[], &bytes(1)).await;
    assert!(again.is_ok());
}

/// A long job and interactive batches take turns: neither waits for the other's end. Who comes after whom is tested beside
/// `Turns`; how many blocks of the job fall between two batches of a client depends on how long the client takes.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_does_not_wait_for_a_long_job_nor_the_job_for_batches() {
    let mut desk = desk().await;
    let items = 20 * limits::BLOCK_ITEMS_DEAR;
    let job = submit(&mut desk.client, header(desk.keys.encrypt(), items as u32, 1, ""), &bytes(items)).await.unwrap();
    let state = async |client: &mut Client| client.get_job(JobId { id: job.id.clone() }).await.unwrap().into_inner();
    while state(&mut desk.client).await.items_done == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // Batches without end, until the job has ended beside them.
    let mut ended_before_the_job = 0;
    let ended = loop {
        compute(&mut desk.client, header(desk.keys.encrypt(), 1, 1, ""), &[], &bytes(1)).await.unwrap();
        let now = state(&mut desk.client).await;
        if now.state() != job::State::Running {
            break now;
        }
        ended_before_the_job += 1;
        // The job has a turn between any two batches' at the least.
        assert!(ended_before_the_job <= 1000, "the job waits for the batches: {now:?}");
    };
    assert_eq!(ended.state(), job::State::Done);
    assert!(ended_before_the_job > 0, "a batch waited for the job's end");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_and_done_is_counted() {
    let mut desk = desk().await;
    let job = done(&mut desk.client, header(desk.keys.embed(), 3, 1, ""), &bytes(3)).await;
    compute(&mut desk.client, header(desk.keys.embed(), 5, 1, ""), &[], &bytes(5)).await.unwrap();
    let list = desk.client.list_jobs(ListJobsRequest::default()).await.unwrap().into_inner();
    assert_eq!((list.kept_bytes, list.jobs[0].kept_bytes), (3 * 512, 3 * 512));
    assert_eq!(list.kept_bytes_max, limits::KEPT_BYTES_CLIENT);
    let status: Result<_, Status> = desk.client.get_status(GetStatusRequest::default()).await;
    let status = status.unwrap().into_inner();
    assert_eq!((status.kept_bytes, status.obfuscators_max), (3 * 512, 4 * 4096));
    let page = desk.metrics().await;
    for line in [
        "coffer_operations_total{operation=\"encrypt\",path=\"job\"} 1",
        "coffer_operation_items_total{operation=\"encrypt\",path=\"batch\"} 5",
        "coffer_kept_bytes 1536",
        "coffer_batches_running 0",
    ] {
        assert!(page.contains(line), "{line}: {page}");
    }
    desk.client.delete_job(JobId { id: job.id }).await.unwrap();
    let list = desk.client.list_jobs(ListJobsRequest::default()).await.unwrap().into_inner();
    assert_eq!(list.kept_bytes, 0);
}
