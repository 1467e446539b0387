//! docs/performance.md and its plots.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use super::figures::{number, quantity, ratio};
use super::plots;
use crate::peers::{gmp, openssl};
use crate::{BenchError, Case};

/// Writes `performance.md` and `performance/*.svg` into `folder`.
pub fn write_documents(cases: &[Case], folder: &Path) -> Result<(), BenchError> {
    let plots = folder.join("performance");
    fs::create_dir_all(&plots).map_err(BenchError::file("create", &plots))?;
    let drawn = [
        ("ratios", plots::ratios(cases)),
        ("multiplications", plots::multiplications(cases)),
        ("epoch", plots::epoch(cases)),
    ];
    let mut images = Vec::new();
    for (name, svg) in drawn {
        let path = plots.join(name).with_extension("svg");
        match svg {
            Some(svg) => {
                fs::write(&path, svg).map_err(BenchError::file("write", &path))?;
                images.push(name);
            }
            // A plot of an earlier run would contradict the tables.
            None if path.exists() => fs::remove_file(&path).map_err(BenchError::file("remove", &path))?,
            None => {}
        }
    }
    let path = folder.join("performance.md");
    fs::write(&path, text(cases, &images)).map_err(BenchError::file("write", &path))
}

fn text(cases: &[Case], images: &[&str]) -> String {
    let mut out = String::from(
        "# Performance\n\nWritten by `scripts/bench --write-docs`: change the program, not this file.\n\n",
    );
    provenance(&mut out, cases);
    out.push_str(HOW);
    out.push_str("\n## Targets\n\n");
    targets(&mut out, cases);
    for name in images {
        let _ = writeln!(out, "\n![{name}](performance/{name}.svg)");
    }
    let suites: Vec<&str> = cases.iter().map(|case| case.suite.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
    for suite in suites {
        let _ = writeln!(out, "\n## {suite}\n");
        all(&mut out, cases.iter().filter(|case| case.suite == suite));
    }
    out
}

const HOW: &str = "
Ours and the peer run in one process, in turn, on the same inputs, pinned to the same core where a row says one core; the order within a pair alternates.
A figure is the median over the pairs, a ratio the median of the pairs' ratios with the smallest and the largest. Every result is checked
before it is timed. Ours is constant-time where it touches a secret; GMP's functions are not. Rates are better when larger, times and sizes when smaller;
a ratio says how many times better than the peer. *FATE-style* is Paillier as FATE 2 does it, written on GMP: obfuscators r^n with the full
exponent, a power for each product with a plaintext, an inversion for each negative one, CRT decryption. Scalars are signed integers of 24 bits.
";

fn provenance(out: &mut String, cases: &[Case]) {
    let of = |field: fn(&Case) -> &String| {
        cases
            .iter()
            .map(field)
            .filter(|text| !text.is_empty())
            .cloned()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
            .join(", ")
    };
    let _ = writeln!(out, "- Processor: {}", of(|case| &case.processor));
    let _ = writeln!(out, "- Measured: {}, at {}", of(|case| &case.date), of(|case| &case.commit));
    let _ = writeln!(out, "- Peers: {}, {}", gmp::version(), openssl::version());
}

fn targets(out: &mut String, cases: &[Case]) {
    out.push_str("| suite | what | bits | cores | ours | peer | peer's | ratio | target | reached |\n|---|---|---|---|---|---|---|---|---|---|\n");
    for case in cases.iter().filter(|case| case.target.is_some()) {
        let reached = match case.reached() {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "not measured",
        };
        let target = case.target.map(ratio).unwrap_or_default();
        let _ = writeln!(out, "| {} {} {target} | {reached} |", case.suite, row(case));
    }
}

fn all<'a>(out: &mut String, cases: impl Iterator<Item = &'a Case>) {
    out.push_str("| what | bits | cores | ours | peer | peer's | ratio | note |\n|---|---|---|---|---|---|---|---|\n");
    for case in cases {
        let _ = writeln!(out, "{} {} |", row(case), case.note.as_deref().unwrap_or_default());
    }
}

fn row(case: &Case) -> String {
    let range = match (case.min, case.max) {
        (Some(min), Some(max)) if case.ratio.is_some() => format!(" ({}–{})", number(min), number(max)),
        _ => String::new(),
    };
    format!(
        "| {} | {} | {} | {} | {} | {} | {}{range} |",
        case.case,
        case.bits,
        case.threads,
        quantity(case.value, &case.unit),
        case.peer.as_deref().unwrap_or_default(),
        case.peer_value.map(|value| quantity(value, &case.unit)).unwrap_or_default(),
        case.ratio.map(ratio).unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases() -> Vec<Case> {
        let mut epoch = Case::seconds("lr", "epoch, N = 100, 10 + 30 features", 2048, 40.0, "FATE-style", 2000.0)
            .target(60.0)
            .note("peer extrapolated from 20 rows");
        (epoch.commit, epoch.date, epoch.processor) = ("v1-2-gabc".into(), "2026-01-02".into(), "EPYC".into());
        vec![epoch, Case::value("he", "table", 2048, 16.0, "MiB")]
    }

    #[test]
    fn a_missed_target_is_said() {
        let text = text(&cases(), &[]);
        assert!(text.contains("| 50.0x | 60.0x | **no** |"), "{text}");
        assert!(text.contains("peer extrapolated from 20 rows"));
        assert!(text.contains("EPYC") && text.contains("v1-2-gabc") && text.contains("2026-01-02"));
    }

    #[test]
    fn old_plots_are_removed() {
        let folder = std::env::temp_dir().join(format!("bench-{}", std::process::id()));
        write_documents(&[cases()[0].clone()], &folder).unwrap();
        assert!(folder.join("performance/ratios.svg").exists());
        write_documents(&[cases()[1].clone()], &folder).unwrap();
        assert!(!folder.join("performance/ratios.svg").exists());
        fs::remove_dir_all(&folder).unwrap();
    }
}
