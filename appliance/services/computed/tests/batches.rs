//! Interactive batches: what is refused, who waits for whom, and what is left when the client goes.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use computed::limits;
use engine::Engine;
use num_bigint::BigInt;
use proto::v1::compute_response::Part as Answered;
use proto::v1::job_header::Operation;
use proto::v1::submit_request::Part;
use proto::v1::*;
use support::InProcess;
use support::client::{self, Client, Credentials, answer, compute, done, header, parts, submit, submit_with, watch};
use support::keyd::SoftwareKeyd;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};

struct Desk {
    client: Client,
    keys: Keys,
    credentials: Credentials,
    box_: InProcess,
    _folder: tempfile::TempDir,
}

struct Keys {
    paillier: String,
    rsa: String,
}

async fn desk() -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let box_ = InProcess::start(folder.path(), &SoftwareKeyd::new(), Engine::without_card("none"));
    let credentials = client::enrol(box_.enrolment, &box_.code(), "tester").await.unwrap();
    let mut client = client::connect(box_.service, Some(&credentials)).await.unwrap();
    let mut key = async |name: &str, paillier_bits, rsa_bits| {
        let request = CreateKeyRequest { name: name.into(), paillier_bits, rsa_bits, operations: vec![] };
        client.create_key(request).await.unwrap().into_inner().id
    };
    let (paillier, rsa) = (key("p", 2048, 0).await, key("r", 0, 2048).await);
    Desk { client, keys: Keys { paillier, rsa }, credentials, box_, _folder: folder }
}

impl Keys {
    fn encrypt(&self) -> Operation {
        Operation::Encrypt(Encrypt { key_id: self.paillier.clone(), ..Default::default() })
    }

    fn embed(&self) -> Operation {
        let (key_id, without_obfuscation) = (self.paillier.clone(), true);
        Operation::Encrypt(Encrypt { key_id, without_obfuscation, ..Default::default() })
    }

    fn decrypt(&self) -> Operation {
        Operation::Decrypt(Decrypt { key_id: self.paillier.clone(), ..Default::default() })
    }
}

impl Desk {
    async fn batches(&mut self) -> u32 {
        self.client.get_status(GetStatusRequest { nonce: vec![] }).await.unwrap().into_inner().batches_running
    }

    async fn metrics(&self) -> String {
        let config = client::config(Some(&self.credentials), b"http/1.1");
        let mut http = client::tls(self.box_.service, config).await.unwrap();
        http.write_all(b"GET /metrics HTTP/1.1\r\nHost: coffer\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut page = Vec::new();
        // The connection's end is no part of the answer.
        let _ = http.read_to_end(&mut page).await;
        String::from_utf8(page).unwrap()
    }

    /// Another connection of the same client, for `work`; then it is cut, whatever is still on the way.
    async fn cut<F: Future<Output = ()>>(&self, work: impl FnOnce(Client) -> F + Send + 'static) {
        let (address, credentials) = (self.box_.service, self.credentials.clone());
        let cut = move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async { work(client::connect(address, Some(&credentials)).await.unwrap()).await });
            runtime.shutdown_background();
        };
        tokio::task::spawn_blocking(|| std::thread::spawn(cut).join().unwrap()).await.unwrap();
    }

    /// Long before a batch of which nothing is heard would be given up.
    async fn no_batches(&mut self) {
        let deadline = Instant::now() + limits::MESSAGE_WAIT / 2;
        while self.batches().await > 0 {
            assert!(Instant::now() < deadline, "a batch goes on");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn bytes(count: usize) -> Vec<u8> {
    (0..count as i64).flat_map(i64::to_be_bytes).collect()
}

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
            "column_sums and a key of the kind RSA",
        ),
        (
            header(sign(&key_id, 32), 1, 1, ""),
            vec![],
            vec![0; 32],
            Code::InvalidArgument,
            "rsa_sign and a key of the kind Paillier",
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
    let invite = NewPairingCodeRequest { role: String::new() };
    let code = desk.client.new_pairing_code(invite).await.unwrap().into_inner().code;
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

/// A certificate that is revoked in the middle of a batch ends it at the next block.
#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_clients_batch_ends() {
    let mut desk = desk().await;
    let invite = NewPairingCodeRequest { role: String::new() };
    let code = desk.client.new_pairing_code(invite).await.unwrap().into_inner().code;
    let credentials = client::enrol(desk.box_.enrolment, &code, "other").await.unwrap();
    let mut other = client::connect(desk.box_.service, Some(&credentials)).await.unwrap();
    let request = CreateKeyRequest { name: "o".into(), paillier_bits: 2048, ..Default::default() };
    let key_id = other.create_key(request).await.unwrap().into_inner().id;
    let encrypt = Operation::Encrypt(Encrypt { key_id, ..Default::default() });
    let (sender, receiver) = tokio::sync::mpsc::channel(4);
    for part in parts(header(encrypt, 2000, 1, ""), &[], &bytes(512)) {
        sender.send(part).await.unwrap();
    }
    let mut stream = other.compute(ReceiverStream::new(receiver)).await.unwrap().into_inner();
    assert!(matches!(stream.message().await.unwrap().unwrap().part, Some(Answered::Shape(_))));
    let clients = desk.client.list_clients(ListClientsRequest {}).await.unwrap().into_inner().clients;
    let serial = clients.iter().find(|c| c.name == "other").unwrap().serial.clone();
    desk.client.revoke_client(RevokeClientRequest { serial }).await.unwrap();
    sender.send(SubmitRequest { part: Some(Part::Chunk(bytes(1024))) }).await.unwrap();
    let ended = loop {
        match stream.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("it ended well"),
            Err(status) => break status,
        }
    };
    assert_eq!((ended.code(), ended.message()), (Code::Unauthenticated, "the certificate is revoked"));
    desk.no_batches().await;
}

