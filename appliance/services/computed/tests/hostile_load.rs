//! A box under attack by strangers and by an enrolled client, while somebody honest enrols and computes.
//!
//! Short in the ordinary run; for the long form:
//!     COFFER_HOSTILE_SECONDS=3600 cargo test --release -p computed --test hostile_load -- --nocapture

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod hostile;
mod support;

use std::time::{Duration, Instant};

use accounts::Role;
use hostile::{Attack, HOME};
use proto::v1::job_header::Operation;
use proto::v1::*;
use support::Process;
use support::client::{self, Client, Credentials, compute, done, enrol_from, fetch, header};
use support::keyd::SoftwareKeyd;
use tokio::time::timeout;

const COMPUTED: &str = env!("CARGO_BIN_EXE_computed");
/// Long after everything honest should be done.
const PATIENCE: Duration = Duration::from_secs(60);
/// What the load may add, over any length.
const MEMORY: u64 = 32 << 20;
const ITEMS: usize = 2000;

fn length() -> Duration {
    let seconds = std::env::var("COFFER_HOSTILE_SECONDS").ok().and_then(|s| s.parse().ok());
    Duration::from_secs(seconds.unwrap_or(12))
}

/// Encryptions that no obfuscator made in idle time makes faster.
async fn timed_job(client: &mut Client, key: &Key) -> Duration {
    let encrypt = Encrypt { key_id: key.id.clone(), residues: true, ..Default::default() };
    let operand = vec![0; ITEMS * key.n.len()];
    let start = Instant::now();
    let header = header(Operation::Encrypt(encrypt), ITEMS as u32, 1, "");
    let job = timeout(PATIENCE, done(client, header, &operand)).await.unwrap();
    let time = start.elapsed();
    assert_eq!(fetch(client, &job.id).await.len(), ITEMS * 2 * key.n.len());
    client.delete_job(JobId { id: job.id }).await.unwrap();
    time
}

/// A new client.
async fn newcomer(admin: &mut Client, own: &Credentials, process: &Process, name: &str) -> Client {
    let code = client::invite(admin, own, name, Role::Operator).await.unwrap();
    let credentials = enrol_from(HOME, process.enrolment, &code, name).await.unwrap();
    client::connect(process.service, Some(&credentials)).await.unwrap()
}

/// What honest people do, again and again: somebody enrols, makes a key and computes interactively; somebody else runs a job. The
/// job's key is always the same: what a box keeps prepared for its last few keys is not what is measured here.
async fn honest_round(admin: &mut Client, own: &Credentials, process: &Process, key: &Key, round: usize) -> Duration {
    let mut client = timeout(PATIENCE, newcomer(admin, own, process, &format!("honest-{round}"))).await.unwrap();
    let request = CreateKeyRequest { name: "h".into(), paillier_bits: 2048, ..Default::default() };
    let made = timeout(PATIENCE, client.create_key(request)).await.unwrap().unwrap().into_inner();
    let embed = Encrypt { key_id: made.id, without_obfuscation: true, ..Default::default() };
    let header = header(Operation::Encrypt(embed), 2, 1, "");
    let answer = timeout(PATIENCE, compute(&mut client, header, &[], &[0; 16])).await.unwrap();
    assert_eq!(answer.unwrap().bytes.len(), 2 * 512);
    timed_job(admin, key).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn honest_work_goes_on_under_attack() {
    let folder = tempfile::tempdir().unwrap();
    let keyd = SoftwareKeyd::new();
    let process = Process::start(COMPUTED, folder.path(), &keyd);
    let credentials = client::enrol(process.enrolment, &keyd.code("admin"), "admin").await.unwrap();
    let mut admin = client::connect(process.service, Some(&credentials)).await.unwrap();
    let mut mallory = Attack::prepare(&mut admin, &credentials, &process).await;
    let request = CreateKeyRequest { name: "k".into(), paillier_bits: 2048, ..Default::default() };
    let key = admin.create_key(request).await.unwrap().into_inner();
    let mut quiet = Vec::new();
    for round in 0..4 {
        quiet.push(honest_round(&mut admin, &credentials, &process, &key, round).await);
    }
    // The first one makes the key's tables.
    quiet.remove(0);
    let lines_before = lines(folder.path());

    mallory.begin();
    let (start, mut times, mut memory) = (Instant::now(), Vec::new(), Vec::new());
    while start.elapsed() < length() || times.len() < 3 {
        times.push(honest_round(&mut admin, &credentials, &process, &key, 4 + times.len()).await);
        memory.push(process.memory());
    }
    let attempts = mallory.end().await;

    // Honest rounds and attempts write a few lines each; nothing else does.
    let (rounds, written) = (times.len(), lines(folder.path()) - lines_before);
    assert!(written <= 40 * rounds + 4 * attempts as usize + 100, "{written} lines of {attempts} attempts");
    let (first, last) = (memory[0], memory[memory.len() - 1]);
    assert!(last < first + MEMORY, "memory grows: {memory:?}");
    let mean = |times: &[Duration]| times.iter().sum::<Duration>().as_secs_f64() / times.len() as f64;
    println!(
        "{} s, {rounds} honest rounds, {attempts} hostile attempts, {written} lines; a job took {:.2} s in peace and {:.2} s under attack \
         (ratio {:.2}); memory {} MiB, then {} MiB",
        start.elapsed().as_secs(),
        mean(&quiet),
        mean(&times),
        mean(&times) / mean(&quiet),
        first >> 20,
        last >> 20
    );
    // The chain is whole, and the service ends in order.
    client::read_log(&mut admin, &credentials).await.unwrap();
    drop(admin);
    assert!(process.stop());
}

fn lines(folder: &std::path::Path) -> usize {
    support::log(folder).lines().count()
}
