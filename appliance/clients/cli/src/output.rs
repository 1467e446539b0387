//! What a person sees, or what a program reads.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Output {
        Output { json }
    }

    /// The outcome of a command: `value` for programs, `text` for people.
    pub(crate) fn result(&self, value: Value, text: &str) {
        if self.json {
            println!("{value:#}");
        } else if !text.is_empty() {
            println!("{text}");
        }
    }

    pub(crate) fn error(&self, message: &str) {
        if self.json {
            println!("{:#}", json!({ "error": message }));
        }
        eprintln!("coffer: {message}");
    }

    /// A bar on a terminal, nothing elsewhere.
    pub(crate) fn progress(&self, name: &str, total: u64) -> ProgressBar {
        if !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(total);
        let template = "{msg:>16} {bar:40} {pos}/{len} {elapsed_precise}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(name.to_string());
        bar
    }
}
