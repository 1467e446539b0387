//! Three plots: ratios and their targets, the epoch's parts, multiplications by width and backend.

use super::figures::{quantity, ratio, short};
use super::svg::{Anchor, FAINT, GREEN, GREY, INK, ORANGE, SERIES, Svg};
use crate::Case;

const ROW: f64 = 24.0;
const LABELS: f64 = 440.0;
const PLOT: f64 = 460.0;
const MARGIN: f64 = 70.0;

/// Every case with a target as a bar on a logarithmic axis, the target as a mark across it.
pub(super) fn ratios(cases: &[Case]) -> Option<String> {
    let bars: Vec<(&Case, f64, f64)> =
        cases.iter().filter_map(|case| Some((case, case.ratio?, case.target?))).collect();
    let largest = bars.iter().flat_map(|(_, ratio, target)| [*ratio, *target]).fold(f64::NAN, f64::max);
    if !largest.is_finite() {
        return None;
    }
    let axis = Logarithmic::from_to(0.5, largest);
    let height = ROW * bars.len() as f64;
    let mut svg = Svg::new(LABELS + PLOT + MARGIN, height + 70.0);
    svg.text(LABELS, 18.0, Anchor::Start, INK, "times the peer; the mark is the target (logarithmic)");
    axis.ticks(&mut svg, 30.0, height, ratio);
    for (i, (case, ratio_found, target)) in bars.iter().enumerate() {
        let y = 34.0 + ROW * i as f64;
        let label = format!("{}: {} ({} bits)", case.suite, case.case, case.bits);
        svg.text(LABELS - 8.0, y + 13.0, Anchor::End, INK, &label);
        let colour = if ratio_found >= target { GREEN } else { ORANGE };
        svg.rectangle(LABELS, y, axis.at(*ratio_found), ROW - 7.0, colour);
        let mark = LABELS + axis.at(*target);
        svg.line((mark, y - 2.0), (mark, y + ROW - 5.0), INK, 2.0);
        let end = LABELS + axis.at(ratio_found.max(*target)) + 6.0;
        svg.text(end, y + 13.0, Anchor::Start, INK, &ratio(*ratio_found));
    }
    Some(svg.finish())
}

/// What share of the epoch each part has, ours and the peer's.
pub(super) fn epoch(cases: &[Case]) -> Option<String> {
    let largest = |case: &&Case| case.case.split("N = ").nth(1).map(String::from);
    let parts: Vec<&Case> = cases
        .iter()
        .filter(|case| case.suite == "lr" && case.unit == "s" && case.peer.is_some() && !case.case.starts_with("epoch"))
        .collect();
    let rows = parts.last().and_then(largest)?;
    let parts: Vec<&Case> = parts.into_iter().filter(|case| largest(case).as_ref() == Some(&rows)).collect();
    let peer = parts.first()?.peer.clone()?;
    let mut svg = Svg::new(860.0, 150.0 + 18.0 * parts.len() as f64);
    svg.text(150.0, 18.0, Anchor::Start, INK, &format!("share of the epoch's time, N = {rows}"));
    let bars = [
        ("ours", parts.iter().map(|p| p.value).collect::<Vec<_>>()),
        (peer.as_str(), parts.iter().map(|p| p.peer_value.unwrap_or(0.0)).collect()),
    ];
    for (i, (name, seconds)) in bars.iter().enumerate() {
        let (y, total) = (34.0 + 44.0 * i as f64, seconds.iter().sum::<f64>());
        svg.text(142.0, y + 20.0, Anchor::End, INK, name);
        let mut x = 150.0;
        for (part, colour) in seconds.iter().zip(SERIES) {
            let width = 600.0 * part / total;
            svg.rectangle(x, y, width, 30.0, colour);
            x += width;
        }
        svg.text(756.0, y + 20.0, Anchor::Start, INK, &quantity(total, "s"));
    }
    for (i, (part, colour)) in parts.iter().zip(SERIES).enumerate() {
        let y = 136.0 + 18.0 * i as f64;
        svg.rectangle(150.0, y - 10.0, 12.0, 12.0, colour);
        let name = part.case.split(", N = ").next().unwrap_or(&part.case);
        let theirs = quantity(part.peer_value.unwrap_or(0.0), "s");
        svg.text(168.0, y, Anchor::Start, INK, &format!("{name}: {} against {theirs}", quantity(part.value, "s")));
    }
    Some(svg.finish())
}

