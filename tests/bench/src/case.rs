//! One measured case, as it stands in the JSON file.

use serde::{Deserialize, Serialize};

use crate::measure::Comparison;
use crate::statistics::Summary;

/// One case. A rate is better when it is larger, a time or a size when it is smaller; `ratio` is always better when it is
/// larger: how many times better than the peer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    pub suite: String,
    pub case: String,
    /// Of n for Paillier and RSA, of the modulus for the engine.
    pub bits: usize,
    pub value: f64,
    pub unit: String,
    pub peer: Option<String>,
    pub peer_value: Option<f64>,
    /// The median of the pairs' ratios, which is close to, but not the same as, the ratio of the medians.
    pub ratio: Option<f64>,
    pub threads: usize,
    /// The distance of the ratio's quartiles (of the value's, without a peer) over its median.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spread: Option<f64>,
    /// The smallest and the largest ratio (value, without a peer).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// How many pairs of measurements.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pairs: Option<usize>,
    /// The least ratio that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What the figures were measured with: `git describe`, the day, the processor.
    #[serde(default)]
    pub commit: String,
    #[serde(default)]
    pub date: String,
    #[serde(default)]
    pub processor: String,
}

impl Case {
    /// Operations a second, ours and the peer's.
    pub fn rates(
        suite: &str,
        case: impl Into<String>,
        bits: usize,
        unit: &str,
        peer: &str,
        found: &Comparison,
    ) -> Case {
        let mut case = Case::value(suite, case, bits, 1.0 / found.ours.median, unit);
        case.peer = Some(peer.into());
        case.peer_value = Some(1.0 / found.peer.median);
        case.ratio = Some(found.ratio.median);
        case.describe(&found.ratio);
        case
    }

    /// Operations a second, without a peer.
    pub fn rate(suite: &str, case: impl Into<String>, bits: usize, unit: &str, seconds: &Summary) -> Case {
        let rate = seconds.reciprocal();
        let mut case = Case::value(suite, case, bits, rate.median, unit);
        case.describe(&rate);
        case
    }

    /// A rate against a computed bound.
    pub fn bounded(mut self, bound: &str, rate: f64) -> Case {
        let ratio = self.value / rate;
        self.peer = Some(bound.into());
        self.peer_value = Some(rate);
        self.ratio = Some(ratio);
        self.min = self.min.map(|min| min / rate);
        self.max = self.max.map(|max| max / rate);
        self
    }

    /// Seconds of one long piece of work, ours and the peer's.
    pub fn seconds(suite: &str, case: impl Into<String>, bits: usize, ours: f64, peer: &str, theirs: f64) -> Case {
        let mut case = Case::value(suite, case, bits, ours, "s");
        case.peer = Some(peer.into());
        case.peer_value = Some(theirs);
        case.ratio = Some(theirs / ours);
        case
    }

    /// One number, measured once.
    pub fn value(suite: &str, case: impl Into<String>, bits: usize, value: f64, unit: &str) -> Case {
        Case {
            suite: suite.into(),
            case: case.into(),
            bits,
            value,
            unit: unit.into(),
            peer: None,
            peer_value: None,
            ratio: None,
            threads: 1,
            spread: None,
            min: None,
            max: None,
            pairs: None,
            target: None,
            note: None,
            commit: String::new(),
            date: String::new(),
            processor: String::new(),
        }
    }

    /// A peer that could not be measured, and why.
    pub fn without_peer(mut self, peer: &str, reason: &str) -> Case {
        self.peer = Some(peer.into());
        self.note(format!("the peer is absent: {reason}"))
    }

    pub fn target(mut self, ratio: f64) -> Case {
        self.target = Some(ratio);
        self
    }

    /// A target that is meant for n of 2048 bits; other lengths are measured without one.
    pub fn target_at_2048(self, ratio: f64) -> Case {
        if self.bits == 2048 { self.target(ratio) } else { self }
    }

    pub fn threads(mut self, threads: usize) -> Case {
        self.threads = threads;
        self
    }

    pub fn note(mut self, note: impl Into<String>) -> Case {
        self.note = Some(note.into());
        self
    }

    /// Whether the target is reached: `None` without a target or a ratio.
    pub fn reached(&self) -> Option<bool> {
        Some(self.ratio? >= self.target?)
    }

    /// Whether two records are of the same case: the later one replaces the earlier one.
    pub fn same(&self, other: &Case) -> bool {
        let key = |c: &Case| (c.suite.clone(), c.case.clone(), c.bits, c.peer.clone(), c.threads);
        key(self) == key(other)
    }

    /// With the spread of what was measured.
    pub fn measured(mut self, summary: &Summary) -> Case {
        self.describe(summary);
        self
    }

    fn describe(&mut self, summary: &Summary) {
        self.spread = Some(summary.spread);
        self.min = Some(summary.min);
        self.max = Some(summary.max);
        self.pairs = Some(summary.count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(median: f64) -> Summary {
        Summary { median, min: median / 2.0, max: median * 2.0, spread: 0.1, count: 7 }
    }

    #[test]
    fn faster_than_the_peer_is_a_ratio_above_one() {
        let found = Comparison { ours: summary(0.001), peer: summary(0.08), ratio: summary(80.0) };
        let case = Case::rates("he", "encrypt", 2048, "1/s", "FATE-style", &found).target(80.0);
        assert_eq!((case.value, case.peer_value, case.ratio), (1000.0, Some(12.5), Some(80.0)));
        assert_eq!(case.reached(), Some(true));
        assert_eq!(case.target(80.1).reached(), Some(false));
    }

    #[test]
    fn a_bound_divides_everything() {
        let case = Case::rate("engine", "square", 2048, "1/s", &summary(0.5)).bounded("schoolbook", 1.0);
        assert_eq!((case.value, case.ratio, case.min, case.max), (2.0, Some(2.0), Some(1.0), Some(4.0)));
    }

    #[test]
    fn without_a_peer_nothing_is_reached() {
        let case = Case::value("python", "encrypt", 2048, 5.0, "1/s").target(5.0).without_peer("HEU", "no wheel");
        assert_eq!((case.ratio, case.reached()), (None, None));
        assert_eq!(case.note.as_deref(), Some("the peer is absent: no wheel"));
    }

    #[test]
    fn json_has_the_fields_that_were_promised() {
        let json = serde_json::to_value(Case::value("he", "table", 2048, 16.0, "MiB")).unwrap();
        for field in ["suite", "case", "bits", "value", "unit", "peer", "peer_value", "ratio", "threads"] {
            assert!(json.get(field).is_some(), "{field}");
        }
        assert!(json.get("target").is_none());
        let back: Case = serde_json::from_value(json).unwrap();
        assert_eq!(back, Case::value("he", "table", 2048, 16.0, "MiB"));
    }
}
