//! Medians and spreads of a few measurements.

/// What repeated measurements of one thing say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    pub median: f64,
    pub min: f64,
    pub max: f64,
    /// The distance of the quartiles over the median: 0.02 means that the middle half lies within 2 %.
    pub spread: f64,
    pub count: usize,
}

impl Summary {
    /// Of at least one sample; `None` without any.
    pub fn of(samples: &[f64]) -> Option<Summary> {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let median = quantile(&sorted, 0.5);
        let spread = if median == 0.0 { 0.0 } else { (quantile(&sorted, 0.75) - quantile(&sorted, 0.25)) / median };
        Some(Summary { median, min, max, spread, count: sorted.len() })
    }

    /// Times become rates: 1/x of the median and of the ends, which change places.
    pub fn reciprocal(&self) -> Summary {
        Summary { median: 1.0 / self.median, min: 1.0 / self.max, max: 1.0 / self.min, ..*self }
    }
}

/// The value below which a share `q` of sorted samples lies, interpolated between neighbours (Hyndman and Fan 1996, type 7).
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let at = q * (sorted.len() - 1) as f64;
    let (low, part) = (at.floor() as usize, at.fract());
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + (sorted[high] - sorted[low]) * part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_odd_number() {
        let s = Summary::of(&[3.0, 1.0, 2.0, 5.0, 4.0]).unwrap();
        assert_eq!((s.median, s.min, s.max, s.count), (3.0, 1.0, 5.0, 5));
        assert_eq!(s.spread, (4.0 - 2.0) / 3.0);
    }

    #[test]
    fn of_an_even_number() {
        let s = Summary::of(&[4.0, 1.0, 3.0, 2.0]).unwrap();
        assert_eq!(s.median, 2.5);
        assert_eq!(s.spread, (3.25 - 1.75) / 2.5);
    }

    #[test]
    fn one_outlier_moves_neither_median_nor_spread() {
        let quiet = Summary::of(&[10.0, 11.0, 12.0, 13.0, 14.0]).unwrap();
        let disturbed = Summary::of(&[10.0, 11.0, 12.0, 13.0, 900.0]).unwrap();
        assert_eq!((quiet.median, quiet.spread), (disturbed.median, disturbed.spread));
        assert_eq!(disturbed.max, 900.0);
    }

    #[test]
    fn of_one_and_of_none() {
        assert_eq!(Summary::of(&[7.0]), Some(Summary { median: 7.0, min: 7.0, max: 7.0, spread: 0.0, count: 1 }));
        assert_eq!(Summary::of(&[]), None);
    }

    #[test]
    fn times_become_rates() {
        let s = Summary::of(&[0.5, 0.25, 1.0]).unwrap().reciprocal();
        assert_eq!((s.median, s.min, s.max), (2.0, 1.0, 4.0));
    }
}
