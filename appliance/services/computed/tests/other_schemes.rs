//! The operators under keys of Okamoto-Uchiyama, ElGamal and Diffie-Hellman, as a job and as an interactive batch, against plain
//! arithmetic; and what is refused by its number.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod one_key;
mod support;

use num_bigint::{BigInt, BigUint};
use one_key::{Desk, bytes, unsigned};
use proto::v1::job_header::Operation;
use proto::v1::*;
use support::client::{compute, header};
use tonic::Code;

async fn sums_desk() -> Desk {
    Desk::new(CreateKeyRequest { okamoto_uchiyama_bits: 3072, ..Default::default() }).await
}

async fn curve_desk() -> Desk {
    Desk::new(CreateKeyRequest { elgamal: true, ..Default::default() }).await
}

async fn group_desk() -> Desk {
    Desk::new(CreateKeyRequest { diffie_hellman_group: "ffdhe2048".into(), ..Default::default() }).await
}

/// A key under which plaintexts add up, and the widths of its ciphertexts and plaintexts.
struct Sums {
    desk: Desk,
    width: usize,
    clear: usize,
}

impl Sums {
    /// What a job's result decrypts to.
    async fn clear_of(&mut self, job: &Job) -> Vec<i64> {
        let decrypt = Operation::Decrypt(Decrypt { key_id: self.desk.key_id(), ..Default::default() });
        assert_eq!(job.item_bytes as usize, self.width);
        let (done, clear) = self.desk.both(header(decrypt, job.rows, job.columns, &job.id), &[], &[]).await;
        assert_eq!(done.item_bytes as usize, self.clear);
        let number = |item: &[u8]| BigInt::from_signed_bytes_be(item).try_into().unwrap();
        clear.chunks_exact(self.clear).map(number).collect()
    }

    async fn refused(&mut self, operation: Operation, rows: u32, factors: &[u8], operand: &[u8]) -> String {
        let header = header(operation, rows, 1, "");
        let batch = compute(&mut self.desk.client, header, factors, operand).await.unwrap_err();
        assert_eq!(batch.code(), Code::InvalidArgument, "{batch:?}");
        batch.message().into()
    }
}

