//! Every operator on Paillier ciphertexts, as a job and as an interactive batch, against plain arithmetic.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod one_key;
mod support;

use std::time::{Duration, Instant};

use num_bigint::{BigInt, BigUint};
use one_key::{Desk, bytes, unsigned};
use proto::v1::job_header::Operation;
use proto::v1::matrix_product::Side;
use proto::v1::*;
use support::client::{Client, compute, fetch, header};

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
    assert!(values.len() > computed::limits::BLOCK_ITEMS_CHEAP);
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

/// In idle time, used up once each, and shown.
#[tokio::test(flavor = "multi_thread")]
async fn obfuscators_are_made_ahead_and_used_once() {
    let mut desk = Desk::paillier().await;
    let key_id = desk.key_id();
    let encrypt = || Operation::Encrypt(Encrypt { key_id: key_id.clone(), ..Default::default() });
    let ready = async |client: &mut Client| {
        client.get_status(GetStatusRequest::default()).await.unwrap().into_inner().obfuscators_ready
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
    support::client::destroy_key(&mut desk.client, &desk.credentials, &desk.key.id).await.unwrap();
    assert_eq!(ready(&mut desk.client).await, 0);
}

/// Two's complement, so wide.
fn extended(value: &BigInt, bytes: usize) -> Vec<u8> {
    let short = value.to_signed_bytes_be();
    let sign = if value.sign() == num_bigint::Sign::Minus { 0xff } else { 0 };
    [vec![sign; bytes - short.len()], short].concat()
}
