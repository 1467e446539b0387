//! Numbers with three significant digits.

/// With a prefix of thousands for a rate, "178 M/s"; "41.2 s" for the rest.
pub(super) fn quantity(value: f64, unit: &str) -> String {
    let (scaled, prefix) = match value.abs() {
        _ if !unit.ends_with("/s") => (value, ""),
        x if x >= 1e9 => (value / 1e9, "G"),
        x if x >= 1e6 => (value / 1e6, "M"),
        x if x >= 1e4 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let unit = unit.strip_prefix('1').unwrap_or(unit);
    let space = if prefix.is_empty() && unit.starts_with('/') { "" } else { " " };
    format!("{}{space}{prefix}{unit}", number(scaled))
}

pub(super) fn number(value: f64) -> String {
    let digits = match value.abs() {
        x if x >= 100.0 => 0,
        x if x >= 10.0 => 1,
        x if x >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.digits$}")
}

pub(super) fn ratio(value: f64) -> String {
    number(value) + "x"
}

/// For an axis: no zeros at the end.
pub(super) fn short(text: &str) -> String {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    match number.contains('.') {
        true => number.trim_end_matches('0').trim_end_matches('.').to_owned() + unit,
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_read_well() {
        assert_eq!(quantity(8134.0, "1/s"), "8134/s");
        assert_eq!(quantity(178_400.0, "1/s"), "178 k/s");
        assert_eq!(quantity(5_140_000.0, "1/s"), "5.14 M/s");
        assert_eq!(quantity(41.234, "s"), "41.2 s");
        assert_eq!(quantity(100_000.0, "MiB"), "100000 MiB");
        assert_eq!(ratio(82.345), "82.3x");
        assert_eq!(ratio(0.987), "0.987x");
        let axis = ["10.0x", "0.500x", "100x", "1.00 M/s", "200 k/s"].map(short);
        assert_eq!(axis, ["10x", "0.5x", "100x", "1 M/s", "200 k/s"]);
    }
}
