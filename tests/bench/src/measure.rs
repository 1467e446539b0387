//! Two contenders on the same inputs, in turn, so that what disturbs the machine disturbs both.

use std::time::{Duration, Instant};

use crate::BenchError;
use crate::statistics::Summary;

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Pairs of slices, one of each contender.
    pub pairs: usize,
    /// The shortest slice: a contender is called until so much time has passed.
    pub slice: Duration,
    /// Where one call takes long, there are fewer pairs, but no fewer than three: about so much time in all.
    pub budget: Duration,
}

impl Plan {
    pub fn full() -> Plan {
        Plan { pairs: 9, slice: Duration::from_millis(200), budget: Duration::from_secs(60) }
    }

    /// To see that everything runs; its figures are rough.
    pub fn quick() -> Plan {
        Plan { pairs: 3, slice: Duration::from_millis(20), budget: Duration::from_secs(1) }
    }

    /// Beside a call that takes long, the other's slice is longer too, to see the same machine; up to tenfold.
    fn slice_beside(&self, call: Duration) -> Duration {
        call.clamp(self.slice, 10 * self.slice)
    }

    fn pairs_of(&self, pair: Duration) -> usize {
        let affordable = self.budget.as_secs_f64() / pair.as_secs_f64().max(1e-9);
        self.pairs.min(affordable as usize).max(3)
    }
}

/// Seconds an operation of ours and of the peer's, and by what factor ours is faster.
#[derive(Clone, Copy, Debug)]
pub struct Comparison {
    pub ours: Summary,
    pub peer: Summary,
    /// The peer's time over ours, pair by pair.
    pub ratio: Summary,
}

/// Each contender does some operations a call and says how many. The order within a pair alternates, so that a drift of
/// the clock speed favours neither; one call of each comes before, unmeasured.
pub fn compare(
    plan: &Plan,
    mut ours: impl FnMut() -> Result<usize, BenchError>,
    mut peer: impl FnMut() -> Result<usize, BenchError>,
) -> Result<Comparison, BenchError> {
    let warm = [one_slice(&mut ours, Duration::ZERO)?.elapsed, one_slice(&mut peer, Duration::ZERO)?.elapsed];
    let slice = plan.slice_beside(warm[0].max(warm[1]));
    let pairs = plan.pairs_of(warm[0].max(slice) + warm[1].max(slice));
    let (mut our_times, mut peer_times) = (Vec::with_capacity(pairs), Vec::with_capacity(pairs));
    for pair in 0..pairs {
        if pair % 2 == 0 {
            our_times.push(one_slice(&mut ours, slice)?.per_operation());
            peer_times.push(one_slice(&mut peer, slice)?.per_operation());
        } else {
            peer_times.push(one_slice(&mut peer, slice)?.per_operation());
            our_times.push(one_slice(&mut ours, slice)?.per_operation());
        }
    }
    let ratios: Vec<f64> = peer_times.iter().zip(&our_times).map(|(peer, ours)| peer / ours).collect();
    Ok(Comparison { ours: summary(&our_times)?, peer: summary(&peer_times)?, ratio: summary(&ratios)? })
}

/// Seconds an operation, without a peer.
pub fn alone(plan: &Plan, mut work: impl FnMut() -> Result<usize, BenchError>) -> Result<Summary, BenchError> {
    let warm = one_slice(&mut work, Duration::ZERO)?.elapsed;
    let times: Result<Vec<f64>, BenchError> = (0..plan.pairs_of(warm.max(plan.slice)))
        .map(|_| Ok(one_slice(&mut work, plan.slice)?.per_operation()))
        .collect();
    summary(&times?)
}

/// Seconds of one piece of work.
pub fn timed<T>(work: impl FnOnce() -> Result<T, BenchError>) -> Result<(T, f64), BenchError> {
    let start = Instant::now();
    let done = work()?;
    Ok((done, start.elapsed().as_secs_f64()))
}

struct Slice {
    operations: usize,
    elapsed: Duration,
}

impl Slice {
    fn per_operation(&self) -> f64 {
        self.elapsed.as_secs_f64() / self.operations.max(1) as f64
    }
}

fn one_slice(work: &mut impl FnMut() -> Result<usize, BenchError>, least: Duration) -> Result<Slice, BenchError> {
    let start = Instant::now();
    let mut operations = 0;
    loop {
        operations += work()?;
        let elapsed = start.elapsed();
        if elapsed >= least {
            return Ok(Slice { operations, elapsed });
        }
    }
}

fn summary(times: &[f64]) -> Result<Summary, BenchError> {
    Summary::of(times).ok_or(BenchError::NothingMeasured)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    fn no_time() -> Plan {
        Plan { pairs: 5, slice: Duration::ZERO, budget: Duration::from_secs(1000) }
    }

    #[test]
    fn contenders_take_turns_and_change_places() {
        let calls = RefCell::new(String::new());
        let call = |name| {
            calls.borrow_mut().push(name);
            Ok(1)
        };
        let comparison = compare(&no_time(), || call('o'), || call('p')).unwrap();
        assert_eq!(*calls.borrow(), "op".to_owned() + "op" + "po" + "op" + "po" + "op");
        assert_eq!(comparison.ratio.count, 5);
    }

    #[test]
    fn a_call_of_many_operations_costs_each_a_part() {
        let nap = Duration::from_millis(2);
        let work = |count| {
            move || {
                std::thread::sleep(nap);
                Ok(count)
            }
        };
        let comparison = compare(&no_time(), work(1000), work(1)).unwrap();
        // A sleep is never shorter than asked; how much longer it is, is the machine's affair.
        assert!(comparison.peer.min >= nap.as_secs_f64());
        assert!(comparison.ours.min >= nap.as_secs_f64() / 1000.0);
    }

    #[test]
    fn a_slice_lasts() {
        let slice = one_slice(&mut || Ok(3), Duration::from_millis(5)).unwrap();
        assert!(slice.elapsed >= Duration::from_millis(5));
        assert_eq!(slice.operations % 3, 0);
    }

    #[test]
    fn long_calls_get_fewer_pairs() {
        let plan = Plan { pairs: 9, slice: Duration::from_millis(200), budget: Duration::from_secs(60) };
        assert_eq!(plan.pairs_of(Duration::from_millis(400)), 9);
        assert_eq!(plan.pairs_of(Duration::from_secs(12)), 5);
        assert_eq!(plan.pairs_of(Duration::from_secs(100)), 3);
    }

    #[test]
    fn slices_beside_long_calls_are_longer() {
        let plan = Plan::full();
        let seconds = [0.001, 0.5, 30.0].map(|s| plan.slice_beside(Duration::from_secs_f64(s)).as_secs_f64());
        assert_eq!(seconds, [0.2, 0.5, 2.0]);
    }

    #[test]
    fn a_failure_ends_it() {
        assert!(matches!(alone(&no_time(), || Err(BenchError::NothingMeasured)), Err(BenchError::NothingMeasured)));
    }
}
