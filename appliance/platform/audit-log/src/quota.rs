//! How many lines one client, and one service, may cause. Pure: time comes in as milliseconds.

use std::collections::HashMap;

/// Lines at once, and then in a second.
const CLIENT: (u64, u64) = (5_000, 50);
const SOURCE: (u64, u64) = (50_000, 500);
const KNOWN_MAX: usize = 4096;

#[derive(Debug, Default)]
pub struct Quota {
    /// By source and client; the client is empty for the source's own share.
    buckets: HashMap<(String, String), Bucket>,
}

/// In thousandths of a line.
#[derive(Debug)]
struct Bucket {
    left: u64,
    at_ms: u64,
}

impl Quota {
    /// Whether one more line is within the share; if not, after how many milliseconds one will be.
    pub fn take(&mut self, source: &str, client: &str, now_ms: u64) -> Result<(), u64> {
        if self.buckets.len() >= KNOWN_MAX {
            self.buckets.retain(|(_, client), bucket| {
                bucket.fill(if client.is_empty() { SOURCE } else { CLIENT }, now_ms);
                bucket.left < if client.is_empty() { SOURCE.0 } else { CLIENT.0 } * 1000
            });
        }
        // The service first: one that makes up clients is stopped before they are remembered.
        self.bucket(source, "", SOURCE, now_ms).take(SOURCE, now_ms)?;
        if client.is_empty() {
            return Ok(());
        }
        let taken = self.bucket(source, client, CLIENT, now_ms).take(CLIENT, now_ms);
        if taken.is_err() {
            self.bucket(source, "", SOURCE, now_ms).left += 1000;
        }
        taken
    }

    fn bucket(&mut self, source: &str, client: &str, rate: (u64, u64), now_ms: u64) -> &mut Bucket {
        let full = Bucket { left: rate.0 * 1000, at_ms: now_ms };
        self.buckets.entry((source.into(), client.into())).or_insert(full)
    }
}

impl Bucket {
    fn fill(&mut self, (burst, per_s): (u64, u64), now_ms: u64) {
        let passed = now_ms.saturating_sub(self.at_ms);
        self.left = self.left.saturating_add(passed.saturating_mul(per_s)).min(burst * 1000);
        self.at_ms = now_ms.max(self.at_ms);
    }

    fn take(&mut self, rate: (u64, u64), now_ms: u64) -> Result<(), u64> {
        self.fill(rate, now_ms);
        let left = self.left.checked_sub(1000).ok_or_else(|| (1000 - self.left).div_ceil(rate.1))?;
        self.left = left;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client_uses_up_its_share_and_no_other_clients() {
        let mut quota = Quota::default();
        let mut taken = |client: &str| (0..6000).filter(|_| quota.take("computed", client, 0).is_ok()).count();
        assert_eq!((taken("a"), taken("b")), (5000, 5000));
        assert!(quota.take("computed", "a", 0).unwrap_err() <= 20);
        assert!(quota.take("computed", "a", 1000).is_ok());
        for n in 0..10_000 {
            // A service that makes up clients uses up its own share.
            let _ = quota.take("computed", &format!("made up {n}"), 1000);
        }
        assert!(quota.take("keyd", "", 1000).is_ok());
    }
}