/// Multiplications a second by width, one bar a backend, GMP's in grey.
pub(super) fn multiplications(cases: &[Case]) -> Option<String> {
    let rows: Vec<(&Case, &str)> = cases
        .iter()
        .filter(|case| case.suite == "engine" && case.peer.as_deref().is_some_and(|peer| peer.starts_with("GMP")))
        .filter_map(|case| Some((case, case.case.strip_prefix("multiply, ")?)))
        .collect();
    let largest = rows.iter().map(|(case, _)| case.value).fold(f64::NAN, f64::max);
    let smallest = rows.iter().filter_map(|(case, _)| case.peer_value).fold(f64::NAN, f64::min);
    if !largest.is_finite() || !smallest.is_finite() {
        return None;
    }
    let mut widths: Vec<usize> = rows.iter().map(|(case, _)| case.bits).collect();
    widths.sort_unstable();
    widths.dedup();
    let mut bars: Vec<(String, f64, &str)> = Vec::new();
    for width in widths {
        let of_width = rows.iter().filter(|(case, _)| case.bits == width);
        for (i, (case, backend)) in of_width.clone().enumerate() {
            bars.push((format!("{width} bits, {backend}"), case.value, SERIES[i % SERIES.len()]));
        }
        if let Some(gmp) = of_width.clone().find_map(|(case, _)| case.peer_value) {
            bars.push((format!("{width} bits, GMP"), gmp, GREY));
        }
    }
    let axis = Logarithmic::from_to(smallest / 2.0, largest);
    let height = ROW * bars.len() as f64;
    let mut svg = Svg::new(LABELS + PLOT + MARGIN, height + 70.0);
    svg.text(LABELS, 18.0, Anchor::Start, INK, "modular multiplications a second, one core (logarithmic)");
    axis.ticks(&mut svg, 30.0, height, |x| quantity(x, "1/s"));
    for (i, (label, rate, colour)) in bars.iter().enumerate() {
        let y = 34.0 + ROW * i as f64;
        svg.text(LABELS - 8.0, y + 13.0, Anchor::End, INK, label);
        svg.rectangle(LABELS, y, axis.at(*rate), ROW - 7.0, colour);
        svg.text(LABELS + axis.at(*rate) + 6.0, y + 13.0, Anchor::Start, INK, &quantity(*rate, "1/s"));
    }
    Some(svg.finish())
}

struct Logarithmic {
    low: f64,
    high: f64,
}

impl Logarithmic {
    fn from_to(low: f64, high: f64) -> Logarithmic {
        Logarithmic { low, high: high.max(low * 2.0) }
    }

    /// Pixels from the left end.
    fn at(&self, value: f64) -> f64 {
        let share = (value / self.low).ln() / (self.high / self.low).ln();
        PLOT * share.clamp(0.0, 1.0)
    }

    /// Lines at 1, 2, 5, 10 and so on, or at the powers of ten where those would be too many.
    fn ticks(&self, svg: &mut Svg, top: f64, height: f64, text: impl Fn(f64) -> String) {
        let steps: &[f64] = if self.high / self.low > 1e3 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let mut decade = 10f64.powf(self.low.log10().floor());
        while decade <= self.high {
            for value in steps.iter().map(|step| step * decade).filter(|v| (self.low..=self.high).contains(v)) {
                let x = LABELS + self.at(value);
                svg.line((x, top), (x, top + height), FAINT, 1.0);
                svg.text(x, top + height + 16.0, Anchor::Middle, INK, &short(&text(value)));
            }
            decade *= 10.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(case: &str, bits: usize, value: f64, peer: f64) -> Case {
        let mut case = Case::value("engine", case, bits, value, "1/s");
        (case.peer, case.peer_value, case.ratio) = (Some("GMP mul + mod".into()), Some(peer), Some(value / peer));
        case
    }

    #[test]
    fn a_bar_ends_where_its_ratio_is() {
        let axis = Logarithmic::from_to(1.0, 100.0);
        assert_eq!((axis.at(1.0), axis.at(10.0), axis.at(100.0)), (0.0, PLOT / 2.0, PLOT));
        assert_eq!(axis.at(0.1), 0.0);
    }

    #[test]
    fn reached_and_missed_targets_differ_in_colour() {
        let cases = [rate("a<b", 2048, 10.0, 1.0).target(5.0), rate("c", 2048, 3.0, 1.0).target(5.0)];
        let svg = ratios(&cases).unwrap();
        assert_eq!((svg.matches(GREEN).count(), svg.matches(ORANGE).count()), (1, 1));
        assert!(svg.contains("a&lt;b") && !svg.contains("a<b"));
        assert_eq!(ratios(&[Case::value("he", "size", 2048, 1.0, "MiB")]), None);
    }

    #[test]
    fn every_width_has_its_backends_and_gmp_once() {
        let cases = [
            rate("multiply, portable", 1024, 4e6, 2e6),
            rate("multiply, avx512ifma", 1024, 4e7, 2e6),
            rate("square, portable", 1024, 5e6, 2e6),
            rate("multiply, portable", 2048, 1e6, 6e5),
        ];
        let svg = multiplications(&cases).unwrap();
        for label in ["1024 bits, portable", "1024 bits, avx512ifma", "1024 bits, GMP", "2048 bits, GMP"] {
            assert_eq!(svg.matches(label).count(), 1, "{label}");
        }
        assert_eq!(svg.matches(" GMP<").count(), 2);
    }

    #[test]
    fn the_epoch_is_divided_among_its_parts() {
        let part = |name: &str, ours, theirs| Case::seconds("lr", name, 2048, ours, "FATE-style", theirs);
        let cases = [
            part("2N encryptions, N = 100", 25.0, 2000.0),
            part("X^T [[d]], N = 100", 15.0, 700.0),
            part("epoch, N = 100, 10 + 30 features", 40.0, 2700.0),
        ];
        let svg = epoch(&cases).unwrap();
        assert!(svg.contains("40.0 s") && svg.contains("2700 s"));
        assert!(svg.contains(r#"width="375.0""#), "25 of 40 seconds are 375 of 600 pixels");
    }
}
