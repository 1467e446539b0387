//! What the driver itself costs: CPU time of the thread that drives the model, and memory, over many jobs of one item.
//!
//! cargo run --release -p card-model --example cost -- [JOBS]
//! prints `{"jobs": .., "microseconds": .., "resident_growth": ..}`. The model computes in a thread of its own, whose time does
//! not count; its registers are answered in the driver's thread, and do.

use std::{
    error::Error,
    fs,
    ops::ControlFlow,
    time::{Duration, Instant},
};

use card::Card;
use card_model::{FaultPlan, in_process};

const LIMBS: usize = 32;
const PAGE: u64 = 4096;

fn main() -> Result<(), Box<dyn Error>> {
    let jobs: u64 = std::env::args().nth(1).map_or(Ok(1_000_000), |text| text.parse())?;
    let mut card = Card::probe(in_process(1 << 20, FaultPlan::default())?)?;
    let deadline = Instant::now() + Duration::from_secs(3600);
    let carry_on = &mut |_| ControlFlow::Continue(());
    let modulus = [0x9e37_79b9_7f4a_7c15_u64; LIMBS];
    let a = [0x1234_5678_9abc_def0_u64; LIMBS];
    let context = card.load_context(&modulus, None)?;
    // Whatever is allocated once is allocated after a tenth.
    let mut before = (0, 0);
    for job in 0..=jobs {
        if job == jobs / 10 {
            before = (cpu_nanoseconds()?, resident_bytes()?);
        }
        let _ = card.modmul(context, &a, &a, deadline, carry_on)?;
    }
    let counted = jobs - jobs / 10 + 1;
    let microseconds = (cpu_nanoseconds()? - before.0) as f64 / 1000.0 / counted as f64;
    let growth = resident_bytes()? as i64 - before.1 as i64;
    println!("{{\"jobs\": {jobs}, \"microseconds\": {microseconds:.3}, \"resident_growth\": {growth}}}");
    Ok(())
}

/// Of this thread.
fn cpu_nanoseconds() -> Result<u64, Box<dyn Error>> {
    field(&fs::read_to_string("/proc/thread-self/schedstat")?, 0)
}

fn resident_bytes() -> Result<u64, Box<dyn Error>> {
    Ok(field(&fs::read_to_string("/proc/self/statm")?, 1)? * PAGE)
}

fn field(text: &str, index: usize) -> Result<u64, Box<dyn Error>> {
    Ok(text.split_whitespace().nth(index).ok_or("a field is missing in /proc")?.parse()?)
}
