//! Every way by which a ciphertext comes into the box: what is none of the key's (0, n^2 and above, what shares a factor with n) is
//! refused by its number, before anything is done with it.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod one_key;
mod support;

use num_bigint::BigUint;
use one_key::{Desk, bytes, unsigned};
use proto::v1::job_header::Operation;
use proto::v1::*;
use support::client::{compute, header, submit_with};
use tonic::Code;

/// What an operation takes, and how to ask for it on two items.
struct Way {
    operation: Operation,
    rows: u32,
    columns: u32,
    factors: Vec<u8>,
    /// Ciphertexts in an item.
    each: usize,
}

/// All ways of the interface's description. A new operation does not compile until it is sorted in here.
fn ways(key_id: &str) -> Vec<Way> {
    let key_id = || key_id.to_string();
    let left = matrix_product::Side::PlaintextLeft.into();
    let all = [
        Operation::Encrypt(Encrypt { key_id: key_id(), ..Default::default() }),
        Operation::Decrypt(Decrypt { key_id: key_id(), ..Default::default() }),
        Operation::Decrypt(Decrypt { key_id: key_id(), residues: true }),
        Operation::Obfuscate(Obfuscate { key_id: key_id() }),
        Operation::Add(Add { key_id: key_id(), addend_job: String::new() }),
        Operation::Multiply(Multiply { key_id: key_id(), ..Default::default() }),
        Operation::ColumnSums(ColumnSums { key_id: key_id() }),
        Operation::RowSums(RowSums { key_id: key_id() }),
        Operation::MatrixProduct(MatrixProduct { key_id: key_id(), plaintext_columns: 1, ..Default::default() }),
        Operation::MatrixProduct(MatrixProduct {
            key_id: key_id(),
            plaintext_rows: 1,
            side: left,
            ..Default::default()
        }),
        Operation::RsaEncrypt(RsaEncrypt::default()),
        Operation::RsaDecrypt(RsaDecrypt::default()),
        Operation::RsaSign(RsaSign::default()),
        Operation::RsaBlind(RsaBlind::default()),
        Operation::RsaUnblind(RsaUnblind::default()),
        Operation::GroupExponentiation(GroupExponentiation::default()),
        Operation::PackedEncrypt(PackedEncrypt::default()),
        Operation::PackedDecrypt(PackedDecrypt {
            key_id: key_id(),
            packing: Some(Packing { value_bits: 63, summands: 1 << 32 }),
            columns: 1,
            added: 0,
        }),
        Operation::ModularExponentiation(ModularExponentiation::default()),
    ];
    all.into_iter().filter_map(way).collect()
}

fn way(operation: Operation) -> Option<Way> {
    let (rows, columns, factors, each) = match &operation {
        Operation::Decrypt(_) | Operation::Obfuscate(_) | Operation::PackedDecrypt(_) => (2, 1, 0, 1),
        Operation::ColumnSums(_) | Operation::RowSums(_) => (2, 1, 0, 1),
        Operation::Add(_) => (2, 1, 0, 2),
        Operation::Multiply(_) => (2, 1, 2, 1),
        Operation::MatrixProduct(MatrixProduct { plaintext_columns: 1, .. }) => (1, 2, 2, 1),
        Operation::MatrixProduct(_) => (2, 1, 2, 1),
        // Plaintexts, or numbers of another scheme, whose range is checked elsewhere (`refusals`, `rsa_operators`, `other_schemes`).
        Operation::Encrypt(_)
        | Operation::RsaEncrypt(_)
        | Operation::RsaDecrypt(_)
        | Operation::RsaSign(_)
        | Operation::RsaBlind(_)
        | Operation::RsaUnblind(_)
        | Operation::GroupExponentiation(_)
        | Operation::PackedEncrypt(_)
        | Operation::ModularExponentiation(_) => return None,
    };
    Some(Way { operation, rows, columns, factors: bytes(&vec![3; factors]), each })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_ciphertext_is_refused_wherever_it_comes_in() {
    let mut desk = Desk::paillier().await;
    let encrypt = Operation::Encrypt(Encrypt { key_id: desk.key_id(), ..Default::default() });
    let (_, good) = desk.job(header(encrypt, 1, 1, ""), &[], &bytes(&[7])).await;
    let n = desk.n();
    let square = &n * &n;
    let top = (BigUint::from(1u8) << 4096u32) - 1u8;
    let bad = [BigUint::ZERO, n.clone(), &n * 2u8, &square - &n, square.clone(), &square + 1u8, top];
    let ways = ways(&desk.key_id());
    assert_eq!(ways.len(), 10);
    for Way { operation, rows, columns, factors, each } in ways {
        let header = header(operation, rows, columns, "");
        // Good ones are taken.
        let operand = good.repeat(2 * each);
        compute(&mut desk.client, header.clone(), &factors, &operand).await.unwrap();
        for bad in &bad {
            for place in 0..2 * each {
                let mut operand = operand.clone();
                operand[place * 512..][..512].copy_from_slice(&unsigned(bad, 512));
                let named = format!("ciphertext {} is none of this key's", place / each);
                let by_job = submit_with(&mut desk.client, header.clone(), &factors, &operand).await.unwrap_err();
                let by_batch = compute(&mut desk.client, header.clone(), &factors, &operand).await.unwrap_err();
                for status in [by_job, by_batch] {
                    assert_eq!(status.code(), Code::InvalidArgument, "{header:?}: {status:?}");
                    assert!(status.message().contains(&named), "{header:?} {place}: {}", status.message());
                }
            }
        }
    }
}