async fn every_operator(sums: &mut Sums) {
    let key_id = sums.desk.key_id();
    let values = [1, -2, 3, -4, 5, 6];
    let job = sums.desk.encrypted(&values, 2, 3).await;
    assert_eq!(sums.clear_of(&job).await, values);
    let of = |operation: Operation| header(operation, 2, 3, &job.id);
    let (added, _) =
        sums.desk.both(of(Operation::Add(Add { key_id: key_id.clone(), addend_job: job.id.clone() })), &[], &[]).await;
    assert_eq!(sums.clear_of(&added).await, values.map(|v| 2 * v));
    let multiply = |plaintexts: Vec<i64>| Multiply { key_id: key_id.clone(), plaintexts, plaintext_bytes: 0 };
    let (scaled, _) = sums.desk.both(of(Operation::Multiply(multiply(vec![3, -1, 0]))), &[], &[]).await;
    assert_eq!(sums.clear_of(&scaled).await, [3, 2, 0, -12, -5, 0]);
    let (each, _) = sums.desk.both(of(Operation::Multiply(multiply(vec![1, 2, 3, 4, 5, -6]))), &[], &[]).await;
    assert_eq!(sums.clear_of(&each).await, [1, -4, 9, -16, 25, -36]);
    // Factors of three bytes, in chunks.
    let narrow = Multiply { key_id: key_id.clone(), plaintexts: vec![], plaintext_bytes: 3 };
    let (by_three, _) = sums.desk.both(of(Operation::Multiply(narrow)), &[255, 255, 254, 0, 1, 0, 0, 0, 1], &[]).await;
    assert_eq!(sums.clear_of(&by_three).await, [-2, -512, 3, 8, 1280, 6]);
    let columns = Operation::ColumnSums(ColumnSums { key_id: key_id.clone() });
    let (columns, _) = sums.desk.both(of(columns), &[], &[]).await;
    assert_eq!(sums.clear_of(&columns).await, [-3, 3, 9]);
    let (rows, _) = sums.desk.both(of(Operation::RowSums(RowSums { key_id: key_id.clone() })), &[], &[]).await;
    assert_eq!(sums.clear_of(&rows).await, [2, 7]);
    let right = MatrixProduct {
        key_id: key_id.clone(),
        plaintexts: vec![1, -1, 0, 2, -5, 4],
        plaintext_columns: 2,
        ..Default::default()
    };
    let (right, _) = sums.desk.both(of(Operation::MatrixProduct(right)), &[], &[]).await;
    assert_eq!(sums.clear_of(&right).await, [-14, 7, -34, 38]);
    let left = MatrixProduct {
        key_id: key_id.clone(),
        plaintexts: vec![2, -1, 0, 3, 1, 1, 1, 0, 0, 1],
        plaintext_rows: 5,
        side: matrix_product::Side::PlaintextLeft.into(),
        ..Default::default()
    };
    let (left, _) = sums.desk.both(of(Operation::MatrixProduct(left)), &[], &[]).await;
    assert_eq!(sums.clear_of(&left).await, [6, -9, 0, -12, 15, 18, -3, 3, 9, 1, -2, 3, -4, 5, 6]);
    // Pairs that are sent, a bare plaintext among them, and what hides it.
    let bare = Encrypt { key_id: key_id.clone(), without_obfuscation: true, ..Default::default() };
    let (bare, open) = sums.desk.both(header(Operation::Encrypt(bare), 1, 1, ""), &[], &bytes(&[40])).await;
    let pair = [open.clone(), open.clone()].concat();
    let add = Operation::Add(Add { key_id: key_id.clone(), addend_job: String::new() });
    let (pair, _) = sums.desk.both(header(add, 1, 1, ""), &[], &pair).await;
    assert_eq!(sums.clear_of(&pair).await, [80]);
    let obfuscate = Operation::Obfuscate(Obfuscate { key_id: key_id.clone() });
    let (hidden, bytes_hidden) = sums.desk.job(header(obfuscate, 1, 1, &bare.id), &[], &[]).await;
    assert_ne!(bytes_hidden, open);
    assert_eq!(sums.clear_of(&hidden).await, [40]);
    let residues = Operation::Encrypt(Encrypt { key_id: key_id.clone(), residues: true, ..Default::default() });
    assert!(sums.refused(residues, 1, &[], &[0; 8]).await.contains("residues are Paillier's alone"));
    let wide = Operation::Multiply(Multiply { key_id: key_id.clone(), plaintexts: vec![], plaintext_bytes: 9 });
    assert_eq!(sums.refused(wide, 1, &[0; 9], &open).await, "plaintexts of 9 bytes; 1 to 8 are taken");
    let alien = Operation::GroupExponentiation(GroupExponentiation { key_id });
    assert!(sums.refused(alien, 1, &[], &[]).await.contains("do not fit together"));
}

