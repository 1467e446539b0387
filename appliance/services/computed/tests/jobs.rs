//! The path of a job, against plain arithmetic; restarts; the card in good and bad health.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use card_model::{FaultMode, FaultPlan};
use engine::{CardBackend, Cpu, Engine, Unit};
use num_bigint::{BigInt, BigUint};
use proto::v1::job_header::Operation;
use proto::v1::*;
use support::client::{self, Client, Credentials, done, fetch, header};
use support::keyd::SoftwareKeyd;
use support::{InProcess, Process};

const COMPUTED: &str = env!("CARGO_BIN_EXE_computed");

async fn enrolled(box_: &InProcess) -> (Client, String, Credentials) {
    let credentials = client::enrol(box_.enrolment, &box_.code("tester"), "tester").await.unwrap();
    let mut client = client::connect(box_.service, Some(&credentials)).await.unwrap();
    let key = new_key(&mut client).await;
    (client, key, credentials)
}

async fn new_key(client: &mut Client) -> String {
    let request = CreateKeyRequest { name: "k".into(), paillier_bits: 2048, operations: vec![], ..Default::default() };
    client.create_key(request).await.unwrap().into_inner().id
}

fn bytes(values: &[i64]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_be_bytes()).collect()
}

fn integers(data: &[u8], width: u32) -> Vec<BigInt> {
    data.chunks_exact(width as usize).map(BigInt::from_signed_bytes_be).collect()
}

fn table(rows: usize, columns: usize) -> Vec<i64> {
    (0..rows * columns).map(|i| (i as i64 * 7919 - 40_000) * if i % 3 == 0 { -1 } else { 1 }).collect()
}

