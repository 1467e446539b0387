//! RSA's operators, as a job and as an interactive batch, against plain arithmetic and another implementation.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod one_key;
mod support;

use num_bigint::BigUint;
use one_key::{Desk, unsigned};
use proto::v1::job_header::Operation;
use proto::v1::*;
use ring::signature::{RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents};
use support::client::{compute, header};

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
