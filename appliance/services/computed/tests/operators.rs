//! Every operator, as a job and as an interactive batch, against plain arithmetic.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod support;

use std::time::{Duration, Instant};

use engine::{Cpu, Engine};
use num_bigint::{BigInt, BigUint};
use proto::v1::job_header::Operation;
use proto::v1::matrix_product::Side;
use proto::v1::*;
use ring::signature::{RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents};
use support::InProcess;
use support::client::{self, Client, compute, fetch, header, submit_with, watch};
use support::keyd::SoftwareKeyd;

/// A client of a box on the CPU, and one key.
struct Desk {
    client: Client,
    key: Key,
    _box: InProcess,
    _folder: tempfile::TempDir,
}

impl Desk {
    async fn new(request: CreateKeyRequest) -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let box_ = InProcess::start(folder.path(), &SoftwareKeyd::new(), Engine::without_card("none"));
        let credentials = client::enrol(box_.enrolment, &box_.code(), "tester").await.unwrap();
        let mut client = client::connect(box_.service, Some(&credentials)).await.unwrap();
        let key = client.create_key(CreateKeyRequest { name: "k".into(), ..request }).await.unwrap().into_inner();
        Desk { client, key, _box: box_, _folder: folder }
    }

    async fn paillier() -> Desk {
        Desk::new(CreateKeyRequest { paillier_bits: 2048, ..Default::default() }).await
    }

    async fn rsa() -> Desk {
        Desk::new(CreateKeyRequest { rsa_bits: 2048, ..Default::default() }).await
    }

    fn key_id(&self) -> String {
        self.key.id.clone()
    }

    fn n(&self) -> BigUint {
        BigUint::from_bytes_be(&self.key.n)
    }

    /// As a job; its id and its result.
    async fn job(&mut self, header: JobHeader, factors: &[u8], operand: &[u8]) -> (Job, Vec<u8>) {
        let job = submit_with(&mut self.client, header, factors, operand).await.unwrap();
        let job = watch(&mut self.client, &job.id).await;
        assert_eq!(job.state(), job::State::Done, "{}", job.error);
        let bytes = fetch(&mut self.client, &job.id).await;
        assert_eq!(bytes.len() as u64, job.kept_bytes);
        assert_eq!(job.items_done, job.items);
        (job, bytes)
    }

    /// As a job and as a batch, which for an operation without randomness are the same bytes.
    async fn both(&mut self, header: JobHeader, factors: &[u8], operand: &[u8]) -> (Job, Vec<u8>) {
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

    async fn encrypted(&mut self, values: &[i64], rows: u32, columns: u32) -> Job {
        let encrypt = Encrypt { key_id: self.key_id(), ..Default::default() };
        self.job(header(Operation::Encrypt(encrypt), rows, columns, ""), &[], &bytes(values)).await.0
    }

    /// The plaintexts of ciphertexts, and the same by way of the job they are the result of.
    async fn clear(&mut self, ciphertexts: &[u8]) -> Vec<BigInt> {
        let count = (ciphertexts.len() / 512) as u32;
        let decrypt = Decrypt { key_id: self.key_id(), ..Default::default() };
        let (_, clear) = self.both(header(Operation::Decrypt(decrypt), count, 1, ""), &[], ciphertexts).await;
        clear.chunks_exact(256).map(BigInt::from_signed_bytes_be).collect()
    }
}

fn bytes(values: &[i64]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_be_bytes()).collect()
}

fn big(values: impl IntoIterator<Item = i64>) -> Vec<BigInt> {
    values.into_iter().map(BigInt::from).collect()
}

const ROWS: usize = 7;
const COLUMNS: usize = 3;
const SHAPE: (u32, u32) = (ROWS as u32, COLUMNS as u32);

fn table() -> Vec<i64> {
    let mut values: Vec<i64> = (0..21).map(|i| (i * 7919 - 40_000) * if i % 3 == 0 { -1 } else { 1 }).collect();
    (values[4], values[5], values[6]) = (0, i64::MAX, i64::MIN);
    values
}

