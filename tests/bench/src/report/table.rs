//! A table in plain text.

use super::figures::{quantity, ratio};
use crate::Case;

const HEAD: [&str; 9] = ["suite", "case", "bits", "cores", "ours", "peer's", "ratio", "target", "peer"];

/// One case on one line, said while others are still measured.
pub fn line(case: &Case) -> String {
    let [suite, name, bits, _, ours, theirs, ratio, target, peer] = cells(case);
    let target = if target.is_empty() { target } else { format!(", target {target}") };
    let compared = match case.ratio {
        Some(_) => format!(", {ratio} of {peer} ({theirs}){target}"),
        None => case.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default(),
    };
    format!("== {suite}: {name}, {bits} bits: {ours}{compared}")
}

/// All cases, aligned.
pub fn table(cases: &[Case]) -> String {
    let mut rows = vec![HEAD.map(String::from)];
    rows.extend(cases.iter().map(cells));
    let widths = HEAD
        .iter()
        .enumerate()
        .map(|(column, _)| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let widths: Vec<usize> = widths.collect();
    let mut out = String::new();
    for row in &rows {
        let cell = |(column, text): (usize, &String)| match column {
            0 | 1 | 8 => format!("{text:<width$}", width = widths[column]),
            _ => format!("{text:>width$}", width = widths[column]),
        };
        let text = row.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ");
        out.push_str(text.trim_end());
        out.push('\n');
    }
    out
}

fn cells(case: &Case) -> [String; 9] {
    let mark = match case.reached() {
        Some(true) => " yes",
        Some(false) => " no",
        None => "",
    };
    [
        case.suite.clone(),
        case.case.clone(),
        case.bits.to_string(),
        case.threads.to_string(),
        quantity(case.value, &case.unit),
        case.peer_value.map(|value| quantity(value, &case.unit)).unwrap_or_default(),
        case.ratio.map(ratio).unwrap_or_default(),
        case.target.map(|target| ratio(target) + mark).unwrap_or_default(),
        case.peer.clone().unwrap_or_default(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_nothing_is_lost() {
        let mut fast = Case::seconds("lr", "epoch", 2048, 40.0, "FATE-style", 2700.0).target(60.0);
        let slow = Case::value("he", "a much longer name of a case", 3072, 16.0, "MiB");
        let text = table(&[fast.clone(), slow]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        let at = |line: &str, what: &str| line.find(what).map(|i| i + what.len()).unwrap();
        assert_eq!(at(lines[0], "bits"), at(lines[1], "2048"));
        assert_eq!(at(lines[1], "40.0 s"), at(lines[2], "16.0 MiB"));
        assert!(lines[1].contains("67.5x") && lines[1].contains("60.0x yes"), "{text}");
        fast.peer_value = Some(100.0);
        fast.ratio = Some(2.5);
        assert!(table(&[fast]).contains("60.0x no"));
    }
}
