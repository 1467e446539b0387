//! A client of a box on the CPU, with one key.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use engine::{Cpu, Engine};
use num_bigint::{BigInt, BigUint};
use proto::v1::job_header::Operation;
use proto::v1::*;

use crate::support::InProcess;
use crate::support::client::{self, Client, Credentials, compute, fetch, header, submit_with, watch};
use crate::support::keyd::SoftwareKeyd;

/// A client of a box on the CPU, and one key.
pub struct Desk {
    pub client: Client,
    pub key: Key,
    pub credentials: Credentials,
    _box: InProcess,
    _folder: tempfile::TempDir,
}

impl Desk {
    pub async fn new(request: CreateKeyRequest) -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let box_ = InProcess::start(folder.path(), &SoftwareKeyd::new(), Engine::without_card("none"));
        let credentials = client::enrol(box_.enrolment, &box_.code("tester"), "tester").await.unwrap();
        let mut client = client::connect(box_.service, Some(&credentials)).await.unwrap();
        let key = client.create_key(CreateKeyRequest { name: "k".into(), ..request }).await.unwrap().into_inner();
        Desk { client, key, credentials, _box: box_, _folder: folder }
    }

    pub async fn paillier() -> Desk {
        Desk::new(CreateKeyRequest { paillier_bits: 2048, ..Default::default() }).await
    }

    pub async fn rsa() -> Desk {
        Desk::new(CreateKeyRequest { rsa_bits: 2048, ..Default::default() }).await
    }

    pub fn key_id(&self) -> String {
        self.key.id.clone()
    }

    pub fn n(&self) -> BigUint {
        BigUint::from_bytes_be(&self.key.n)
    }

    /// As a job; its id and its result.
    pub async fn job(&mut self, header: JobHeader, factors: &[u8], operand: &[u8]) -> (Job, Vec<u8>) {
        let job = submit_with(&mut self.client, header, factors, operand).await.unwrap();
        let job = watch(&mut self.client, &job.id).await;
        assert_eq!(job.state(), job::State::Done, "{}", job.error);
        let bytes = fetch(&mut self.client, &job.id).await;
        assert_eq!(bytes.len() as u64, job.kept_bytes);
        assert_eq!(job.items_done, job.items);
        (job, bytes)
    }

    /// As a job and as a batch, which for an operation without randomness are the same bytes.
    pub async fn both(&mut self, header: JobHeader, factors: &[u8], operand: &[u8]) -> (Job, Vec<u8>) {
        let batch = compute(&mut self.client, header.clone(), factors, operand).await.unwrap();
        let (job, bytes) = self.job(header, factors, operand).await;
        assert_eq!(batch.bytes, bytes, "{}", job.operation);
        assert_eq!(
            (batch.shape.rows, batch.shape.columns, batch.shape.item_bytes),
            (job.rows, job.columns, job.item_bytes)
        );
        let whole = |p: &Progress| p.items == job.items && p.items_done <= p.items;
        assert!(batch.progress.iter().all(whole) && batch.progress.is_sorted_by_key(|p| p.items_done));
        assert_eq!((batch.engine.as_str(), job.engine.as_str()), (Cpu::new().unit().name(), Cpu::new().unit().name()));
        (job, bytes)
    }

    pub async fn encrypted(&mut self, values: &[i64], rows: u32, columns: u32) -> Job {
        let encrypt = Encrypt { key_id: self.key_id(), ..Default::default() };
        self.job(header(Operation::Encrypt(encrypt), rows, columns, ""), &[], &bytes(values)).await.0
    }

    /// The plaintexts of ciphertexts, and the same by way of the job they are the result of.
    pub async fn clear(&mut self, ciphertexts: &[u8]) -> Vec<BigInt> {
        let count = (ciphertexts.len() / 512) as u32;
        let decrypt = Decrypt { key_id: self.key_id(), ..Default::default() };
        let (_, clear) = self.both(header(Operation::Decrypt(decrypt), count, 1, ""), &[], ciphertexts).await;
        clear.chunks_exact(256).map(BigInt::from_signed_bytes_be).collect()
    }
}

pub fn bytes(values: &[i64]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_be_bytes()).collect()
}

/// Big-endian, so wide.
pub fn unsigned(value: &BigUint, bytes: usize) -> Vec<u8> {
    let short = value.to_bytes_be();
    [vec![0; bytes - short.len()], short].concat()
}