/// Encrypt, column sums and matrix product on ciphertexts that stay in the box, decrypt, compare.
async fn main_job(client: &mut Client, key: &str, rows: usize, columns: usize) -> Vec<Job> {
    let key_id = || key.to_string();
    let values = table(rows, columns);
    let weights: Vec<i64> = (0..columns).map(|i| 1000 - 77 * i as i64).collect();
    let shape = (rows as u32, columns as u32);
    let encrypt = Operation::Encrypt(Encrypt { key_id: key_id(), ..Default::default() });
    let encrypted = done(client, header(encrypt, shape.0, shape.1, ""), &bytes(&values)).await;
    let sums = Operation::ColumnSums(ColumnSums { key_id: key_id() });
    let sums = done(client, header(sums, shape.0, shape.1, &encrypted.id), &[]).await;
    let product =
        MatrixProduct { key_id: key_id(), plaintexts: weights.clone(), plaintext_columns: 1, ..Default::default() };
    let product = done(client, header(Operation::MatrixProduct(product), shape.0, shape.1, &encrypted.id), &[]).await;
    let decrypt = || Operation::Decrypt(Decrypt { key_id: key_id(), ..Default::default() });
    let clear_sums = done(client, header(decrypt(), 1, shape.1, &sums.id), &[]).await;
    let clear_product = done(client, header(decrypt(), shape.0, 1, &product.id), &[]).await;
    let found = integers(&fetch(client, &clear_sums.id).await, clear_sums.item_bytes);
    for (c, sum) in found.iter().enumerate() {
        assert_eq!(*sum, BigInt::from((0..rows).map(|r| values[r * columns + c]).sum::<i64>()));
    }
    let found = integers(&fetch(client, &clear_product.id).await, clear_product.item_bytes);
    assert_eq!(found.len(), rows);
    for (r, sum) in found.iter().enumerate() {
        let row = &values[r * columns..][..columns];
        assert_eq!(*sum, BigInt::from(row.iter().zip(&weights).map(|(v, w)| v * w).sum::<i64>()));
    }
    vec![encrypted, sums, product, clear_sums, clear_product]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_computed_on_the_cpu() {
    let folder = tempfile::tempdir().unwrap();
    let box_ = InProcess::start(folder.path(), &SoftwareKeyd::new(), Engine::without_card("none"));
    let (mut client, key, _) = enrolled(&box_).await;
    let jobs = main_job(&mut client, &key, 5, 4).await;
    let cpu = Cpu::new().unit().name();
    assert!(jobs.iter().all(|j| j.engine == cpu && j.items_done == j.items && j.attempts == 1));
    // Items times the plaintext of their column, and sums of two jobs.
    let multiply =
        Operation::Multiply(Multiply { key_id: key.clone(), plaintexts: vec![2, -3, 0, 1], ..Default::default() });
    let multiplied = done(&mut client, header(multiply, 5, 4, &jobs[0].id), &[]).await;
    let add = Operation::Add(Add { key_id: key.clone(), addend_job: multiplied.id.clone() });
    let added = done(&mut client, header(add, 5, 4, &jobs[0].id), &[]).await;
    let decrypt = Operation::Decrypt(Decrypt { key_id: key.clone(), ..Default::default() });
    // The ciphertexts by way of the client this time.
    let ciphertexts = fetch(&mut client, &added.id).await;
    let clear = done(&mut client, header(decrypt, 5, 4, ""), &ciphertexts).await;
    let found = integers(&fetch(&mut client, &clear.id).await, clear.item_bytes);
    for (i, v) in table(5, 4).iter().enumerate() {
        assert_eq!(found[i], BigInt::from(v * [3, -2, 1, 2][i % 4]));
    }
    for job in &jobs {
        client.delete_job(JobId { id: job.id.clone() }).await.unwrap();
    }
    assert!(client.get_job(JobId { id: jobs[0].id.clone() }).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn modular_exponentiation_agrees_with_num_bigint() {
    let folder = tempfile::tempdir().unwrap();
    let box_ = InProcess::start(folder.path(), &SoftwareKeyd::new(), Engine::without_card("none"));
    let (mut client, ..) = enrolled(&box_).await;
    let modulus = vec![0xfd; 256];
    let bases: Vec<u8> = (0..3 * 256).map(|i| (i * 31 % 251) as u8).collect();
    for exponents in [vec![vec![7, 1, 2, 3]], vec![vec![3], vec![0], vec![9, 9, 9, 9, 9, 9, 9, 9, 9]]] {
        let wanted = ModularExponentiation { modulus: modulus.clone(), exponents: exponents.clone() };
        let job = done(&mut client, header(Operation::ModularExponentiation(wanted), 3, 1, ""), &bases).await;
        let found = fetch(&mut client, &job.id).await;
        let n = BigUint::from_bytes_be(&modulus);
        for (i, power) in found.chunks_exact(256).enumerate() {
            let e = BigUint::from_bytes_be(&exponents[i % exponents.len()]);
            let base = BigUint::from_bytes_be(&bases[i * 256..][..256]);
            assert_eq!(BigUint::from_bytes_be(power), base.modpow(&e, &n));
        }
        // Nothing of the exponents is left on the disk, nor was in the record.
        let kept = folder.path().join("jobs").join(&job.id);
        let record = std::fs::read_to_string(kept.join("job.json")).unwrap();
        assert!(record.contains("modulus") && !record.contains("exponents"), "{record}");
        assert!(!kept.join("exponents.bin").exists());
    }
}

fn model(mode: Option<FaultMode>, after: u64) -> Engine {
    planned(FaultPlan { mode, after, times: None })
}

fn planned(plan: FaultPlan) -> Engine {
    let transport = card_model::in_process(32 << 20, plan).unwrap();
    // A CPU that the model is worth something beside.
    let cpu = Cpu::with(2, Unit::portable());
    Engine::with_card_beside(cpu, CardBackend::new(card::Card::probe(transport).unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_works_is_used_and_verified() {
    let folder = tempfile::tempdir().unwrap();
    let box_ = InProcess::start(folder.path(), &SoftwareKeyd::new(), model(None, 0));
    let (mut client, key, _) = enrolled(&box_).await;
    let jobs = main_job(&mut client, &key, 300, 2).await;
    assert_eq!((jobs[0].engine.as_str(), jobs[4].engine.as_str()), ("card", "card"));
    let status = client.get_status(GetStatusRequest::default()).await.unwrap().into_inner();
    let card = status.card.unwrap();
    assert_eq!((card.kind.as_str(), card.state.as_str(), status.engine.as_str()), ("model", "in service", "card"));
    assert!(card.verified >= 3 && card.jobs > 0 && card.interrupts > 0 && card.dma_bytes > 0, "{card:?}");
    assert!(status.degraded.is_empty());
}

/// Whatever the card does wrong, the result is right, the card is out of service, and the status says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_fails_or_lies_is_replaced_by_the_cpu() {
    for mode in [FaultMode::WrongResult, FaultMode::SignFlip, FaultMode::Die, FaultMode::GarbageCompletion] {
        let folder = tempfile::tempdir().unwrap();
        // The self test at probing comes first and is done right.
        let transport = card_model::in_process(32 << 20, FaultPlan::default()).unwrap();
        let mut probed = card::Card::probe(transport).unwrap();
        let tested = probed.counters().unwrap().reported.jobs;
        drop(probed);
        let box_ = InProcess::start(folder.path(), &SoftwareKeyd::new(), model(Some(mode), u64::from(tested) + 1));
        let (mut client, key, _) = enrolled(&box_).await;
        let jobs = main_job(&mut client, &key, 200, 2).await;
        assert_eq!(jobs[0].engine, "card, then portable", "{mode:?}");
        assert_eq!(jobs[4].engine, "portable");
        let status = client.get_status(GetStatusRequest::default()).await.unwrap().into_inner();
        assert_eq!(status.engine, "portable");
        assert!(status.card.unwrap().state.starts_with("out of service: "), "{mode:?}");
        assert_eq!(status.degraded.len(), 1);
    }
}

/// A card that fails once: the job is done, the log tells of it, and the card is back after its self-test.
#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_fails_once_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut probed = card::Card::probe(card_model::in_process(32 << 20, FaultPlan::default()).unwrap()).unwrap();
    let after = u64::from(probed.counters().unwrap().reported.jobs) + 1;
    drop(probed);
    let plan = FaultPlan { mode: Some(FaultMode::CardMemoryError), after, times: Some(1) };
    let box_ = InProcess::start(folder.path(), &SoftwareKeyd::new(), planned(plan));
    let (mut client, key, credentials) = enrolled(&box_).await;
    assert_eq!(main_job(&mut client, &key, 200, 2).await[0].engine, "card, then portable");
    let state = async |client: &mut Client| {
        client.get_status(GetStatusRequest::default()).await.unwrap().into_inner().card.unwrap().state
    };
    let until = std::time::Instant::now() + Duration::from_secs(60);
    while state(&mut client).await != "in service" {
        assert!(std::time::Instant::now() < until, "the card is {}", state(&mut client).await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // Whether the model is worth it next to this machine's processor is the scheduler's to say; the results are right.
    main_job(&mut client, &key, 200, 2).await;
    let told = client::read_log(&mut client, &credentials).await.unwrap();
    let line = |action: &str| told.iter().position(|line| line.contains(&format!("\"action\":\"{action}\"")));
    let (out, back) = (line("card out of service").unwrap(), line("card in service").unwrap());
    assert!(out < back && told[out].contains("CardMemory"), "{told:#?}");
}

/// Killed in the middle of a job, started again: the job is done, and the log is one whole chain.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_service_finishes_its_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let keyd: Arc<SoftwareKeyd> = SoftwareKeyd::new();
    let process = Process::start(COMPUTED, folder.path(), &keyd);
    let credentials = client::enrol(process.enrolment, &keyd.code("tester"), "tester").await.unwrap();
    let mut client = client::connect(process.service, Some(&credentials)).await.unwrap();
    let key = new_key(&mut client).await;
    let values = table(200, 10);
    let encrypt = || header(Operation::Encrypt(Encrypt { key_id: key.clone(), ..Default::default() }), 200, 10, "");
    let job = client::submit(&mut client, encrypt(), &bytes(&values)).await.unwrap();
    let waiting = client::submit(&mut client, encrypt(), &bytes(&values)).await.unwrap();
    loop {
        let now = client.get_job(JobId { id: job.id.clone() }).await.unwrap().into_inner();
        if now.state() == job::State::Running && now.items_done > 20 {
            break;
        }
        assert_ne!(now.state(), job::State::Done, "the job is too short for this test");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    process.kill();
    let process = Process::start(COMPUTED, folder.path(), &keyd);
    let mut client = client::connect(process.service, Some(&credentials)).await.unwrap();
    let ended = client::watch(&mut client, &job.id).await;
    assert_eq!((ended.state(), ended.attempts), (job::State::Done, 2));
    client.cancel_job(JobId { id: waiting.id.clone() }).await.unwrap();
    assert!(client::watch(&mut client, &waiting.id).await.state() != job::State::Failed);
    let decrypt = Operation::Decrypt(Decrypt { key_id: key.clone(), ..Default::default() });
    let clear = done(&mut client, header(decrypt, 200, 10, &job.id), &[]).await;
    let found = integers(&fetch(&mut client, &clear.id).await, clear.item_bytes);
    assert!(found.iter().zip(&values).all(|(f, v)| *f == BigInt::from(*v)));
    let lines = client::read_log(&mut client, &credentials).await.unwrap();
    let started = |line: &&String| line.contains("\"start\"") && line.contains("\"computed\"");
    assert_eq!(lines.iter().filter(started).count(), 2);
    drop(client);
    assert!(process.stop());
}

/// A job of a newer release: it is set aside whole, and the box says so, in its status and in the log.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_cannot_be_read_is_set_aside_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let keyd = SoftwareKeyd::new();
    let box_ = InProcess::start(folder.path(), &keyd, Engine::without_card("none"));
    let credentials = client::enrol(box_.enrolment, &box_.code("tester"), "tester").await.unwrap();
    let mut client = client::connect(box_.service, Some(&credentials)).await.unwrap();
    let key_id = new_key(&mut client).await;
    let encrypt = Operation::Encrypt(Encrypt { key_id, ..Default::default() });
    let job = done(&mut client, header(encrypt, 1, 1, ""), &bytes(&[1])).await;
    drop((client, box_));
    let jobs = folder.path().join("jobs");
    let record = jobs.join(&job.id).join("job.json");
    let newer = std::fs::read_to_string(&record).unwrap().replacen("\"version\":2", "\"version\":3", 1);
    std::fs::write(&record, newer).unwrap();
    let box_ = InProcess::start(folder.path(), &keyd, Engine::without_card("none"));
    let mut client = client::connect(box_.service, Some(&credentials)).await.unwrap();
    let degraded = client.get_status(GetStatusRequest::default()).await.unwrap().into_inner().degraded;
    assert!(degraded.len() == 1 && degraded[0].contains(&job.id) && degraded[0].contains("version 3"), "{degraded:?}");
    assert!(jobs.join("set-aside").join(&job.id).join("result.bin").exists());
    assert!(support::log(folder.path()).contains("\"action\":\"job set aside\""));
    assert!(client.list_jobs(ListJobsRequest::default()).await.unwrap().into_inner().jobs.is_empty());
}
