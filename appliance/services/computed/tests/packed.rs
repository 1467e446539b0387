//! Many numbers in one Paillier ciphertext: sums of rows, and what does not fit by its row and number.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod one_key;
mod support;

use one_key::{Desk, bytes};
use proto::v1::job_header::Operation;
use proto::v1::*;
use support::client::{compute, header};

const COLUMNS: u32 = 200;

/// 20 bits and sums of 4: 24 bits a slot, 85 of them in 2046 bits, and 200 numbers in three ciphertexts.
fn packing() -> Option<Packing> {
    Some(Packing { value_bits: 20, summands: 4 })
}

fn table(rows: i64) -> Vec<i64> {
    let most = (1 << 20) - 1;
    let cell = |i: i64| match i % 4 {
        0 => most,
        1 => -most,
        _ => i * 37 % 1000 - 500,
    };
    (0..rows * i64::from(COLUMNS)).map(cell).collect()
}

fn numbers(bytes: &[u8]) -> Vec<i64> {
    bytes.chunks_exact(16).map(|n| i128::from_be_bytes(n.try_into().unwrap()).try_into().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_packed_added_and_come_back() {
    let mut desk = Desk::paillier().await;
    let key_id = desk.key_id();
    let pack = || Operation::PackedEncrypt(PackedEncrypt { key_id: key_id.clone(), packing: packing() });
    let unpack = |added| {
        Operation::PackedDecrypt(PackedDecrypt { key_id: key_id.clone(), packing: packing(), columns: COLUMNS, added })
    };
    let rows = table(4);
    let (packed, sealed) = desk.job(header(pack(), 4, COLUMNS, ""), &[], &bytes(&rows)).await;
    assert_eq!((packed.rows, packed.columns, packed.item_bytes), (4, 3, 512));
    let (clear, found) = desk.both(header(unpack(1), 4, 3, &packed.id), &[], &[]).await;
    assert_eq!((clear.rows, clear.columns, clear.item_bytes), (4, COLUMNS, 16));
    assert_eq!(numbers(&found), rows);
    let sums = Operation::ColumnSums(ColumnSums { key_id: key_id.clone() });
    let (sums, _) = desk.both(header(sums, 4, 3, &packed.id), &[], &[]).await;
    let (_, found) = desk.both(header(unpack(4), 1, 3, &sums.id), &[], &[]).await;
    let column = |c: usize| rows.iter().skip(c).step_by(COLUMNS as usize).sum::<i64>();
    assert_eq!(numbers(&found), (0..COLUMNS as usize).map(column).collect::<Vec<_>>());
    // Whoever says that fewer were added than were is told where it shows first.
    let wrong = compute(&mut desk.client, header(unpack(1), 1, 3, &sums.id), &[], &[]).await.unwrap_err();
    assert_eq!(wrong.message(), "number 0 of row 0 has outgrown its slot: more was added up than was stated");
    // Times 2 in the second row, where one is all that is stated.
    let plaintexts = vec![1, 1, 1, 2, 2, 2];
    let twice = Operation::Multiply(Multiply { key_id: key_id.clone(), plaintexts, plaintext_bytes: 0 });
    let (twice, _) = desk.both(header(twice, 2, 3, ""), &[], &sealed[..6 * 512]).await;
    let wrong = compute(&mut desk.client, header(unpack(1), 2, 3, &twice.id), &[], &[]).await.unwrap_err();
    assert_eq!(wrong.message(), "number 0 of row 1 has outgrown its slot: more was added up than was stated");
    let (_, found) = desk.both(header(unpack(2), 2, 3, &twice.id), &[], &[]).await;
    assert_eq!(numbers(&found)[200..], rows[200..400].iter().map(|v| 2 * v).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused() {
    let mut desk = Desk::paillier().await;
    let key_id = desk.key_id();
    let pack = |packing| Operation::PackedEncrypt(PackedEncrypt { key_id: key_id.clone(), packing });
    let mut rows = table(2);
    rows[207] = 1 << 20;
    let refused = compute(&mut desk.client, header(pack(packing()), 2, COLUMNS, ""), &[], &bytes(&rows)).await;
    assert_eq!(refused.unwrap_err().message(), "number 7 of row 1 is not between -2^20 and 2^20, both excluded");
    let mut refused = async |operation, columns: u32| {
        compute(&mut desk.client, header(operation, 1, columns, ""), &[], &[]).await.unwrap_err().message().to_string()
    };
    for wrong in [None, Some(Packing { value_bits: 64, summands: 1 }), Some(Packing { value_bits: 1, summands: 0 })] {
        assert!(refused(pack(wrong), 1).await.contains("numbers have 1 to 63 bits, and sums 1 to 2^32"));
    }
    let wide = Some(Packing { value_bits: 63, summands: 1 << 32 });
    let long = refused(pack(wide), 21 * 4096 + 1).await;
    assert_eq!(long, "a packed row of 4097 ciphertexts; at most 4096 are taken");
    let unpack = |columns, added| {
        Operation::PackedDecrypt(PackedDecrypt { key_id: key_id.clone(), packing: packing(), columns, added })
    };
    let other = refused(unpack(COLUMNS, 1), 2).await;
    assert_eq!(other, "rows of 2 ciphertexts, where their numbers take 3");
    assert_eq!(refused(unpack(COLUMNS, 5), 3).await, "the packing: 5 were added, where it has room for 4");
}
