//! What must not pass, and that the service goes on after each of it.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod support;

use std::time::Duration;

use accounts::{PairingCode, Role};
use engine::Engine;
use proto::v1::job_header::Operation;
use proto::v1::submit_request::Part;
use proto::v1::*;
use support::InProcess;
use support::client::{self, Client, Credentials, header, probe, submit};
use support::keyd::SoftwareKeyd;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tonic::Code;
use zeroize::Zeroizing;

fn cpu() -> Engine {
    Engine::without_card("none")
}

async fn administrator(box_: &InProcess) -> (Credentials, Client) {
    let credentials = client::enrol(box_.enrolment, &box_.code("admin"), "admin").await.unwrap();
    let client = client::connect(box_.service, Some(&credentials)).await.unwrap();
    (credentials, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let keyd = SoftwareKeyd::new();
    let box_ = InProcess::start(folder.path(), &keyd, cpu());
    let (credentials, mut admin) = administrator(&box_).await;
    let refused = async |c: Option<&Credentials>| probe(box_.service, c).await.unwrap_err();
    let alert = async |c: Option<&Credentials>| client::alert(box_.service, c).await;
    let nobody = alert(None).await;
    assert!(nobody.contains("CertificateRequired"), "{nobody}");
    assert!(probe(box_.service, None).await.is_err());
    let issue = |by: &SoftwareKeyd, valid_s: i64| {
        let (key, csr) = client::new_key();
        let certificate = by.issue(&csr, "admin", "administrator", valid_s).0;
        Credentials { name: "admin".into(), key: key.serialize_der(), certificate }
    };
    let other = alert(Some(&issue(&SoftwareKeyd::new(), 3600))).await;
    assert!(
        other.contains("DecryptError") || other.contains("UnknownCA") || other.contains("BadCertificate"),
        "{other}"
    );
    // Signed by the right authority, but never enrolled, and whatever its dates are.
    assert!(refused(Some(&issue(&keyd, -60))).await.contains("no client with this certificate"));
    assert!(refused(Some(&issue(&keyd, 3600))).await.contains("no client with this certificate"));

    let invited = client::invite(&mut admin, &credentials, "second", Role::Operator).await.unwrap();
    let second = client::enrol(box_.enrolment, &invited, "second").await.unwrap();
    let mut operator = client::connect(box_.service, Some(&second)).await.unwrap();
    let status = operator.list_clients(ListClientsRequest {}).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    // Revoked on an open connection, and on a new one.
    let clients = admin.list_clients(ListClientsRequest {}).await.unwrap().into_inner().clients;
    let serial = clients.iter().find(|c| c.name == "second").unwrap().serial.clone();
    let unsigned = admin.revoke_client(RevokeClientRequest { serial: serial.clone(), proof: None }).await.unwrap_err();
    assert!(unsigned.code() == Code::InvalidArgument && unsigned.message().contains("proof"), "{unsigned:?}");
    client::revoke(&mut admin, &credentials, &serial).await.unwrap();
    let status = operator.list_keys(ListKeysRequest {}).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Unauthenticated, "the certificate is revoked"));
    assert!(refused(Some(&second)).await.contains("the certificate is revoked"));
    assert!(probe(box_.service, Some(&credentials)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pairing_code_is_for_one_client_and_used_up_when_its_certificate_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let box_ = InProcess::start(folder.path(), &SoftwareKeyd::new(), cpu());
    let code = box_.code("alice");
    let wrong = PairingCode::new([0; 10], &Zeroizing::new([9; 12])).to_text().to_string();
    let refused = async |code: &str, name| client::enrol(box_.enrolment, code, name).await.err().unwrap();
    assert_eq!(refused(&wrong, "alice").await.code(), Code::PermissionDenied);
    let other = refused(&code, "bob").await;
    assert!(other.code() == Code::InvalidArgument && other.message().contains("alice"), "{other:?}");
    // The first answer was lost: the same code again, and what came first is void.
    let lost = client::enrol(box_.enrolment, &code, "").await.unwrap();
    let kept = client::enrol(box_.enrolment, &code, "alice").await.unwrap();
    assert_eq!((lost.name.as_str(), kept.name.as_str()), ("alice", "alice"));
    assert!(probe(box_.service, Some(&lost)).await.unwrap_err().contains("no client with this certificate"));
    probe(box_.service, Some(&kept)).await.unwrap();
    assert_eq!(refused(&code, "alice").await.code(), Code::PermissionDenied);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_renewed_with_the_old_key() {
    let folder = tempfile::tempdir().unwrap();
    let box_ = InProcess::start(folder.path(), &SoftwareKeyd::new(), cpu());
    let (old, mut admin) = administrator(&box_).await;
    let new = client::renew(box_.enrolment, &old).await.unwrap();
    // Until the new one is used the old one counts.
    admin.list_clients(ListClientsRequest {}).await.unwrap();
    probe(box_.service, Some(&new)).await.unwrap();
    assert!(probe(box_.service, Some(&old)).await.unwrap_err().contains("no client with this certificate"));
    let stolen = Credentials { key: client::new_key().0.serialize_der(), ..new };
    assert_eq!(client::renew(box_.enrolment, &stolen).await.err().unwrap().code(), Code::PermissionDenied);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_get_a_clear_status() {
    let folder = tempfile::tempdir().unwrap();
    let box_ = InProcess::start(folder.path(), &SoftwareKeyd::new(), cpu());
    let (_, mut client) = administrator(&box_).await;
    let short = client
        .create_key(CreateKeyRequest { name: "k".into(), paillier_bits: 512, operations: vec![], ..Default::default() })
        .await;
    let short = short.unwrap_err();
    assert_eq!(short.code(), Code::InvalidArgument);
    assert!(short.message().contains("512 bits"), "{}", short.message());
    let request = CreateKeyRequest {
        name: "k".into(),
        paillier_bits: 2048,
        operations: vec!["encrypt".into()],
        ..Default::default()
    };
    let key_id = client.create_key(request).await.unwrap().into_inner().id;
    let encrypt = || Operation::Encrypt(Encrypt { key_id: key_id.clone(), ..Default::default() });
    let modexp = |modulus: Vec<u8>| {
        Operation::ModularExponentiation(ModularExponentiation { modulus, exponents: vec![vec![3]] })
    };
    let even = [vec![0xff; 255], vec![0xfe]].concat();
    let odd = vec![0xfb; 256];
    let decrypt = Operation::Decrypt(Decrypt { key_id: key_id.clone(), ..Default::default() });
    let missing = Operation::Encrypt(Encrypt { key_id: "nothing".into(), ..Default::default() });
    let cases: Vec<(JobHeader, Vec<u8>, Code, &str)> = vec![
        (JobHeader { version: 2, ..header(encrypt(), 1, 1, "") }, vec![0; 8], Code::InvalidArgument, "version 2"),
        (header(modexp(even), 1, 1, ""), vec![0; 256], Code::InvalidArgument, "even"),
        (header(modexp(vec![0xff; 64]), 1, 1, ""), vec![0; 64], Code::InvalidArgument, "512 bits is insecure"),
        (header(modexp(odd), 2, 1, ""), [vec![1; 256], vec![0xfc; 256]].concat(), Code::InvalidArgument, "element 1"),
        (
            header(encrypt(), 1, 2, ""),
            vec![0; 15],
            Code::InvalidArgument,
            "15 bytes of operand where the shape needs 16",
        ),
        (header(encrypt(), 1, 2, ""), vec![0; 17], Code::InvalidArgument, "17 bytes"),
        (header(encrypt(), 0, 2, ""), vec![], Code::InvalidArgument, "0 x 2 items"),
        (header(encrypt(), 1 << 30, 1 << 30, ""), vec![], Code::InvalidArgument, "items"),
        (header(decrypt, 1, 1, ""), vec![0; 512], Code::PermissionDenied, "does not allow Decrypt"),
        (header(missing, 1, 1, ""), vec![0; 8], Code::NotFound, "no key"),
        (header(encrypt(), 1, 1, "0011223344556677"), vec![], Code::NotFound, "no job"),
    ];
    for (header, operand, code, text) in cases {
        let status = submit(&mut client, header, &operand).await.unwrap_err();
        assert_eq!(status.code(), code, "{text}: {status:?}");
        assert!(status.message().contains(text), "{text}: {}", status.message());
    }
    let huge = SubmitRequest { part: Some(Part::Chunk(vec![0; 3 << 20])) };
    let first = SubmitRequest { part: Some(Part::Header(header(encrypt(), 1, 2, ""))) };
    let status = client.submit(tokio_stream::iter([first, huge])).await.unwrap_err();
    assert!(matches!(status.code(), Code::OutOfRange | Code::ResourceExhausted), "{status:?}");
    assert!(client.get_evidence(GetEvidenceRequest { nonce: vec![0; 33] }).await.is_err());
    let job = submit(&mut client, header(encrypt(), 1, 2, ""), &[0; 16]).await.unwrap();
    assert_eq!(client::watch(&mut client, &job.id).await.state(), job::State::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_frame_and_a_slow_sender_hold_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let box_ = InProcess::start(folder.path(), &SoftwareKeyd::new(), cpu());
    let (credentials, mut client) = administrator(&box_).await;
    let request = CreateKeyRequest { name: "k".into(), paillier_bits: 2048, operations: vec![], ..Default::default() };
    let key_id = client.create_key(request).await.unwrap().into_inner().id;

    // The preface, then half of a frame's header.
    let mut half = client::tls(box_.service, client::config(Some(&credentials), b"h2")).await.unwrap();
    half.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x12\x04").await.unwrap();
    half.flush().await.unwrap();
    // A TCP connection that never shakes hands, and bytes that are no TLS.
    let _silent = tokio::net::TcpStream::connect(box_.service).await.unwrap();
    let mut noise = tokio::net::TcpStream::connect(box_.service).await.unwrap();
    noise.write_all(&[0x55; 400]).await.unwrap();
    let mut rest = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(10), noise.read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "noise was not answered by the end of the connection");

    // A header, then nothing.
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let operation = Operation::Encrypt(Encrypt { key_id: key_id.clone(), ..Default::default() });
    let first = SubmitRequest { part: Some(Part::Header(header(operation.clone(), 1, 1, ""))) };
    sender.send(first).await.unwrap();
    let mut slow = client::connect(box_.service, Some(&credentials)).await.unwrap();
    let upload = slow.submit(tokio_stream::wrappers::ReceiverStream::new(receiver));
    let wait = computed::limits::MESSAGE_WAIT + Duration::from_secs(10);
    let meanwhile = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let job = submit(&mut client, header(operation, 1, 1, ""), &[0; 8]).await.unwrap();
        assert_eq!(client::watch(&mut client, &job.id).await.state(), job::State::Done);
    };
    let (status, ()) = tokio::join!(tokio::time::timeout(wait, upload), meanwhile);
    assert_eq!(status.unwrap().unwrap_err().code(), Code::DeadlineExceeded);
    // The half frame's connection is closed once its ping is not answered.
    let mut rest = Vec::new();
    let closed = tokio::time::timeout(computed::limits::SILENCE, half.read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "the connection with half a frame stays open");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_says_when_to_come_again() {
    let folder = tempfile::tempdir().unwrap();
    let box_ = InProcess::start(folder.path(), &SoftwareKeyd::new(), cpu());
    let (credentials, mut client) = administrator(&box_).await;
    let request = CreateKeyRequest { name: "k".into(), paillier_bits: 2048, operations: vec![], ..Default::default() };
    let key_id = client.create_key(request).await.unwrap().into_inner().id;
    let work = || header(Operation::Encrypt(Encrypt { key_id: key_id.clone(), ..Default::default() }), 3000, 1, "");
    let mut taken = Vec::new();
    let refused = loop {
        match submit(&mut client, work(), &[0; 8 * 3000]).await {
            Ok(job) => taken.push(job.id),
            Err(status) => break status,
        }
        assert!(taken.len() <= 2 * computed::limits::QUEUE_CLIENT);
    };
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert!(refused.metadata().get("retry-after-ms").is_some());
    for id in taken {
        client.cancel_job(JobId { id: id.clone() }).await.unwrap();
        let ended = client::watch(&mut client, &id).await.state();
        assert!(matches!(ended, job::State::Cancelled | job::State::Done));
    }
    // Prometheus, over HTTP/1.1 on the same port.
    let mut http = client::tls(box_.service, client::config(Some(&credentials), b"http/1.1")).await.unwrap();
    http.write_all(b"GET /metrics HTTP/1.1\r\nHost: coffer\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut page = Vec::new();
    let _ = http.read_to_end(&mut page).await;
    let page = String::from_utf8(page).unwrap();
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("coffer_jobs_queued 0"), "{page}");
}
