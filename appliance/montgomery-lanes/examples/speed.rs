//! What one Montgomery product costs here.

use std::time::Duration;
struct Instant(u64);
impl Instant {
    fn now() -> Instant {
        Instant(ns())
    }
    fn elapsed(&self) -> Duration {
        Duration::from_nanos(ns() - self.0)
    }
}
fn ns() -> u64 {
    std::fs::read_to_string("/proc/thread-self/schedstat").unwrap().split(" ").next().unwrap().parse().unwrap()
}

use montgomery_lanes::{Modulus, Unit};

fn main() {
    for unit in Unit::all() {
        for bits in [1024, 2048, 3072, 4096, 6144, 8192] {
            let mut n = vec![0x9e3779b97f4a7c15u64; bits / 64];
            n[0] |= 1;
            n[bits / 64 - 1] |= 1 << 63;
            let m = Modulus::new(unit, &n).expect("odd");
            let (mut a, mut b, mut scratch) = (m.group(), m.group(), m.scratch());
            m.set_all(&mut a, m.r_squared(), &mut scratch);
            m.set_all(&mut b, m.r_squared(), &mut scratch);
            let rounds = 40_000_000 / (m.digits() * m.digits());
            let mut best = [f64::MAX; 2];
            for _ in 0..5 {
                let start = Instant::now();
                (0..rounds).for_each(|_| m.multiply(&mut a, &b, &mut scratch));
                best[0] = best[0].min(start.elapsed().as_secs_f64());
                let start = Instant::now();
                (0..rounds).for_each(|_| m.square(&mut a, &mut scratch));
                best[1] = best[1].min(start.elapsed().as_secs_f64());
            }
            let each = best.map(|s| s / rounds as f64 / unit.lanes() as f64 * 1e6);
            let d = (bits as f64 / 52.0).ceil();
            let bound = 4.0 * d * d / 8.0 / 3.4e9 * 1e6;
            println!(
                "{unit:?} {bits}: multiply {:.3} us, square {:.3} us; bound at 3.4 G: {:.3} us ({:.2}, {:.2})",
                each[0],
                each[1],
                bound,
                bound / each[0],
                bound / each[1]
            );
        }
    }
}
