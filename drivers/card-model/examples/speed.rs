//! Time of the model's operations, driver and rings included: cargo run --release -p card-model --example speed

use std::{
    error::Error,
    ops::ControlFlow,
    time::{Duration, Instant},
};

use card::Card;
use card_model::{FaultPlan, in_process};

fn main() -> Result<(), Box<dyn Error>> {
    let mut card = Card::probe(in_process(32 << 20, FaultPlan::default())?)?;
    let deadline = Instant::now() + Duration::from_secs(600);
    let carry_on = &mut |_| ControlFlow::Continue(());
    for limbs in [16, 32, 48, 64] {
        let modulus: Vec<u64> =
            (0..limbs as u64).map(|i| 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(2 * i + 1) | 1).collect();
        let mut base = modulus.clone();
        base[limbs - 1] >>= 1;
        let start = Instant::now();
        let context = card.load_context(&modulus, Some((&base, 1024)))?;
        let load = start.elapsed();
        let items = 2000;
        let a = base.repeat(items);
        let start = Instant::now();
        let _ = card.modmul(context, &a, &a, deadline, carry_on)?;
        let modmul = start.elapsed() / items as u32;
        let exponents = vec![0xfedc_ba98_7654_3210; 16 * 200];
        let start = Instant::now();
        let _ = card.fixed_base(context, &exponents, 16, deadline, carry_on)?;
        let fixed_base = start.elapsed() / 200;
        let start = Instant::now();
        let _ = card.modexp(context, &a[..limbs * 10], &modulus, deadline, carry_on)?;
        let modexp = start.elapsed() / 10;
        println!(
            "{:4} bits: table {load:.2?}, modmul {modmul:.2?}, fixed base (1024-bit exponent) {fixed_base:.2?}, modexp {modexp:.2?}",
            limbs * 64
        );
        card.unload_context(context)?;
    }
    Ok(())
}
