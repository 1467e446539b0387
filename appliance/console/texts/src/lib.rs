//! What the console says, in Chinese and in English: a method a message. The files in `languages/` are Project Fluent's; the methods
//! are made of them when this is compiled (`build.rs`), so that a page cannot ask for a text that is not there.
#![forbid(unsafe_code)]

use std::fmt;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::langid;

pub use language::Language;

mod language;

include!(concat!(env!("OUT_DIR"), "/messages.rs"));

/// One language's.
pub struct Texts {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

impl Texts {
    /// It reads the language's file, which was read when this was compiled.
    pub fn new(language: Language) -> Texts {
        let (id, text) = match language {
            Language::English => (langid!("en"), include_str!("../languages/en.ftl")),
            Language::Chinese => (langid!("zh"), include_str!("../languages/zh.ftl")),
        };
        let mut bundle = FluentBundle::new_concurrent(vec![id]);
        // No marks around arguments: nothing here is written from the right.
        bundle.set_use_isolating(false);
        let resource = FluentResource::try_new(text.into()).unwrap_or_else(|(resource, _)| resource);
        // Twice the same message is found when this is compiled.
        let _ = bundle.add_resource(resource);
        Texts { language, bundle }
    }

    pub fn language(&self) -> Language {
        self.language
    }

    fn say<'a, const N: usize>(&self, id: &str, arguments: [(&'a str, FluentValue<'a>); N]) -> String {
        let arguments: FluentArgs<'a> = arguments.into_iter().collect();
        let pattern = self.bundle.get_message(id).and_then(|message| message.value());
        // It is there: the method was made of it.
        let Some(pattern) = pattern else { return id.into() };
        self.bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned()
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Texts").field("language", &self.language).finish_non_exhaustive()
    }
}
