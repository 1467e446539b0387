//! What the way to the box costs: encryptions in this process against the same through an interactive batch over mutual
//! TLS, in turn, on the same cores. The client runs here too, so that its share of the TLS is counted against the service.
//!
//!     cargo run --release -p computed --example through_tls -- [ITEMS] [ROUNDS]

#[path = "../tests/support/mod.rs"]
mod support;

use std::error::Error;
use std::time::{Duration, Instant};

use engine::{Engine, unattended};
use proto::v1::job_header::Operation;
use proto::v1::{CreateKeyRequest, Encrypt};
use support::client::{self, compute, header};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: usize| arguments.next().map_or(Ok(default), |a| a.parse());
    let (items, rounds) = (number(4096)?, number(7)?);
    let folder = tempfile::tempdir()?;
    let engine = || Engine::without_card("for comparison");
    let desk = support::InProcess::start(folder.path(), &support::keyd::SoftwareKeyd::new(), engine());
    let code = desk.code("bench");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let credentials = client::enrol(desk.enrolment, &code, "bench").await?;
        let mut client = client::connect(desk.service, Some(&credentials)).await?;
        // Without "decrypt", so that both sides encrypt with the public key.
        let operations = vec!["encrypt".to_string()];
        let request = CreateKeyRequest { name: "k".into(), paillier_bits: 2048, operations, ..Default::default() };
        let key = client.create_key(request).await?.into_inner();
        let (local, public) = (engine(), he::PublicKey::new(&key.n, &key.hs)?);
        // Residues: the obfuscators made in idle time, which would flatter the service, are for integers.
        let residue = |i: usize| [vec![0; key.n.len() - 8], (i as u64).to_be_bytes().to_vec()].concat();
        let operand: Vec<u8> = (0..items).flat_map(residue).collect();
        println!("{items} items of a 2048-bit key, {} threads, {rounds} rounds", local.status().threads);
        for (name, without_obfuscation) in [("encrypt", false), ("embed", true)] {
            let (mut in_process, mut through_tls) = (Vec::new(), Vec::new());
            for round in 0..=rounds {
                let start = Instant::now();
                let done = match without_obfuscation {
                    false => public.encrypt_residues(&local, &operand, &unattended)?,
                    true => public.embed_residues(&local, &operand, &unattended)?,
                };
                let bytes = done.to_be().len();
                let first = start.elapsed();
                let start = Instant::now();
                let encrypt =
                    Encrypt { key_id: key.id.clone(), without_obfuscation, residues: true, ..Default::default() };
                let header = header(Operation::Encrypt(encrypt), items as u32, 1, "");
                let answer = compute(&mut client, header, &[], &operand).await?;
                let second = start.elapsed();
                assert_eq!(answer.bytes.len(), bytes);
                // The first round makes the tables.
                if round > 0 {
                    in_process.push(first);
                    through_tls.push(second);
                }
            }
            report(name, items, &mut in_process, &mut through_tls);
        }
        Ok(())
    })
}

fn report(name: &str, items: usize, in_process: &mut [Duration], through_tls: &mut [Duration]) {
    let median = |times: &mut [Duration]| {
        times.sort();
        times[times.len() / 2].as_secs_f64()
    };
    let (a, b) = (median(in_process), median(through_tls));
    let each = |s: f64| s * 1e6 / items as f64;
    println!(
        "{name}: in process {:.1} ms ({:.1} us an item), through TLS {:.1} ms ({:.1} us), {:.1} ms more; speed {:.3}",
        a * 1e3,
        each(a),
        b * 1e3,
        each(b),
        (b - a) * 1e3,
        a / b
    );
}