/// A big batch whose client leaves in the middle: nothing of it goes on, and its place is free.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_ends_with_its_client() {
    let mut desk = desk().await;
    // While it computes: all is sent, so that leaving is a reset of the stream.
    let items = 50_000;
    let all = parts(header(desk.keys.encrypt(), items, 1, ""), &[], &bytes(50_000));
    let mut stream = desk.client.compute(tokio_stream::iter(all)).await.unwrap().into_inner();
    assert!(matches!(stream.message().await.unwrap().unwrap().part, Some(Answered::Shape(_))));
    assert_eq!(desk.batches().await, 1);
    drop(stream);
    desk.no_batches().await;
    // In the middle of sending: the connection is cut.
    let encrypt = desk.keys.encrypt();
    desk.cut(move |mut client| async move {
        let many = parts(header(encrypt, 1_000_000, 1, ""), &[], &bytes(1_000_000));
        let mut stream = client.compute(tokio_stream::iter(many)).await.unwrap().into_inner();
        assert!(matches!(stream.message().await.unwrap().unwrap().part, Some(Answered::Shape(_))));
    })
    .await;
    desk.no_batches().await;
    // While it waits for more of the operand.
    let (sender, receiver) = tokio::sync::mpsc::channel(4);
    for part in parts(header(desk.keys.encrypt(), items, 1, ""), &[], &bytes(512)) {
        sender.send(part).await.unwrap();
    }
    let mut stream = desk.client.compute(ReceiverStream::new(receiver)).await.unwrap().into_inner();
    assert!(matches!(stream.message().await.unwrap().unwrap().part, Some(Answered::Shape(_))));
    assert_eq!(desk.batches().await, 1);
    drop((stream, sender));
    desk.no_batches().await;
    // The log has a beginning and an end of each.
    let mut lines = desk.client.get_audit(GetAuditRequest {}).await.unwrap().into_inner();
    let (mut head, mut begun, mut cancelled) = (proto::audit::Head::default(), 0, 0);
    while let Some(line) = lines.message().await.unwrap() {
        head = head.check(&line.line).unwrap();
        begun += usize::from(line.line.contains("\"batch\""));
        cancelled += usize::from(line.line.contains("\"batch cancelled\"") || line.line.contains("\"batch failed\""));
    }
    assert_eq!((begun, cancelled), (3, 3));
    let alive = compute(&mut desk.client, header(desk.keys.encrypt(), 1, 1, ""), &[], &bytes(1)).await;
    assert!(alive.is_ok());
}

