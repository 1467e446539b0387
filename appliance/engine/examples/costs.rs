//! What the CPU's part of the main job costs here: run it natively, and under `qemu-x86_64` for an emulated processor.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use engine::{Engine, EngineError, FixedBase, Modulus, MultiExp, Numbers, column_products, unattended, verify};

fn main() -> Result<(), EngineError> {
    let (rows, columns) = (569, 30);
    let modulus = Arc::new(modulus(64)?);
    let engine = Engine::without_card("measuring");
    let threads = engine.portable().threads();
    println!("{threads} threads");
    for limbs in [32, 64] {
        let m = self::modulus(limbs)?;
        let (a, mut out) = (m.one().to_vec(), vec![0; limbs]);
        let per = timed("", || (0..2000).for_each(|_| m.mont_mul(black_box(&a), &a, &mut out))) / 2000.0;
        println!("{:>6} bits: {:.2} us a Montgomery multiplication", limbs * 64, per * 1e6);
    }
    let table = items(&modulus, rows * columns)?;
    let base = FixedBase::new(modulus.clone(), table.item(0), 1024)?;
    let exponents = Numbers::from_words(16, words(9, 16 * rows * columns))?;
    timed("fixed-base table, 50 powers", || {
        let few = Numbers::from_words(16, words(9, 16 * 50))?;
        engine.pow_fixed_base(&base, &few, &unattended)
    });
    timed("check of a card's batch of 17070 fixed-base powers", || {
        verify::fixed_base(&base, &exponents, &table, threads)
    });
    timed("17070 products", || engine.mul(&modulus, &table, &table, &unattended));
    timed("30 column products of 569", || column_products(engine.portable(), &modulus, &table, columns, &unattended));
    let weights: Vec<i64> =
        words(7, columns).iter().map(|w| (w >> 42) as i64 * if w & 1 == 1 { -1 } else { 1 }).collect();
    let plan = MultiExp::new(&weights);
    println!("{} multiplications a row of {columns} signed 22-bit weights", plan.cost());
    timed("matrix product 569 x 30 by 30 x 1", || plan.rows(engine.portable(), &modulus, &table, columns, &unattended));
    let half = self::modulus(32)?;
    let powers = items(&half, 600)?;
    let exponent = words(3, 16);
    timed("check of a card's batch of 600 powers, 2048 bits", || {
        verify::common_exponent(&half, &powers, &exponent, &powers, threads)
    });
    timed("30 powers, 2048 bits, on the CPU", || engine.pow_common(&half, &items(&half, 30)?, &exponent, &unattended));
    Ok(())
}

fn timed<T>(name: &str, work: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    black_box(work());
    let seconds = start.elapsed().as_secs_f64();
    if !name.is_empty() {
        println!("{:>9.3} s  {name}", seconds);
    }
    seconds
}

/// Odd: speed does not depend on more, and an inversion that fails takes as long.
fn modulus(limbs: usize) -> Result<Modulus, EngineError> {
    let mut n = words(5, limbs);
    n[0] |= 1;
    n[limbs - 1] |= 1 << 63;
    Modulus::new(&n)
}

fn items(modulus: &Modulus, count: usize) -> Result<Numbers, EngineError> {
    let mut numbers = Numbers::from_words(modulus.limbs(), words(1, modulus.limbs() * count))?;
    let top = modulus.limbs() - 1;
    numbers.iter_mut().for_each(|item| item[top] >>= 1);
    Ok(numbers)
}

fn words(seed: u64, count: usize) -> Vec<u64> {
    let mut x = seed;
    let step = |_| {
        x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        x ^ x.rotate_left(23)
    };
    (0..count).map(step).collect()
}
