//! A client of a box on the CPU, with a Paillier and an RSA key.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::time::{Duration, Instant};

use computed::limits;
use engine::Engine;
use proto::v1::job_header::Operation;
use proto::v1::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::InProcess;
use crate::support::client::{self, Client, Credentials};
use crate::support::keyd::SoftwareKeyd;

pub struct Desk {
    pub client: Client,
    pub keys: Keys,
    pub credentials: Credentials,
    pub box_: InProcess,
    _folder: tempfile::TempDir,
}

pub struct Keys {
    pub paillier: String,
    pub rsa: String,
}

pub async fn desk() -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let box_ = InProcess::start(folder.path(), &SoftwareKeyd::new(), Engine::without_card("none"));
    let credentials = client::enrol(box_.enrolment, &box_.code("tester"), "tester").await.unwrap();
    let mut client = client::connect(box_.service, Some(&credentials)).await.unwrap();
    let mut key = async |name: &str, paillier_bits, rsa_bits| {
        let request = CreateKeyRequest { name: name.into(), paillier_bits, rsa_bits, ..Default::default() };
        client.create_key(request).await.unwrap().into_inner().id
    };
    let (paillier, rsa) = (key("p", 2048, 0).await, key("r", 0, 2048).await);
    Desk { client, keys: Keys { paillier, rsa }, credentials, box_, _folder: folder }
}

impl Keys {
    pub fn encrypt(&self) -> Operation {
        Operation::Encrypt(Encrypt { key_id: self.paillier.clone(), ..Default::default() })
    }

    pub fn embed(&self) -> Operation {
        let (key_id, without_obfuscation) = (self.paillier.clone(), true);
        Operation::Encrypt(Encrypt { key_id, without_obfuscation, ..Default::default() })
    }

    pub fn decrypt(&self) -> Operation {
        Operation::Decrypt(Decrypt { key_id: self.paillier.clone(), ..Default::default() })
    }
}

impl Desk {
    pub async fn batches(&mut self) -> u32 {
        self.client.get_status(GetStatusRequest::default()).await.unwrap().into_inner().batches_running
    }

    pub async fn metrics(&self) -> String {
        let config = client::config(Some(&self.credentials), b"http/1.1");
        let mut http = client::tls(self.box_.service, config).await.unwrap();
        http.write_all(b"GET /metrics HTTP/1.1\r\nHost: coffer\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut page = Vec::new();
        // The connection's end is no part of the answer.
        let _ = http.read_to_end(&mut page).await;
        String::from_utf8(page).unwrap()
    }

    /// Another connection of the same client, for `work`; then it is cut, whatever is still on the way.
    pub async fn cut<F: Future<Output = ()>>(&self, work: impl FnOnce(Client) -> F + Send + 'static) {
        let (address, credentials) = (self.box_.service, self.credentials.clone());
        let cut = move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async { work(client::connect(address, Some(&credentials)).await.unwrap()).await });
            runtime.shutdown_background();
        };
        tokio::task::spawn_blocking(|| std::thread::spawn(cut).join().unwrap()).await.unwrap();
    }

    /// Long before a batch of which nothing is heard would be given up.
    pub async fn no_batches(&mut self) {
        let deadline = Instant::now() + limits::MESSAGE_WAIT / 2;
        while self.batches().await > 0 {
            assert!(Instant::now() < deadline, "a batch goes on");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

pub fn bytes(count: usize) -> Vec<u8> {
    (0..count as i64).flat_map(i64::to_be_bytes).collect()
}