/// A client that does not read is not computed for, and what it sends is not taken: nothing piles up.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_is_waited_for_within_bounds() {
    let mut desk = desk().await;
    let (embed, encrypt) = (desk.keys.embed(), desk.keys.encrypt());
    desk.cut(move |mut client| async move {
        let (items, piece) = (1 << 20, 8192);
        let sent = Arc::new(AtomicUsize::new(0));
        let count = sent.clone();
        let operand = (0..items * 8 / piece).map(move |_| {
            count.fetch_add(piece, Ordering::Relaxed);
            SubmitRequest { part: Some(Part::Chunk(vec![0; piece])) }
        });
        let first = SubmitRequest { part: Some(Part::Header(header(embed, items as u32, 1, ""))) };
        let stream = client.compute(tokio_stream::iter(std::iter::once(first).chain(operand)));
        let mut stream = stream.await.unwrap().into_inner();
        let settled = async {
            let mut last = 0;
            loop {
                tokio::time::sleep(Duration::from_millis(700)).await;
                let now = sent.load(Ordering::Relaxed);
                if now == last && now > 0 {
                    return now;
                }
                last = now;
            }
        };
        let taken = tokio::time::timeout(Duration::from_secs(60), settled).await.unwrap();
        // The windows of HTTP/2 on both sides and a few blocks; the whole operand is 8 MiB, its result 512.
        assert!(taken < 4 << 20, "{taken} bytes were taken although nobody reads");
        // Other calls are served meanwhile, on the same connection too.
        compute(&mut client, header(encrypt, 1, 1, ""), &[], &bytes(1)).await.unwrap();
        // Reading makes it go on.
        let mut read = 0;
        while read < 4 << 20 {
            if let Some(Answered::Chunk(chunk)) = stream.message().await.unwrap().unwrap().part {
                read += chunk.len();
            }
        }
    })
    .await;
    desk.no_batches().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_batches_than_may_be_are_told_to_come_again() {
    let mut desk = desk().await;
    let mut open = Vec::new();
    for _ in 0..limits::BATCHES_CLIENT {
        let (sender, receiver) = tokio::sync::mpsc::channel(2);
        let first = SubmitRequest { part: Some(Part::Header(header(desk.keys.encrypt(), 1, 1, ""))) };
        sender.send(first).await.unwrap();
        open.push((sender, desk.client.compute(ReceiverStream::new(receiver)).await.unwrap().into_inner()));
    }
    let one_more = compute(&mut desk.client, header(desk.keys.encrypt(), 1, 1, ""), &[], &bytes(1)).await.unwrap_err();
    assert_eq!(one_more.code(), Code::ResourceExhausted);
    assert!(one_more.metadata().get("retry-after-ms").is_some());
    for (sender, stream) in open {
        sender.send(SubmitRequest { part: Some(Part::Chunk(bytes(1))) }).await.unwrap();
        drop(sender);
        answer(stream).await.unwrap();
    }
    desk.no_batches().await;
    let again = compute(&mut desk.client, header(desk.keys.encrypt(), 1, 1, ""), &[], &bytes(1)).await;
    assert!(again.is_ok());
}

/// A long job and interactive batches take turns: neither waits for the other's end. Who comes after whom is tested beside
/// `Turns`; how many blocks of the job fall between two batches of a client depends on how long the client takes.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_does_not_wait_for_a_long_job_nor_the_job_for_batches() {
    let mut desk = desk().await;
    let items = 20 * limits::BLOCK_ITEMS_DEAR;
    let job = submit(&mut desk.client, header(desk.keys.encrypt(), items as u32, 1, ""), &bytes(items)).await.unwrap();
    let state = async |client: &mut Client| client.get_job(JobId { id: job.id.clone() }).await.unwrap().into_inner();
    while state(&mut desk.client).await.items_done == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // Batches without end, until the job has ended beside them.
    let mut ended_before_the_job = 0;
    let ended = loop {
        compute(&mut desk.client, header(desk.keys.encrypt(), 1, 1, ""), &[], &bytes(1)).await.unwrap();
        let now = state(&mut desk.client).await;
        if now.state() != job::State::Running {
            break now;
        }
        ended_before_the_job += 1;
        // The job has a turn between any two batches' at the least.
        assert!(ended_before_the_job <= 1000, "the job waits for the batches: {now:?}");
    };
    assert_eq!(ended.state(), job::State::Done);
    assert!(ended_before_the_job > 0, "a batch waited for the job's end");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_and_done_is_counted() {
    let mut desk = desk().await;
    let job = done(&mut desk.client, header(desk.keys.embed(), 3, 1, ""), &bytes(3)).await;
    compute(&mut desk.client, header(desk.keys.embed(), 5, 1, ""), &[], &bytes(5)).await.unwrap();
    let list = desk.client.list_jobs(ListJobsRequest {}).await.unwrap().into_inner();
    assert_eq!((list.kept_bytes, list.jobs[0].kept_bytes), (3 * 512, 3 * 512));
    assert_eq!(list.kept_bytes_max, limits::KEPT_BYTES_CLIENT);
    let status: Result<_, Status> = desk.client.get_status(GetStatusRequest { nonce: vec![] }).await;
    let status = status.unwrap().into_inner();
    assert_eq!((status.kept_bytes, status.obfuscators_max), (3 * 512, 4 * 4096));
    let page = desk.metrics().await;
    for line in [
        "coffer_operations_total{operation=\"encrypt\",path=\"job\"} 1",
        "coffer_operation_items_total{operation=\"encrypt\",path=\"batch\"} 5",
        "coffer_kept_bytes 1536",
        "coffer_batches_running 0",
    ] {
        assert!(page.contains(line), "{line}: {page}");
    }
    desk.client.delete_job(JobId { id: job.id }).await.unwrap();
    let list = desk.client.list_jobs(ListJobsRequest {}).await.unwrap().into_inner();
    assert_eq!(list.kept_bytes, 0);
}
