//! The way to the box: encryptions through the service, over mutual TLS, against the same in this process.
//!
//! The service runs in this process too, with keys in memory, and so does the client: its share of the TLS is counted against
//! the service. Residues are encrypted, since the service keeps obfuscators ready for integers, which would flatter it.

use std::time::{Duration, Instant};

use engine::unattended;
use he::Additive;
use nix::time::{ClockId, clock_gettime};
use proto::v1::import_key_request::PublicKey;
use proto::v1::job_header::Operation;
use proto::v1::{Encrypt, ImportKeyRequest, PaillierPublicKey};

use super::inputs::{self, Keys};
use super::{Bench, on_threads};
use crate::measure::compare;
use crate::peers::gmp;
use crate::{BenchError, Case, check};

use support::InProcess;
use support::client::{self, Answer, Client};
use support::keyd::SoftwareKeyd;

#[path = "../../../../appliance/services/computed/tests/support/mod.rs"]
mod support;

const SUITE: &str = "service";
const BATCH: usize = 4096;
/// How long the service may take to make the obfuscators that it keeps ready, which would disturb both.
const SETTLING: Duration = Duration::from_secs(60);

pub(super) fn run(bench: &mut Bench) -> Result<(), BenchError> {
    let keys = Keys::generate(2048)?;
    encryptions(bench, &keys, 1)?;
    if bench.cores.count() > 1 {
        bench.cores.unpin()?;
        encryptions(bench, &keys, bench.cores.count())?;
        bench.cores.pin()?;
    }
    Ok(())
}

fn encryptions(bench: &mut Bench, keys: &Keys, threads: usize) -> Result<(), BenchError> {
    let folder = std::env::temp_dir().join(format!("bench-service-{}-{threads}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(BenchError::file("create", &folder))?;
    let found = Desk::start(&folder, keys, threads).and_then(|mut desk| desk.measure(bench, keys, threads));
    std::fs::remove_dir_all(&folder).map_err(BenchError::file("remove", &folder))?;
    let case = found?.threads(threads);
    bench.add(if threads == 1 { case.target(0.9) } else { case });
    Ok(())
}

/// The service, and a client that is enrolled and has brought a public key.
struct Desk {
    // Before the service, which waits for its connections when it stops.
    client: Client,
    runtime: tokio::runtime::Runtime,
    key: String,
    _service: InProcess,
}

impl Desk {
    fn start(folder: &std::path::Path, keys: &Keys, threads: usize) -> Result<Desk, BenchError> {
        let service = InProcess::start(folder, &SoftwareKeyd::new(), on_threads(threads));
        let code = service.code("bench");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|e| BenchError::Service { what: e.to_string() })?;
        let (client, key) = runtime.block_on(async {
            let credentials = client::enrol(service.enrolment, &code, "bench").await.map_err(refused)?;
            let connected = client::connect(service.service, Some(&credentials)).await;
            let mut client = connected.map_err(|what| BenchError::Service { what })?;
            let paillier = PaillierPublicKey { n: keys.pair.n.clone(), hs: keys.pair.hs.clone() };
            let request = ImportKeyRequest {
                name: "bench".into(),
                public_key: Some(PublicKey::Paillier(paillier)),
                ..Default::default()
            };
            let key = client.import_key(request).await.map_err(refused)?.into_inner();
            Ok::<_, BenchError>((client, key.id))
        })?;
        Ok(Desk { client, runtime, key, _service: service })
    }

    fn measure(&mut self, bench: &Bench, keys: &Keys, threads: usize) -> Result<Case, BenchError> {
        let engine = on_threads(threads);
        let values: Vec<i64> =
            inputs::plaintexts(BATCH, &mut gmp::random()?).into_iter().map(i64::saturating_abs).collect();
        let width = keys.public.plaintext_bytes();
        let residues: Vec<u8> =
            values.iter().flat_map(|m| [vec![0; width - 8], m.to_be_bytes().to_vec()].concat()).collect();
        let answer = self.encrypt(&residues)?;
        let ciphertexts = keys.public.accept(&engine, &answer.bytes)?;
        let clear = keys.private.decrypt(&engine, &keys.public, &ciphertexts, &unattended)?;
        check(inputs::decrypted(&clear, width) == inputs::integers(&values), "what the service encrypted")?;
        settle();
        let found = compare(
            &bench.plan,
            || {
                self.encrypt(&residues)?;
                Ok(BATCH)
            },
            || {
                // To bytes, as the service's answer is.
                std::hint::black_box(keys.public.encrypt_residues(&engine, &residues, &unattended)?.to_be());
                Ok(BATCH)
            },
        )?;
        let name = "encrypt through mutual TLS, batches of 4096";
        Ok(Case::rates(SUITE, name, keys.public.bits(), "1/s", "in process", &found))
    }

    fn encrypt(&mut self, residues: &[u8]) -> Result<Answer, BenchError> {
        let encrypt = Encrypt { key_id: self.key.clone(), residues: true, ..Default::default() };
        let header = client::header(Operation::Encrypt(encrypt), BATCH as u32, 1, "");
        self.runtime.block_on(client::compute(&mut self.client, header, &[], residues)).map_err(refused)
    }
}

/// Until this process does nothing.
fn settle() {
    let deadline = Instant::now() + SETTLING;
    let used = || clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map(Duration::from).unwrap_or_default();
    let look = Duration::from_millis(300);
    let mut before = used();
    while Instant::now() < deadline {
        std::thread::sleep(look);
        let now = used();
        if now.saturating_sub(before) < look / 20 {
            return;
        }
        before = now;
    }
}

fn refused(status: tonic::Status) -> BenchError {
    BenchError::Service { what: status.to_string() }
}
