//! The words of every reason, in two languages. `{}` is where the detail goes.

use crate::Code;

mod degraded;
mod locked;
mod notices;

/// What is said of a reason in one language.
#[derive(Debug)]
pub struct Words {
    /// What happened, in a sentence.
    pub happened: &'static str,
    /// What of the customer's is not in danger.
    pub safe: &'static str,
    /// What whoever stands before the box can do now.
    pub next: &'static str,
}

#[derive(Debug)]
pub(crate) struct Entry {
    code: Code,
    pub(crate) english: Words,
    pub(crate) chinese: Words,
}

const fn entry(code: Code, english: [&'static str; 3], chinese: [&'static str; 3]) -> Entry {
    Entry { code, english: words(english), chinese: words(chinese) }
}

const fn words(words: [&'static str; 3]) -> Words {
    Words { happened: words[0], safe: words[1], next: words[2] }
}

static NONE: Entry = entry(Code::SetUpFailed, ["{}", "-", "-"], ["{}", "-", "-"]);

pub(crate) fn of(code: Code) -> &'static Entry {
    let all = locked::WORDS.iter().chain(degraded::WORDS).chain(notices::WORDS);
    // A test looks for each of them.
    all.into_iter().find(|entry| entry.code == code).unwrap_or(&NONE)
}
