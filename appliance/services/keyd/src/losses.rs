//! What a TPM that was replaced or cleared, or a damaged file, cost: certificates and keys. Said on the screen at every start until
//! it is made good, and written to the audit log once, name by name.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use accounts::pin_to_text;
use ipc::Name;
use ipc::auditd::Weight;
use serde_json::{Value, json};

use crate::KeydError;
use crate::lost::Losses;
use crate::serve::Keyd;

/// Of names in a line of the screen, which has 200.
const NAMES_BYTES: usize = 90;
/// For one line of the log; so often is one tried again, after a pause, that it did not take.
const LINE_WAIT: Duration = Duration::from_secs(10);
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_secs(1);

impl Keyd {
    /// For whoever stands before the box.
    pub fn losses(&self) -> Result<Vec<String>, KeydError> {
        let void = self.0.members.look(|a| a.void());
        let keys = &self.0.losses.keys;
        let mut lines = Vec::new();
        if !void.is_empty() {
            let who = listed(&void);
            lines.push(format!("the box has a new identity; certificates that are void by it: {} ({who})", void.len()));
            let pin = pin_to_text(&self.0.identity.pin()?);
            lines.push(
                "each of these clients keeps its name, and gets another certificate with the key that it has:".into(),
            );
            lines.push(format!("on its machine: coffer renew --host ADDRESS --pin {pin}"));
        }
        if !keys.is_empty() {
            let why = "sealed to a TPM that was replaced or cleared, or their vault is damaged";
            lines.push(format!("keys that are lost: {} ({why}); coffer keys list names them", keys.len()));
        }
        Ok(lines)
    }

    /// Has them written, on a thread of its own: there may be more lines than are taken at a time.
    pub fn record_losses(&self) -> Result<(), KeydError> {
        let keyd = self.clone();
        thread::Builder::new().name("losses".into()).spawn(move || keyd.write_losses()).map_err(KeydError::Thread)?;
        Ok(())
    }

    fn write_losses(&self) {
        let Losses { clients, keys, is_news } = &self.0.losses;
        if self.0.identity.is_new {
            self.write("new identity", &json!({ "void": clients.len() }));
        }
        for client in clients {
            self.write("certificate void", &json!({ "client": client, "why": "the box has a new identity" }));
        }
        for key in keys.iter().filter(|_| *is_news) {
            let why = key.state.words().unwrap_or_default();
            let (id, name, owner) = (key.id.as_str(), key.name.as_str(), key.owner.as_str());
            self.write("key lost", &json!({ "key": id, "name": name, "owner": owner, "why": why }));
        }
    }

    /// One after the other: what comes too fast would only be counted.
    fn write(&self, action: &str, detail: &Value) {
        for _ in 0..TRIES {
            let (sender, written) = mpsc::channel();
            let then = move |outcome: Result<(), _>| {
                let _ = sender.send(outcome.is_ok());
            };
            self.0.audit.record(Weight::Relief, &Name::default(), action, detail, then);
            if written.recv_timeout(LINE_WAIT) == Ok(true) {
                return;
            }
            thread::sleep(PAUSE);
        }
    }
}

/// As many of them as fit a line of the screen.
fn listed(names: &[String]) -> String {
    let mut text = String::new();
    for (number, name) in names.iter().enumerate() {
        let comma = if number == 0 { "" } else { ", " };
        if text.len() + comma.len() + name.len() > NAMES_BYTES {
            return format!("{text} and {} more", names.len() - number);
        }
        text = format!("{text}{comma}{name}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_a_line_and_the_rest_is_counted() {
        let names = |count: usize, length: usize| vec!["n".repeat(length); count];
        assert_eq!(listed(&names(2, 3)), "nnn, nnn");
        assert_eq!(listed(&names(1000, 64)), format!("{} and 999 more", "n".repeat(64)));
        assert_eq!(listed(&[]), "");
    }
}
