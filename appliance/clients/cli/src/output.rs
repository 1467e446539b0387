//! What a person sees, or what a program reads.

use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

pub(crate) struct Output {
    json: bool,
    /// What became of standard output, if it did not take something.
    trouble: RefCell<Option<io::Error>>,
}

impl Output {
    pub(crate) fn new(json: bool) -> Output {
        Output { json, trouble: RefCell::new(None) }
    }

    /// The outcome of a command: `value` for programs, `text` for people.
    pub(crate) fn result(&self, value: Value, text: &str) {
        if self.json {
            self.print(&format!("{value:#}\n"));
        } else if !text.is_empty() {
            self.print(&format!("{text}\n"));
        }
    }

    pub(crate) fn error(&self, message: &str) {
        if self.json {
            self.print(&format!("{:#}\n", json!({ "error": message })));
        }
        // Where nobody hears it, the exit status still says it.
        let _ = writeln!(io::stderr(), "coffer: {message}");
    }

    /// Whether all that was printed was taken. Who reads the first lines of a list alone, and closes the pipe, has what he wanted.
    pub(crate) fn end(&self) -> io::Result<()> {
        match self.trouble.take() {
            Some(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(e),
            _ => Ok(()),
        }
    }

    fn print(&self, text: &str) {
        let mut out = io::stdout().lock();
        if let Err(e) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            self.trouble.borrow_mut().get_or_insert(e);
        }
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
