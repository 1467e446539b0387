//! Interactive batches and jobs: what is refused, and in which words.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod support;
mod two_keys;

use accounts::Role;
use num_bigint::BigInt;
use proto::v1::job_header::Operation;
use proto::v1::*;
use support::client::{self, compute, done, header, parts, submit_with, watch};
use tonic::Code;
use two_keys::{bytes, desk};

/// Header, plaintext factors, operand; the code and a part of the text that answer it.
type Case = (JobHeader, Vec<u8>, Vec<u8>, Code, &'static str);

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said() {
    let mut desk = desk().await;
    let (key_id, rsa) = (desk.keys.paillier.clone(), desk.keys.rsa.clone());
    let encrypted = done(&mut desk.client, header(desk.keys.embed(), 2, 3, ""), &bytes(6)).await;
    let sent = client::fetch(&mut desk.client, &encrypted.id).await;
    let wide =
        |plaintext_bytes| Operation::Encrypt(Encrypt { key_id: key_id.clone(), plaintext_bytes, ..Default::default() });
    let residues = Operation::Encrypt(Encrypt { key_id: key_id.clone(), residues: true, ..Default::default() });
    let with_rsa_key = Operation::ColumnSums(ColumnSums { key_id: rsa.clone() });
    let sign = |key_id: &str, message_bytes| Operation::RsaSign(RsaSign { key_id: key_id.into(), message_bytes });
    let unpadded = Operation::RsaEncrypt(RsaEncrypt { key_id: rsa.clone(), padding: 0, plaintext_bytes: 5 });
    let long = RsaEncrypt { key_id: rsa.clone(), padding: RsaPadding::OaepSha256.into(), plaintext_bytes: 191 };
    let raw = RsaEncrypt { key_id: rsa.clone(), padding: RsaPadding::None.into(), plaintext_bytes: 0 };
    let multiply = || Operation::Multiply(Multiply { key_id: key_id.clone(), ..Default::default() });
    let left = MatrixProduct {
        key_id: key_id.clone(),
        side: matrix_product::Side::PlaintextLeft.into(),
        plaintext_rows: 2,
        ..Default::default()
    };
    let add = |addend_job: &str| Operation::Add(Add { key_id: key_id.clone(), addend_job: addend_job.into() });
    let mut out_of_range = vec![0; 3 * 256];
    out_of_range[2 * 256] = 0x7f;
    let mut zero = sent.clone();
    zero[4 * 512..5 * 512].fill(0);
    let at = &encrypted.id;
    let cases: Vec<Case> = vec![
        (header(desk.keys.encrypt(), 0, 3, ""), vec![], vec![], Code::InvalidArgument, "0 x 3 items"),
        (
            header(desk.keys.encrypt(), 2, 3, ""),
            vec![],
            vec![0; 47],
            Code::InvalidArgument,
            "47 bytes of operand where the shape needs 48",
        ),
        (
            header(desk.keys.encrypt(), 2, 3, ""),
            vec![],
            vec![0; 49],
            Code::InvalidArgument,
            "49 bytes of operand where the shape needs 48",
        ),
        (header(wide(257), 1, 1, ""), vec![], vec![0; 257], Code::InvalidArgument, "plaintexts of 257 bytes; 1 to 256"),
        (header(wide(256), 3, 1, ""), vec![], out_of_range, Code::InvalidArgument, "plaintext 2 "),
        (header(residues, 2, 1, ""), vec![], [vec![0; 256], vec![0xff; 256]].concat(), Code::InvalidArgument, " 1 "),
        (header(desk.keys.decrypt(), 2, 3, ""), vec![], zero, Code::InvalidArgument, "ciphertext 4 "),
        (header(desk.keys.decrypt(), 2, 3, ""), vec![], sent[..5 * 512].to_vec(), Code::InvalidArgument, "2560 bytes"),
        (
            header(with_rsa_key, 1, 1, ""),
            vec![],
            vec![0; 256],
            Code::InvalidArgument,
            "column_sums and a key of the kind rsa",
        ),
        (
            header(sign(&key_id, 32), 1, 1, ""),
            vec![],
            vec![0; 32],
            Code::InvalidArgument,
            "rsa_sign and a key of the kind paillier",
        ),
        (header(sign(&rsa, 0), 1, 1, ""), vec![], vec![], Code::InvalidArgument, "plaintexts of 0 bytes"),
        (header(unpadded, 1, 1, ""), vec![], vec![0; 5], Code::InvalidArgument, "padding"),
        (header(Operation::RsaEncrypt(long), 1, 1, ""), vec![], vec![0; 191], Code::InvalidArgument, "1 to 190"),
        (
            header(Operation::RsaEncrypt(raw), 2, 1, ""),
            vec![],
            [vec![0; 256], vec![0xff; 256]].concat(),
            Code::InvalidArgument,
            "1 is out of range",
        ),
        (
            header(multiply(), 2, 3, at),
            vec![],
            vec![],
            Code::InvalidArgument,
            "0 plaintext factors where the shape needs 3 or 6",
        ),
        (header(multiply(), 2, 3, at), vec![0; 32], vec![], Code::InvalidArgument, "4 plaintext factors"),
        (header(multiply(), 2, 3, at), vec![0; 23], vec![], Code::InvalidArgument, "end within one"),
        (header(multiply(), 2, 3, at), vec![0; 56], vec![], Code::InvalidArgument, "7 plaintext factors"),
        (
            header(Operation::MatrixProduct(left), 2, 3, at),
            vec![0; 24],
            vec![],
            Code::InvalidArgument,
            "3 plaintext factors where the shape needs 4",
        ),
        (header(add("0011223344556677"), 2, 3, at), vec![], vec![], Code::NotFound, "no job"),
        (header(desk.keys.decrypt(), 2, 3, "nothing"), vec![], vec![], Code::NotFound, "no job"),
        (
            header(desk.keys.decrypt(), 3, 2, at),
            vec![],
            vec![],
            Code::InvalidArgument,
            "is 2 x 3, the header says 3 x 2",
        ),
        (
            header(desk.keys.decrypt(), 2, 3, at),
            vec![],
            vec![0; 8],
            Code::InvalidArgument,
            "although another job's result",
        ),
        (
            header(desk.keys.encrypt(), 2, 3, at),
            vec![],
            vec![],
            Code::InvalidArgument,
            "items of 512 bytes, the operation takes 8",
        ),
        (
            header(desk.keys.encrypt(), 2, 3, ""),
            vec![0; 8],
            vec![0; 48],
            Code::InvalidArgument,
            "plaintext chunks where none belong",
        ),
    ];
    for (header, factors, operand, code, text) in cases {
        let status = compute(&mut desk.client, header.clone(), &factors, &operand).await.unwrap_err();
        assert_eq!(status.code(), code, "{text}: {status:?}");
        assert!(status.message().contains(text), "{text}: {}", status.message());
        // As a job it is refused in the same words, or taken and failed in them.
        let error = match submit_with(&mut desk.client, header, &factors, &operand).await {
            Err(status) => status.message().to_string(),
            Ok(job) => watch(&mut desk.client, &job.id).await.error,
        };
        assert!(error.contains(text), "{text}: {error}");
    }
    desk.no_batches().await;
    // Factors after the operand has begun.
    let mut late = parts(header(multiply(), 2, 3, ""), &[0; 24], &sent);
    late.swap(1, 2);
    let refused = desk.client.compute(tokio_stream::iter(late)).await;
    assert!(refused.unwrap_err().message().contains("0 plaintext factors"));
    let good = compute(&mut desk.client, header(desk.keys.decrypt(), 2, 3, at), &[], &[]).await.unwrap();
    assert!(good.bytes.chunks(256).map(BigInt::from_signed_bytes_be).eq((0..6).map(BigInt::from)));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_clients_handle_is_as_good_as_none() {
    let mut desk = desk().await;
    let encrypted = done(&mut desk.client, header(desk.keys.embed(), 2, 1, ""), &bytes(2)).await;
    let code = client::invite(&mut desk.client, &desk.credentials, "other", Role::Operator).await.unwrap();
    let credentials = client::enrol(desk.box_.enrolment, &code, "other").await.unwrap();
    let mut other = client::connect(desk.box_.service, Some(&credentials)).await.unwrap();
    let request = CreateKeyRequest { name: "o".into(), paillier_bits: 2048, ..Default::default() };
    let key_id = other.create_key(request).await.unwrap().into_inner().id;
    let decrypt = |key_id: &str| Operation::Decrypt(Decrypt { key_id: key_id.into(), ..Default::default() });
    let handle = compute(&mut other, header(decrypt(&key_id), 2, 1, &encrypted.id), &[], &[]).await.unwrap_err();
    assert_eq!(handle.code(), Code::NotFound, "{handle:?}");
    let add = Operation::Add(Add { key_id: key_id.clone(), addend_job: encrypted.id.clone() });
    let addend = compute(&mut other, header(add, 2, 1, ""), &[], &[1; 1024]).await.unwrap_err();
    assert_eq!(addend.code(), Code::NotFound, "{addend:?}");
    let key = compute(&mut other, header(decrypt(&desk.keys.paillier), 2, 1, ""), &[], &[1; 1024]).await.unwrap_err();
    assert_eq!((key.code(), key.message().contains("no key")), (Code::NotFound, true), "{key:?}");
    let unknown = client::connect(desk.box_.service, None).await;
    let refused = match unknown {
        Err(_) => true,
        Ok(mut client) => compute(&mut client, header(decrypt(&key_id), 1, 1, ""), &[], &[1; 512]).await.is_err(),
    };
    assert!(refused);
}

/// However an operand is cut into blocks on its way, an item is named by its number from the start.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_in_a_later_block_is_named_by_its_number() {
    let mut desk = desk().await;
    let count = 3000;
    let embed = header(desk.keys.embed(), count, 1, "");
    let good = compute(&mut desk.client, embed, &[], &bytes(count as usize)).await.unwrap().bytes;
    let mut wrong = good.clone();
    wrong[2901 * 512..2902 * 512].fill(0);
    let add = Operation::Add(Add { key_id: desk.keys.paillier.clone(), addend_job: String::new() });
    let pairs = header(add, count / 2, 1, "");
    for (header, text) in [(header(desk.keys.decrypt(), count, 1, ""), "ciphertext 2901 "), (pairs, "ciphertext 1450 ")]
    {
        let batch = compute(&mut desk.client, header.clone(), &[], &wrong).await.unwrap_err();
        let job = submit_with(&mut desk.client, header, &[], &wrong).await.unwrap_err();
        for status in [batch, job] {
            assert_eq!(status.code(), Code::InvalidArgument);
            assert!(status.message().contains(text), "{text}: {}", status.message());
        }
    }
    let modulus = vec![0xfb; 256];
    let exponents = vec![vec![3]];
    let power = Operation::ModularExponentiation(ModularExponentiation { modulus, exponents });
    let mut bases = vec![1; 5000 * 256];
    bases[4500 * 256..4501 * 256].fill(0xff);
    let refused = submit_with(&mut desk.client, header(power, 5000, 1, ""), &[], &bases).await.unwrap_err();
    assert!(refused.message().contains("element 4500 "), "{}", refused.message());
}