#[tokio::test(flavor = "multi_thread")]
async fn encryption_in_every_width_and_form() {
    let mut desk = Desk::paillier().await;
    let (key_id, n) = (desk.key_id(), desk.n());
    let encrypt = |o: Encrypt| Operation::Encrypt(Encrypt { key_id: key_id.clone(), ..o });
    // Two bytes an integer, and as many as n has.
    let small: Vec<i64> = vec![-32768, 32767, -1, 0, 300];
    let narrow: Vec<u8> = small.iter().flat_map(|v| (*v as i16).to_be_bytes()).collect();
    let third: BigInt = BigInt::from(n.clone()) / 3;
    let wide_values = [third.clone(), -third, BigInt::from(-5)];
    let wide: Vec<u8> = wide_values.iter().flat_map(|v| extended(v, 256)).collect();
    for without_obfuscation in [false, true] {
        let of = |bytes| encrypt(Encrypt { without_obfuscation, plaintext_bytes: bytes, ..Default::default() });
        let found = compute(&mut desk.client, header(of(2), 5, 1, ""), &[], &narrow).await.unwrap();
        assert_eq!(desk.clear(&found.bytes).await, big(small.clone()));
        let (_, found) = desk.job(header(of(256), 1, 3, ""), &[], &wide).await;
        assert_eq!(desk.clear(&found).await, wide_values);
    }
    // Residues, there and back: half of n is no signed plaintext, but a residue.
    let residues = [BigUint::ZERO, &n - 1u32, &n / 2u32];
    let operand: Vec<u8> = residues.iter().flat_map(|r| unsigned(r, 256)).collect();
    for without_obfuscation in [false, true] {
        let of = encrypt(Encrypt { residues: true, without_obfuscation, ..Default::default() });
        let (job, found) = desk.job(header(of, 3, 1, ""), &[], &operand).await;
        let decrypt = Decrypt { key_id: key_id.clone(), residues: true };
        let (_, clear) = desk.both(header(Operation::Decrypt(decrypt), 3, 1, &job.id), &[], &[]).await;
        assert_eq!(clear, operand);
        if without_obfuscation {
            // 1 + m n, as it stands.
            let bare = |m: &BigUint| unsigned(&(m * &n + 1u32), 512);
            assert_eq!(found, residues.iter().flat_map(bare).collect::<Vec<u8>>());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn obfuscation_changes_the_ciphertext_and_not_the_plaintext() {
    let mut desk = Desk::paillier().await;
    let encrypt = Encrypt { key_id: desk.key_id(), without_obfuscation: true, ..Default::default() };
    let (bare, bytes_bare) =
        desk.job(header(Operation::Encrypt(encrypt), SHAPE.0, SHAPE.1, ""), &[], &bytes(&table())).await;
    let key_id = desk.key_id();
    let obfuscate = || Operation::Obfuscate(Obfuscate { key_id: key_id.clone() });
    let (_, first) = desk.job(header(obfuscate(), SHAPE.0, SHAPE.1, &bare.id), &[], &[]).await;
    let again = header(obfuscate(), SHAPE.0, SHAPE.1, "");
    let second = compute(&mut desk.client, again, &[], &bytes_bare).await.unwrap().bytes;
    let items = |b: &[u8]| b.chunks(512).map(<[u8]>::to_vec).collect::<Vec<_>>();
    for (a, (b, c)) in items(&bytes_bare).iter().zip(items(&first).iter().zip(items(&second).iter())) {
        assert!(a != b && b != c && a != c);
    }
    assert_eq!(desk.clear(&first).await, big(table()));
    assert_eq!(desk.clear(&second).await, big(table()));
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_and_products_item_by_item() {
    let mut desk = Desk::paillier().await;
    let (key_id, values) = (desk.key_id(), table());
    let a = desk.encrypted(&values, SHAPE.0, SHAPE.1).await;
    let b = desk.encrypted(&[1000; 21], SHAPE.0, SHAPE.1).await;
    let add = |addend_job: &str| Operation::Add(Add { key_id: key_id.clone(), addend_job: addend_job.into() });
    let wanted: Vec<BigInt> = values.iter().map(|v| BigInt::from(*v) + 1000).collect();
    let (_, by_handle) = desk.both(header(add(&b.id), SHAPE.0, SHAPE.1, &a.id), &[], &[]).await;
    let (bytes_a, bytes_b) = (fetch(&mut desk.client, &a.id).await, fetch(&mut desk.client, &b.id).await);
    let (_, half) = desk.both(header(add(&b.id), SHAPE.0, SHAPE.1, ""), &[], &bytes_a).await;
    let pairs: Vec<u8> = bytes_a.chunks(512).zip(bytes_b.chunks(512)).flat_map(|(a, b)| [a, b].concat()).collect();
    let (_, sent) = desk.both(header(add(""), SHAPE.0, SHAPE.1, ""), &[], &pairs).await;
    assert!(by_handle == half && half == sent);
    assert_eq!(desk.clear(&sent).await, wanted);

    let multiply = |plaintexts: Vec<i64>, plaintext_bytes| {
        let multiply = Multiply { key_id: key_id.clone(), plaintexts, plaintext_bytes };
        header(Operation::Multiply(multiply), SHAPE.0, SHAPE.1, "")
    };
    let by_columns = vec![2, -3, 0];
    let (_, in_header) = desk.both(multiply(by_columns.clone(), 0), &[], &bytes_a).await;
    let (_, in_chunks) = desk.both(multiply(vec![], 0), &bytes(&by_columns), &bytes_a).await;
    assert_eq!(in_header, in_chunks);
    let wanted: Vec<BigInt> = values.iter().zip(by_columns.iter().cycle()).map(|(v, f)| BigInt::from(*v) * f).collect();
    assert_eq!(desk.clear(&in_header).await, wanted);
    let by_items: Vec<i64> = (0..21).map(|i| i * i - 90).collect();
    let wanted: Vec<BigInt> = values.iter().zip(&by_items).map(|(v, f)| BigInt::from(*v) * f).collect();
    let (_, in_header) = desk.both(multiply(by_items.clone(), 0), &[], &bytes_a).await;
    let (_, in_chunks) = desk.both(multiply(vec![], 8), &bytes(&by_items), &bytes_a).await;
    assert_eq!(in_header, in_chunks);
    assert_eq!(desk.clear(&in_header).await, wanted);
    // Factors wider than 64 bits, one an item and one a column.
    let factor = |i: usize| (BigInt::from(1) << (100 + i)) * if i.is_multiple_of(2) { 1 } else { -1 };
    for count in [21, 3] {
        let wide: Vec<u8> = (0..count).flat_map(|i| extended(&factor(i), 40)).collect();
        let (_, found) = desk.both(multiply(vec![], 40), &wide, &bytes_a).await;
        let wanted: Vec<BigInt> = values.iter().enumerate().map(|(i, v)| factor(i % count) * v).collect();
        assert_eq!(desk.clear(&found).await, wanted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_and_products_of_the_whole_matrix() {
    let mut desk = Desk::paillier().await;
    let (key_id, values) = (desk.key_id(), table());
    let a = desk.encrypted(&values, SHAPE.0, SHAPE.1).await;
    let sent = fetch(&mut desk.client, &a.id).await;
    let at = |r: usize, c: usize| BigInt::from(values[r * COLUMNS + c]);
    let sums = Operation::ColumnSums(ColumnSums { key_id: key_id.clone() });
    let (job, found) = desk.both(header(sums, SHAPE.0, SHAPE.1, &a.id), &[], &[]).await;
    assert_eq!((job.rows, job.columns), (1, 3));
    let wanted: Vec<BigInt> = (0..COLUMNS).map(|c| (0..ROWS).map(|r| at(r, c)).sum()).collect();
    assert_eq!(desk.clear(&found).await, wanted);
    let sums = Operation::RowSums(RowSums { key_id: key_id.clone() });
    let (job, found) = desk.both(header(sums, SHAPE.0, SHAPE.1, ""), &[], &sent).await;
    assert_eq!((job.rows, job.columns), (7, 1));
    let wanted: Vec<BigInt> = (0..ROWS).map(|r| (0..COLUMNS).map(|c| at(r, c)).sum()).collect();
    assert_eq!(desk.clear(&found).await, wanted);

    let product = |side: Side, plaintexts: Vec<i64>, outputs| MatrixProduct {
        key_id: key_id.clone(),
        plaintexts,
        side: side.into(),
        plaintext_rows: outputs,
        plaintext_columns: outputs,
    };
    // More outputs than are computed in one turn.
    let outputs = 6;
    let weights: Vec<i64> = (0..outputs * 21).map(|i| ((i * 37) % 201) as i64 - 100).collect();
    let right = weights[..COLUMNS * outputs].to_vec();
    let (in_header, in_chunks) =
        (product(Side::PlaintextRight, right.clone(), 6), product(Side::PlaintextRight, vec![], 6));
    let (_, first) = desk.both(header(Operation::MatrixProduct(in_header), SHAPE.0, SHAPE.1, ""), &[], &sent).await;
    let (job, second) =
        desk.both(header(Operation::MatrixProduct(in_chunks), SHAPE.0, SHAPE.1, &a.id), &bytes(&right), &[]).await;
    assert_eq!((first == second, job.rows, job.columns), (true, 7, 6));
    let cell = |r: usize, o: usize| (0..COLUMNS).map(|c| at(r, c) * right[c * outputs + o]).sum::<BigInt>();
    let wanted: Vec<BigInt> = (0..ROWS * outputs).map(|i| cell(i / outputs, i % outputs)).collect();
    assert_eq!(desk.clear(&first).await, wanted);

    let left = weights[..outputs * ROWS].to_vec();
    let (in_header, in_chunks) =
        (product(Side::PlaintextLeft, left.clone(), 6), product(Side::PlaintextLeft, vec![], 6));
    let (_, first) = desk.both(header(Operation::MatrixProduct(in_header), SHAPE.0, SHAPE.1, ""), &[], &sent).await;
    let (job, second) =
        desk.both(header(Operation::MatrixProduct(in_chunks), SHAPE.0, SHAPE.1, &a.id), &bytes(&left), &[]).await;
    assert_eq!((first == second, job.rows, job.columns), (true, 6, 3));
    let cell = |o: usize, c: usize| (0..ROWS).map(|r| at(r, c) * left[o * ROWS + r]).sum::<BigInt>();
    let wanted: Vec<BigInt> = (0..outputs * COLUMNS).map(|i| cell(i / COLUMNS, i % COLUMNS)).collect();
    assert_eq!(desk.clear(&first).await, wanted);
}

/// More than a block of everything, and rows that do not divide it.
#[tokio::test(flavor = "multi_thread")]
async fn block_borders_do_not_show() {
    let mut desk = Desk::paillier().await;
    let key_id = desk.key_id();
    let (rows, columns) = (1700, 3);
    let values: Vec<i64> = (0..i64::from(rows * columns)).map(|i| i * 31 - 7000).collect();
    assert!(values.len() > compute::limits::BLOCK_ITEMS_CHEAP);
    let encrypt = Encrypt { key_id: key_id.clone(), without_obfuscation: true, ..Default::default() };
    let (bare, sent) = desk.both(header(Operation::Encrypt(encrypt), rows, columns, ""), &[], &bytes(&values)).await;
    let sums = Operation::ColumnSums(ColumnSums { key_id: key_id.clone() });
    let (_, found) = desk.both(header(sums, rows, columns, &bare.id), &[], &[]).await;
    let wanted = (0..3).map(|c| values.iter().skip(c).step_by(3).sum());
    assert_eq!(desk.clear(&found).await, big(wanted));
    let factors: Vec<i64> = values.iter().map(|v| v % 11).collect();
    let multiply = Multiply { key_id: key_id.clone(), ..Default::default() };
    let header_ = header(Operation::Multiply(multiply), rows, columns, "");
    let (product, _) = desk.both(header_, &bytes(&factors), &sent).await;
    let sums = Operation::RowSums(RowSums { key_id: key_id.clone() });
    let (sums, _) = desk.both(header(sums, rows, columns, &product.id), &[], &[]).await;
    let total = Operation::ColumnSums(ColumnSums { key_id });
    let (_, found) = desk.both(header(total, rows, 1, &sums.id), &[], &[]).await;
    assert_eq!(desk.clear(&found).await, big([values.iter().zip(&factors).map(|(v, f)| v * f).sum()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn encryption_for_somebody_else() {
    let mut desk = Desk::paillier().await;
    let (n, hs) = (desk.key.n.clone(), desk.key.hs.clone());
    for (name, hs) in [("n alone", vec![]), ("with hs", hs)] {
        let paillier = PaillierPublicKey { n: n.clone(), hs };
        let public_key = Some(import_key_request::PublicKey::Paillier(paillier));
        let request = ImportKeyRequest { name: name.replace(' ', "-"), public_key, operations: vec![] };
        let imported = desk.client.import_key(request).await.unwrap().into_inner();
        assert!(imported.imported && imported.paillier_bits == 2048);
        assert_eq!(imported.operations, ["encrypt", "evaluate"]);
        let encrypt = Encrypt { key_id: imported.id.clone(), ..Default::default() };
        let values = [3, -4, i64::MIN];
        let (job, found) = desk.job(header(Operation::Encrypt(encrypt), 3, 1, ""), &[], &bytes(&values)).await;
        assert_eq!(desk.clear(&found).await, big(values));
        let sum = Operation::ColumnSums(ColumnSums { key_id: imported.id.clone() });
        let (_, found) = desk.both(header(sum, 3, 1, &job.id), &[], &[]).await;
        assert_eq!(desk.clear(&found).await, vec![BigInt::from(-1) + i64::MIN]);
        let decrypt = Decrypt { key_id: imported.id, ..Default::default() };
        let refused = compute(&mut desk.client, header(Operation::Decrypt(decrypt), 3, 1, &job.id), &[], &[]).await;
        assert_eq!(refused.unwrap_err().code(), tonic::Code::PermissionDenied);
    }
    let keys = desk.client.list_keys(ListKeysRequest {}).await.unwrap().into_inner().keys;
    assert_eq!(keys.iter().filter(|k| k.imported).count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn rsa_encryption_and_signatures() {
    let mut desk = Desk::rsa().await;
    let (key_id, n) = (desk.key_id(), desk.n());
    let (oaep, none) = (RsaPadding::OaepSha256.into(), RsaPadding::None.into());
    let encrypt = |padding, plaintext_bytes| {
        Operation::RsaEncrypt(RsaEncrypt { key_id: key_id.clone(), padding, plaintext_bytes })
    };
    let decrypt = |padding, plaintext_bytes| {
        Operation::RsaDecrypt(RsaDecrypt { key_id: key_id.clone(), padding, plaintext_bytes })
    };
    for bytes in [1, 32, 190] {
        let messages: Vec<u8> = (0..3 * bytes).map(|i| (i * 7 + 1) as u8).collect();
        let (job, sealed) = desk.job(header(encrypt(oaep, bytes), 3, 1, ""), &[], &messages).await;
        let (_, clear) = desk.both(header(decrypt(oaep, bytes), 3, 1, &job.id), &[], &[]).await;
        assert_eq!(clear, messages);
        // Another length, and something that was changed, are the same error.
        let other = compute(&mut desk.client, header(decrypt(oaep, bytes % 190 + 1), 3, 1, ""), &[], &sealed).await;
        let mut changed = sealed.clone();
        changed[2 * 256 + 200] ^= 1;
        let changed = compute(&mut desk.client, header(decrypt(oaep, bytes), 3, 1, ""), &[], &changed).await;
        assert_eq!(other.unwrap_err().message(), "ciphertext 0 does not decrypt");
        assert_eq!(changed.unwrap_err().message(), "ciphertext 2 does not decrypt");
    }
    // Messages of different lengths, each after its own.
    let framed: Vec<u8> =
        [0usize, 1, 190].iter().flat_map(|l| [&[0, *l as u8][..], &vec![9; *l], &vec![0; 190 - l]].concat()).collect();
    let (job, _) = desk.job(header(encrypt(oaep, 0), 3, 1, ""), &[], &framed).await;
    let (_, clear) = desk.both(header(decrypt(oaep, 0), 3, 1, &job.id), &[], &[]).await;
    assert_eq!(clear, framed);
    let long = [&[0, 191][..], &[7; 190]].concat();
    let long = compute(&mut desk.client, header(encrypt(oaep, 0), 1, 1, ""), &[], &long).await.unwrap_err();
    assert_eq!(long.message(), "message 0 is longer than 190 bytes");
    let numbers: Vec<BigUint> = (1..4u32).map(|i| &n / (i + 1)).collect();
    let operand: Vec<u8> = numbers.iter().flat_map(|m| unsigned(m, 256)).collect();
    let (raw, powers) = desk.both(header(encrypt(none, 0), 3, 1, ""), &[], &operand).await;
    let e = BigUint::from(65537u32);
    assert_eq!(powers, numbers.iter().flat_map(|m| unsigned(&m.modpow(&e, &n), 256)).collect::<Vec<u8>>());
    let (_, roots) = desk.both(header(decrypt(none, 256), 3, 1, &raw.id), &[], &[]).await;
    assert_eq!(roots, operand);

    let sign = |message_bytes| Operation::RsaSign(RsaSign { key_id: key_id.clone(), message_bytes });
    let messages: Vec<u8> = (0..3 * 50u8).collect();
    let public = RsaPublicKeyComponents { n: desk.key.n.clone(), e: vec![1u8, 0, 1] };
    let (_, signed) = desk.job(header(sign(50), 3, 1, ""), &[], &messages).await;
    let again = compute(&mut desk.client, header(sign(50), 3, 1, ""), &[], &messages).await.unwrap().bytes;
    for (message, signature) in messages.chunks(50).cycle().zip(signed.chunks(256).chain(again.chunks(256))) {
        public.verify(&RSA_PSS_2048_8192_SHA256, message, signature).unwrap();
    }
    assert_ne!(signed, again);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blind_signature_and_its_factors() {
    let mut desk = Desk::rsa().await;
    let (key_id, n) = (desk.key_id(), desk.n());
    let values: Vec<BigUint> = (1..6u32).map(|i| &n / (i + 1)).collect();
    let operand: Vec<u8> = values.iter().flat_map(|m| unsigned(m, 256)).collect();
    let blind = || header(Operation::RsaBlind(RsaBlind { key_id: key_id.clone() }), 5, 1, "");
    let (blinded, bytes_blinded) = desk.job(blind(), &[], &operand).await;
    let (other, bytes_other) = desk.job(blind(), &[], &operand).await;
    assert!(bytes_blinded.chunks(256).zip(bytes_other.chunks(256)).all(|(a, b)| a != b));
    let raw = RsaDecrypt { key_id: key_id.clone(), padding: RsaPadding::None.into(), plaintext_bytes: 0 };
    let (signed, bytes_signed) = desk.both(header(Operation::RsaDecrypt(raw), 5, 1, &blinded.id), &[], &[]).await;
    let unblind = |blind_job: &str, operand: &str| {
        let unblind = RsaUnblind { key_id: key_id.clone(), blind_job: blind_job.into() };
        header(Operation::RsaUnblind(unblind), 5, 1, operand)
    };
    let (_, found) = desk.job(unblind(&blinded.id, &signed.id), &[], &[]).await;
    let e = BigUint::from(65537u32);
    for (signature, value) in found.chunks(256).zip(&values) {
        assert_eq!(BigUint::from_bytes_be(signature).modpow(&e, &n), *value);
    }
    // Good once; the wrong factors are found out; gone with the job.
    let used = compute(&mut desk.client, unblind(&blinded.id, &signed.id), &[], &[]).await.unwrap_err();
    assert_eq!(used.code(), tonic::Code::FailedPrecondition, "{used:?}");
    let wrong = compute(&mut desk.client, unblind(&other.id, ""), &[], &bytes_signed).await.unwrap_err();
    assert_eq!(wrong.message(), "signature 0 is not valid");
    let (third, _) = desk.job(blind(), &[], &operand).await;
    desk.client.delete_job(JobId { id: third.id.clone() }).await.unwrap();
    let gone = compute(&mut desk.client, unblind(&third.id, &signed.id), &[], &[]).await.unwrap_err();
    assert_eq!(gone.code(), tonic::Code::NotFound);
    let handle = compute(&mut desk.client, blind(), &[], &operand).await.unwrap_err();
    assert!(handle.message().contains("handle"), "{handle:?}");
}

/// In idle time, used up once each, and shown.
#[tokio::test(flavor = "multi_thread")]
async fn obfuscators_are_made_ahead_and_used_once() {
    let mut desk = Desk::paillier().await;
    let key_id = desk.key_id();
    let encrypt = || Operation::Encrypt(Encrypt { key_id: key_id.clone(), ..Default::default() });
    let ready = async |client: &mut Client| {
        client.get_status(GetStatusRequest { nonce: vec![] }).await.unwrap().into_inner().obfuscators_ready
    };
    assert_eq!(ready(&mut desk.client).await, 0);
    let one = header(encrypt(), 1, 1, "");
    compute(&mut desk.client, one.clone(), &[], &bytes(&[0])).await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while ready(&mut desk.client).await < 200 {
        assert!(Instant::now() < deadline, "no obfuscators are made");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // More than are ready, all of the same plaintext: no two the same, all right.
    let many = header(encrypt(), 600, 1, "");
    let found = compute(&mut desk.client, many, &[], &bytes(&[-7; 600])).await.unwrap().bytes;
    let distinct: std::collections::BTreeSet<&[u8]> = found.chunks(512).collect();
    assert_eq!(distinct.len(), 600);
    assert_eq!(desk.clear(&found).await, big(vec![-7; 600]));
    desk.client.destroy_key(DestroyKeyRequest { id: desk.key.id.clone() }).await.unwrap();
    assert_eq!(ready(&mut desk.client).await, 0);
}

/// Two's complement, so wide.
fn extended(value: &BigInt, bytes: usize) -> Vec<u8> {
    let short = value.to_signed_bytes_be();
    let sign = if value.sign() == num_bigint::Sign::Minus { 0xff } else { 0 };
    [vec![sign; bytes - short.len()], short].concat()
}

fn unsigned(value: &BigUint, bytes: usize) -> Vec<u8> {
    let short = value.to_bytes_be();
    [vec![0; bytes - short.len()], short].concat()
}
