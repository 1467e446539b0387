//! What strangers and an enrolled client can do to a box, all at once.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use accounts::{PairingCode, Role};
use proto::v1::job_header::Operation;
use proto::v1::submit_request::Part;
use proto::v1::*;
use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_stream::wrappers::ReceiverStream;
use zeroize::Zeroizing;

use crate::support::Process;
use crate::support::client::{self, Client, Credentials, connect_from, done, enrol_from, header, tcp_from, tls_from};

/// Where honest people come from, and where the others do.
pub(crate) const HOME: Ipv4Addr = Ipv4Addr::LOCALHOST;
const ELSEWHERE: [Ipv4Addr; 3] =
    [Ipv4Addr::new(127, 0, 0, 2), Ipv4Addr::new(127, 0, 0, 3), Ipv4Addr::new(127, 0, 0, 4)];

/// Connections that are held and do nothing.
const CROWD: usize = 200;

pub(crate) struct Attack {
    means: Means,
    under_way: JoinSet<()>,
}

/// What an enrolled client has.
#[derive(Clone)]
struct Means {
    service: SocketAddr,
    enrolment: SocketAddr,
    credentials: Credentials,
    key_id: String,
    /// A job with a result of some megabytes.
    big: String,
    /// Calls that may leave a line in the log.
    attempts: Arc<AtomicU64>,
}

impl Attack {
    pub(crate) async fn prepare(admin: &mut Client, own: &Credentials, process: &Process) -> Attack {
        let code = client::invite(admin, own, "mallory", Role::Operator).await.unwrap();
        let credentials = enrol_from(HOME, process.enrolment, &code, "mallory").await.unwrap();
        let mut client = client::connect(process.service, Some(&credentials)).await.unwrap();
        let request = CreateKeyRequest { name: "m".into(), paillier_bits: 2048, ..Default::default() };
        let key_id = client.create_key(request).await.unwrap().into_inner().id;
        let embed = Encrypt { key_id: key_id.clone(), without_obfuscation: true, ..Default::default() };
        let items = 16 << 10;
        let operand = vec![0; 8 * items];
        let job = done(&mut client, header(Operation::Encrypt(embed), items as u32, 1, ""), &operand).await;
        let (service, enrolment) = (process.service, process.enrolment);
        let means = Means { service, enrolment, credentials, key_id, big: job.id, attempts: Arc::default() };
        Attack { means, under_way: JoinSet::new() }
    }

    pub(crate) fn begin(&mut self) {
        for i in 0..CROWD {
            self.under_way.spawn(idle(self.means.clone(), i));
        }
        for i in 0..4 {
            self.under_way.spawn(slow_reader(self.means.clone(), i));
            self.under_way.spawn(slow_writer(self.means.clone(), i));
        }
        self.under_way.spawn(resets(self.means.clone()));
        self.under_way.spawn(long_names(self.means.clone()));
        self.under_way.spawn(wrong_codes(self.means.clone()));
    }

    /// How often something was tried that may have left a line in the log.
    pub(crate) async fn end(mut self) -> u64 {
        self.under_way.shutdown().await;
        self.means.attempts.load(Ordering::Relaxed)
    }
}

impl Means {
    fn attempt(&self) {
        self.attempts.fetch_add(1, Ordering::Relaxed);
    }

    async fn client(&self, from: usize) -> Client {
        loop {
            match connect_from(ELSEWHERE[from % ELSEWHERE.len()], self.service, Some(&self.credentials)).await {
                Ok(client) => return client,
                Err(_) => sleep(Duration::from_millis(200)).await,
            }
        }
    }
}

