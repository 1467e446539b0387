//! A reason: its code, what it is about, and a detail that is put into its words.

use crate::Code;

/// Of a detail, in characters: it is one sentence's part.
const DETAIL_MAX: usize = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    Chinese,
}

/// One reason. Two with the same code and subject are the same reason, whatever their details.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    code: Code,
    subject: String,
    detail: String,
}

impl Reason {
    pub fn new(code: Code) -> Reason {
        Reason { code, subject: String::new(), detail: String::new() }
    }

    /// What it is about, where several may have the same code: a service's name, a card's address.
    #[must_use]
    pub fn about(mut self, subject: &str) -> Reason {
        self.subject = one_line(subject);
        self
    }

    /// As much of the text as fits, in one line.
    #[must_use]
    pub fn detail(mut self, detail: &str) -> Reason {
        self.detail = one_line(detail);
        self
    }

    pub fn code(&self) -> Code {
        self.code
    }

    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// What happened, in a sentence.
    pub fn happened(&self, language: Language) -> String {
        let words = self.words(language);
        let detail = match (self.subject.as_str(), self.detail.as_str()) {
            ("", "") => "?".to_string(),
            ("", detail) => detail.to_string(),
            (subject, "") => subject.to_string(),
            (subject, detail) => format!("{subject}: {detail}"),
        };
        words.happened.replace("{}", &detail)
    }

    /// For programs and short lists: "COF-2101: what happened".
    pub fn sentence(&self) -> String {
        format!("{}: {}", self.code, self.happened(Language::English))
    }

    /// For the screen: what happened, what is safe, what to do next.
    pub fn lines(&self, language: Language) -> [String; 3] {
        let words = self.words(language);
        let (safe, next) = match language {
            Language::English => ("Safe", "Next"),
            Language::Chinese => ("安全", "下一步"),
        };
        let first = format!("{} {}", self.code, self.happened(language));
        [first, format!("  {safe}: {}", words.safe), format!("  {next}: {}", words.next)]
    }

    pub(crate) fn key(&self) -> (Code, String) {
        (self.code, self.subject.clone())
    }

    fn words(&self, language: Language) -> &'static crate::Words {
        match language {
            Language::English => self.code.english(),
            Language::Chinese => self.code.chinese(),
        }
    }
}

/// What steers a terminal is taken out, and what is too long is cut.
fn one_line(text: &str) -> String {
    let mut line: String = text.chars().take(DETAIL_MAX).map(|c| if c.is_control() { '?' } else { c }).collect();
    if text.chars().nth(DETAIL_MAX).is_some() {
        line.push_str("...");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_what_is_safe_and_what_to_do() {
        let reason = Reason::new(Code::NoAddress).detail("eth0");
        let [first, safe, next] = reason.lines(Language::English);
        assert!(first.starts_with("COF-2203 ") && first.contains("eth0"), "{first}");
        assert!(safe.starts_with("  Safe: ") && next.starts_with("  Next: "));
        assert!(reason.lines(Language::Chinese)[0].contains("eth0"));
        assert!(reason.sentence().starts_with("COF-2203: "));
    }

    #[test]
    fn a_detail_is_one_line_of_a_bounded_length() {
        let reason = Reason::new(Code::ServiceTrouble).about("keyd").detail(&"x\u{1b}[2J\n".repeat(1000));
        let said = reason.happened(Language::English);
        assert!(said.len() < 500 && !said.contains('\n') && !said.contains('\u{1b}'), "{said}");
        assert!(said.contains("keyd: x?[2J?"), "{said}");
    }
}
