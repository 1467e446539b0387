//! How many attempts to enrol are looked at: from one address, and in all. What is over it is not looked at and may come again.
//! Pure: time comes in as milliseconds.

use std::collections::HashMap;

/// Attempts that an address may make at once, and then in a second.
const ADDRESS: Rate = Rate { burst: 20, per_s: 10 };
/// In all, from addresses that were quiet for a while, and from others. Each is a signature to check.
const QUIET: Rate = Rate { burst: 200, per_s: 100 };
const BUSY: Rate = Rate { burst: 100, per_s: 50 };
/// Addresses that are remembered. A new one takes the place of one that has recovered.
const ADDRESSES_MAX: usize = 1024;
/// An address that has not tried for so long is quiet.
const QUIET_MS: u64 = 5000;

#[derive(Clone, Copy)]
struct Rate {
    burst: u64,
    per_s: u64,
}

struct Address {
    bucket: Bucket,
    /// When it last tried, whatever came of it.
    last_ms: Option<u64>,
}

/// A bucket of attempts, in thousandths.
#[derive(Clone, Copy)]
struct Bucket {
    left: u64,
    at_ms: u64,
}

pub struct Limiter {
    quiet: Bucket,
    busy: Bucket,
    addresses: HashMap<String, Address>,
}

impl Limiter {
    pub fn new(now_ms: u64) -> Limiter {
        Limiter { quiet: Bucket::full(QUIET, now_ms), busy: Bucket::full(BUSY, now_ms), addresses: HashMap::new() }
    }

    /// Whether one more attempt from this address is looked at; if not, after how many milliseconds one will be.
    pub fn admit(&mut self, address: &str, now_ms: u64) -> Result<(), u64> {
        let own = match self.addresses.get_mut(address) {
            Some(own) => own,
            None => {
                if self.addresses.len() >= ADDRESSES_MAX {
                    self.addresses.retain(|_, own| !own.is_quiet(now_ms));
                }
                // Where even that leaves no room, those who are not remembered share what the busy ones have.
                if self.addresses.len() >= ADDRESSES_MAX {
                    return self.busy.take(BUSY, now_ms);
                }
                let new = Address { bucket: Bucket::full(ADDRESS, now_ms), last_ms: None };
                self.addresses.entry(address.into()).or_insert(new)
            }
        };
        let was_quiet = own.is_quiet(now_ms);
        own.last_ms = Some(now_ms);
        own.bucket.take(ADDRESS, now_ms)?;
        let (all, rate) = if was_quiet { (&mut self.quiet, QUIET) } else { (&mut self.busy, BUSY) };
        let taken = all.take(rate, now_ms);
        if taken.is_err() {
            // It was not looked at: its own share is not used up.
            own.bucket.left += 1000;
        }
        taken
    }
}

impl Address {
    fn is_quiet(&self, now_ms: u64) -> bool {
        self.last_ms.is_none_or(|last| now_ms.saturating_sub(last) >= QUIET_MS)
    }
}

impl Bucket {
    fn full(rate: Rate, now_ms: u64) -> Bucket {
        Bucket { left: rate.burst * 1000, at_ms: now_ms }
    }

    fn fill(&mut self, rate: Rate, now_ms: u64) {
        let passed = now_ms.saturating_sub(self.at_ms);
        self.left = self.left.saturating_add(passed.saturating_mul(rate.per_s)).min(rate.burst * 1000);
        self.at_ms = now_ms.max(self.at_ms);
    }

    fn take(&mut self, rate: Rate, now_ms: u64) -> Result<(), u64> {
        self.fill(rate, now_ms);
        match self.left.checked_sub(1000) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err((1000 - self.left).div_ceil(rate.per_s)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_guesses_is_slowed_and_others_are_not() {
        let mut limiter = Limiter::new(0);
        let guessed = (0..1000).filter(|_| limiter.admit("a", 0).is_ok()).count();
        assert_eq!(guessed, 20);
        assert!(limiter.admit("b", 0).is_ok());
        let wait = limiter.admit("a", 0).unwrap_err();
        assert!(limiter.admit("a", wait - 1).is_err() && limiter.admit("a", wait).is_ok());
    }

    #[test]
    fn many_addresses_are_limited_in_all_and_remembered_in_bounded_memory() {
        let mut limiter = Limiter::new(0);
        let admitted = (0..100_000).filter(|n| limiter.admit(&format!("{n}"), 0).is_ok()).count();
        assert_eq!(admitted, 300, "the remembered ones share one bucket, the others another");
        assert!(limiter.addresses.len() <= ADDRESSES_MAX);
        // Those that have become quiet are forgotten, and an honest person comes in.
        assert!(limiter.admit("honest", QUIET_MS).is_ok());
    }

    #[test]
    fn addresses_that_guess_all_the_time_keep_no_quiet_one_out() {
        let mut limiter = Limiter::new(0);
        for ms in (0..10_000).step_by(10) {
            for n in 0..100 {
                let _ = limiter.admit(&format!("guesser {n}"), ms);
            }
            if ms > 2000 && ms % 1000 == 0 {
                // Each of them comes once.
                assert!(limiter.admit(&format!("honest {ms}"), ms).is_ok(), "{ms}");
            }
        }
    }
}