/// Half a handshake, or a whole one and nothing after it; again as soon as it is shown out.
async fn idle(means: Means, i: usize) {
    let from = ELSEWHERE[i % ELSEWHERE.len()];
    loop {
        let address = if i.is_multiple_of(2) { means.service } else { means.enrolment };
        if i.is_multiple_of(4) {
            let config = client::config(Some(&means.credentials), b"http/1.1");
            if let Ok(Ok(mut stream)) = timeout(Duration::from_secs(20), tls_from(from, address, config)).await {
                let _ = stream.write_all(b"GET /met").await;
                sleep(Duration::from_secs(5)).await;
            }
        } else if let Ok(mut stream) = tcp_from(from, address).await {
            for byte in [0x16, 3, 1, 2, 0, 1] {
                if stream.write_all(&[byte]).await.is_err() {
                    break;
                }
                sleep(Duration::from_secs(1)).await;
            }
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// Results and logs that are asked for, and hardly read.
async fn slow_reader(means: Means, i: usize) {
    loop {
        let mut client = means.client(i).await;
        let mut held = Vec::new();
        for _ in 0..12 {
            means.attempt();
            if let Ok(stream) = client.fetch_result(JobId { id: means.big.clone() }).await {
                held.push(stream.into_inner());
            }
        }
        for _ in 0..10 {
            sleep(Duration::from_secs(1)).await;
            for stream in &mut held {
                let _ = timeout(Duration::from_millis(10), stream.message()).await;
            }
        }
    }
}

/// Uploads and batches of a byte a second.
async fn slow_writer(means: Means, i: usize) {
    loop {
        let mut client = means.client(i).await;
        let (sender, receiver) = tokio::sync::mpsc::channel(1);
        let operation = Operation::Encrypt(Encrypt { key_id: means.key_id.clone(), ..Default::default() });
        let first = Part::Header(header(operation, 1000, 1, ""));
        let trickle = async move {
            let bytes = std::iter::repeat_with(|| Part::Chunk(vec![0]));
            for part in std::iter::once(first).chain(bytes) {
                if sender.send(SubmitRequest { part: Some(part) }).await.is_err() {
                    return;
                }
                sleep(Duration::from_secs(1)).await;
            }
        };
        means.attempt();
        let upload = async {
            match i.is_multiple_of(2) {
                true => drop(client.submit(ReceiverStream::new(receiver)).await),
                false => {
                    if let Ok(stream) = client.compute(ReceiverStream::new(receiver)).await {
                        drop(client::answer(stream.into_inner()).await);
                    }
                }
            }
        };
        tokio::select! {
            () = trickle => {}
            () = upload => {}
        }
        sleep(Duration::from_millis(200)).await;
    }
}

/// Calls that are dropped a few milliseconds after they have begun.
async fn resets(means: Means) {
    let mut client = means.client(0).await;
    for i in 0u64.. {
        means.attempt();
        let mut other = client.clone();
        let id = JobId { id: means.big.clone() };
        let _ = timeout(Duration::from_millis(i % 7), async move {
            match i % 3 {
                0 => drop(other.fetch_result(id).await),
                1 => drop(other.list_jobs(ListJobsRequest::default()).await),
                _ => drop(other.list_keys(ListKeysRequest {}).await),
            }
        })
        .await;
        if i % 100 == 99 {
            client = means.client(i as usize).await;
        }
        sleep(Duration::from_millis(20)).await;
    }
}

async fn long_names(means: Means) {
    let mut client = means.client(1).await;
    loop {
        let name = "a".repeat(100_000);
        let key = CreateKeyRequest { name: name.clone(), paillier_bits: 2048, ..Default::default() };
        let _ = client.create_key(key).await;
        let _ = client.cancel_job(JobId { id: name }).await;
        sleep(Duration::from_millis(100)).await;
    }
}

async fn wrong_codes(means: Means) {
    let code = PairingCode::new([0; 10], &Zeroizing::new([9; 12])).key().unwrap();
    loop {
        means.attempt();
        let _ = client::enrol_with(ELSEWHERE[2], means.enrolment, &code, "stranger").await;
        sleep(Duration::from_millis(300)).await;
    }
}
