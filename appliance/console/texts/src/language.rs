//! The two languages, and which one a person reads.

/// Of pages, and of what the box prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    Chinese,
    English,
}

impl Language {
    pub const ALL: [Language; 2] = [Language::Chinese, Language::English];

    /// As HTML and cookies have it (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Language::Chinese => "zh",
            Language::English => "en",
        }
    }

    /// In itself, for the switch between them.
    pub fn own_name(self) -> &'static str {
        match self {
            Language::Chinese => "中文",
            Language::English => "English",
        }
    }

    pub fn parse(tag: &str) -> Option<Language> {
        Language::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// By `Accept-Language` (RFC 9110, 12.5.4): the one of the two that is wanted most. Neither, or nonsense: Chinese.
    pub fn accepted(header: &str) -> Language {
        let mut best = (0, Language::Chinese);
        for range in header.split(',').take(32) {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
            let primary = tag.split('-').next().unwrap_or_default();
            let Some(language) = Language::parse(primary) else { continue };
            let quality = parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(Some(1000), thousandths);
            if let Some(quality) = quality
                && quality > best.0
            {
                best = (quality, language);
            }
        }
        best.1
    }
}

/// A quality value: "0", "0.8", "1.000".
fn thousandths(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !matches!(whole, "0" | "1") || fraction.len() > 3 || !digits(fraction) {
        return None;
    }
    let fraction: u32 = format!("{fraction:0<3}").parse().ok()?;
    Some(whole.parse::<u32>().ok()? * 1000 + fraction).filter(|quality| *quality <= 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::*;

    #[test]
    fn the_language_that_is_wanted_most() {
        for (header, wanted) in [
            ("", Chinese),
            ("zh-CN,zh;q=0.9,en;q=0.8", Chinese),
            ("en-US,en;q=0.9,zh-CN;q=0.8", English),
            ("de,fr;q=0.9", Chinese),
            ("de, en;q=0.5", English),
            ("en;q=0.4, zh-Hant;q=0.6", Chinese),
            ("en;q=0", Chinese),
            ("en;q=2, zh;q=x", Chinese),
            ("EN-gb", English),
            (";;,,=", Chinese),
        ] {
            assert_eq!(Language::accepted(header), wanted, "{header}");
        }
    }
}
