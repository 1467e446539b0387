//! What strangers cause, counted instead of written line by line. Pure: the caller says when to sum up.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// Actions and addresses that are told apart; beyond that they are counted as others.
const ACTIONS_MAX: usize = 32;
const ADDRESSES_MAX: usize = 1024;
/// Addresses that are named in a summary.
const ADDRESSES_NAMED: usize = 5;

#[derive(Debug, Default)]
pub struct Counts(BTreeMap<String, Counted>);

#[derive(Debug, Default)]
struct Counted {
    times: u64,
    addresses: BTreeSet<String>,
}

impl Counts {
    pub fn add(&mut self, action: &str, address: &str) {
        let known = self.0.contains_key(action) || self.0.len() < ACTIONS_MAX;
        let counted = self.0.entry(if known { action } else { "others" }.into()).or_default();
        counted.times += 1;
        if !address.is_empty() && counted.addresses.len() < ADDRESSES_MAX {
            counted.addresses.insert(address.into());
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A detail for each action that happened since this was last asked.
    pub fn take(&mut self) -> Vec<(String, Map<String, Value>)> {
        let summary = |(action, counted): (String, Counted)| {
            let named: Vec<&String> = counted.addresses.iter().take(ADDRESSES_NAMED).collect();
            let detail = json!({ "times": counted.times, "addresses": counted.addresses.len(), "some": named });
            (action, detail.as_object().cloned().unwrap_or_default())
        };
        std::mem::take(&mut self.0).into_iter().map(summary).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_events_are_a_few_lines_in_bounded_memory() {
        let mut counts = Counts::default();
        for n in 0..1_000_000u64 {
            counts.add(&format!("action {}", n % 50), &format!("address {n}"));
        }
        let lines = counts.take();
        assert_eq!(lines.len(), ACTIONS_MAX + 1);
        assert_eq!(lines.iter().map(|(_, d)| d["times"].as_u64().unwrap()).sum::<u64>(), 1_000_000);
        assert!(lines.iter().all(|(_, d)| d["addresses"].as_u64().unwrap() <= ADDRESSES_MAX as u64));
        assert!(counts.is_empty() && counts.take().is_empty());
    }
}