#[tokio::test(flavor = "multi_thread")]
async fn okamoto_uchiyama() {
    let mut sums = Sums { desk: sums_desk().await, width: 384, clear: 40 };
    assert_eq!((sums.desk.key.okamoto_uchiyama_bits, sums.desk.key.g.len()), (3072, 384));
    every_operator(&mut sums).await;
    let key_id = sums.desk.key_id();
    let encrypt =
        |plaintext_bytes| Operation::Encrypt(Encrypt { key_id: key_id.clone(), plaintext_bytes, ..Default::default() });
    // The ends of the range, and past them.
    let most = BigInt::from_biguint(num_bigint::Sign::Plus, (BigUint::from(1u8) << 256u32) - 1u8);
    let wide = |value: &BigInt| {
        let short = value.to_signed_bytes_be();
        [vec![if value < &BigInt::ZERO { 255 } else { 0 }; 40 - short.len()], short].concat()
    };
    let ends = [wide(&most), wide(&-&most)].concat();
    let (job, sealed) = sums.desk.job(header(encrypt(40), 2, 1, ""), &[], &ends).await;
    let decrypt = || Operation::Decrypt(Decrypt { key_id: key_id.clone(), ..Default::default() });
    assert_eq!(sums.desk.both(header(decrypt(), 2, 1, &job.id), &[], &[]).await.1, ends);
    let over = [wide(&most), wide(&(&most + 1))].concat();
    let refused = sums.refused(encrypt(40), 2, &[], &over).await;
    assert_eq!(refused, "plaintext 1 is not between -2^256 and 2^256, both excluded");
    let twice = Operation::Multiply(Multiply { key_id: key_id.clone(), plaintexts: vec![1, 2], ..Default::default() });
    let (twice, _) = sums.desk.both(header(twice, 2, 1, &job.id), &[], &[]).await;
    let overflow = compute(&mut sums.desk.client, header(decrypt(), 2, 1, &twice.id), &[], &[]).await.unwrap_err();
    assert_eq!(overflow.message(), "ciphertext 1 does not decrypt");
    let n = sums.desk.n();
    let too_much = (BigUint::from(1u8) << 3072u32) - 1u8;
    for (bad, what) in [(BigUint::ZERO, "0"), (n.clone(), "not below n"), (too_much, "not below n")] {
        let operand = [&sealed[..384], &unsigned(&bad, 384)].concat();
        let refused = sums.refused(decrypt(), 2, &[], &operand).await;
        assert_eq!(refused, format!("ciphertext 1 is none of this key's: it is {what}"));
        let submitted = support::client::submit_with(&mut sums.desk.client, header(decrypt(), 2, 1, ""), &[], &operand);
        assert_eq!(submitted.await.unwrap_err().message(), refused);
    }
    assert_eq!(sums.refused(encrypt(41), 1, &[], &[0; 41]).await, "plaintexts of 41 bytes; 1 to 40 are taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn elgamal() {
    let mut sums = Sums { desk: curve_desk().await, width: 64, clear: 8 };
    assert!(sums.desk.key.elgamal && sums.desk.key.public_value.len() == 32);
    every_operator(&mut sums).await;
    let key_id = sums.desk.key_id();
    let encrypt = || Operation::Encrypt(Encrypt { key_id: key_id.clone(), ..Default::default() });
    let decrypt = || Operation::Decrypt(Decrypt { key_id: key_id.clone(), ..Default::default() });
    let most = (1i64 << 32) - 1;
    let job = sums.desk.encrypted(&[most, -most], 2, 1).await;
    assert_eq!(sums.clear_of(&job).await, [most, -most]);
    for beyond in [most + 1, -most - 1, i64::MIN] {
        let refused = sums.refused(encrypt(), 2, &[], &bytes(&[most, beyond])).await;
        assert_eq!(refused, "plaintext 1 is not between -2^32 and 2^32, both excluded");
    }
    let twice = Operation::Multiply(Multiply { key_id: key_id.clone(), plaintexts: vec![1, 2], ..Default::default() });
    let (twice, sealed) = sums.desk.both(header(twice, 2, 1, &job.id), &[], &[]).await;
    let overflow = compute(&mut sums.desk.client, header(decrypt(), 2, 1, &twice.id), &[], &[]).await.unwrap_err();
    assert_eq!(overflow.message(), "ciphertext 1 does not decrypt");
    for bad in [[255; 32], [1; 32]] {
        let operand = [&sealed[..96], &bad].concat();
        let refused = sums.refused(decrypt(), 2, &[], &operand).await;
        assert_eq!(refused, "ciphertext 1 is none of this key's: it is no pair of encoded points (RFC 9496)");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn diffie_hellman() {
    let mut desk = group_desk().await;
    assert_eq!(
        (desk.key.diffie_hellman_group.as_str(), desk.key.operations.as_slice()),
        ("ffdhe2048", &["derive".into()][..])
    );
    let key_id = desk.key_id();
    let raise = || Operation::GroupExponentiation(GroupExponentiation { key_id: key_id.clone() });
    // The other side, by plain arithmetic: both come to the same number.
    let group = he::diffie_hellman::Group::new(he::diffie_hellman::GroupName::Ffdhe2048).unwrap();
    let own = he::diffie_hellman::PrivateKey::generate(&group).unwrap();
    let theirs = own.public_value(&group).to_be();
    let engine = engine::Engine::without_card("a test");
    let public = group.accept(&engine, &desk.key.public_value).unwrap();
    let shared = own.agree(&engine, &group, &public, &engine::unattended).unwrap();
    let (job, found) = desk.both(header(raise(), 1, 1, ""), &[], &theirs).await;
    assert_eq!((found.as_slice(), job.item_bytes), (shared.as_slice(), 256));
    // A handle is an operand, and is looked at like what is sent.
    let (_, again) = desk.both(header(raise(), 1, 1, &job.id), &[], &[]).await;
    assert_ne!(again, found);
    let mut two = vec![0; 256];
    two[255] = 2;
    let number = |value: u8| [vec![0; 255], vec![value]].concat();
    // 7 is no square modulo this group's p.
    for bad in [number(0), number(1), number(7), vec![255; 256]] {
        let operand = [two.clone(), bad].concat();
        let batch = compute(&mut desk.client, header(raise(), 2, 1, ""), &[], &operand).await.unwrap_err();
        let job =
            support::client::submit_with(&mut desk.client, header(raise(), 2, 1, ""), &[], &operand).await.unwrap_err();
        for status in [batch, job] {
            assert_eq!(status.code(), Code::InvalidArgument);
            assert!(status.message().starts_with("element 1 is none of the group's"), "{status:?}");
        }
    }
    let encrypt = Operation::Encrypt(Encrypt { key_id, ..Default::default() });
    let refused = compute(&mut desk.client, header(encrypt, 1, 1, ""), &[], &[0; 8]).await.unwrap_err();
    assert!(refused.message().contains("diffie-hellman"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_of_one_kind_and_public_ones_come_from_others() {
    let mut desk = curve_desk().await;
    for request in [
        CreateKeyRequest { elgamal: true, paillier_bits: 2048, ..Default::default() },
        CreateKeyRequest { okamoto_uchiyama_bits: 3072, rsa_bits: 2048, ..Default::default() },
        CreateKeyRequest { elgamal: true, diffie_hellman_group: "ffdhe2048".into(), ..Default::default() },
        CreateKeyRequest { diffie_hellman_group: "modp1024".into(), ..Default::default() },
    ] {
        let refused = desk.client.create_key(CreateKeyRequest { name: "x".into(), ..request }).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
    }
    let public = ElGamalPublicKey { h: desk.key.public_value.clone() };
    let public_key = Some(import_key_request::PublicKey::Elgamal(public));
    let request = ImportKeyRequest { name: "theirs".into(), public_key, operations: vec![] };
    let imported = desk.client.import_key(request).await.unwrap().into_inner();
    assert!(imported.imported && imported.elgamal && imported.public_value == desk.key.public_value);
    let encrypt = Operation::Encrypt(Encrypt { key_id: imported.id, ..Default::default() });
    let (_, sealed) = desk.job(header(encrypt, 2, 1, ""), &[], &bytes(&[3, -4])).await;
    let decrypt = Operation::Decrypt(Decrypt { key_id: desk.key_id(), ..Default::default() });
    let (_, clear) = desk.both(header(decrypt, 2, 1, ""), &[], &sealed).await;
    assert_eq!(clear, bytes(&[3, -4]));
}
