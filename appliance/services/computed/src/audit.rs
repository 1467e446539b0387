//! The audit log on the disk: who did what and how much of it, never a value. The format is `proto::audit`'s.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use proto::audit::{ChainError, Head};
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use crate::error::ComputeError;
use crate::runtime::Files;

#[derive(Clone)]
pub struct Audit(Arc<Shared>);

struct Shared {
    path: PathBuf,
    files: Files,
    head: Mutex<Head>,
    /// A line could not be written: nobody may start work that would leave no trace.
    failed: AtomicBool,
}

impl Audit {
    /// Opens and checks the log. The second value says what was wrong with it: then it is kept under another name and a
    /// new chain begins with a line that says so.
    pub(crate) fn open(folder: &Path, files: Files) -> Result<(Audit, Option<String>), ComputeError> {
        let path = folder.join("audit.jsonl");
        let mut text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(ComputeError::File { action: "reading", path, source }),
        };
        // A power cut in the middle of a line: it was never acknowledged.
        if let Some(torn) = text.rfind('\n').map_or(Some(0), |i| (i + 1 < text.len()).then_some(i + 1))
            && !text.is_empty()
        {
            text.truncate(torn);
            let cut = fs::OpenOptions::new().write(true).open(&path).and_then(|f| {
                f.set_len(torn as u64)?;
                f.sync_all()
            });
            cut.map_err(|source| ComputeError::File {
                action: "cutting a torn line from",
                path: path.clone(),
                source,
            })?;
        }
        let (head, broken) = match verify(&text) {
            Ok(head) => (head, None),
            Err(e) => {
                let kept = folder.join(format!("audit-broken-{}.jsonl", now()));
                fs::rename(&path, &kept).map_err(|source| ComputeError::File {
                    action: "keeping",
                    path: kept,
                    source,
                })?;
                (Head::default(), Some(e.to_string()))
            }
        };
        let shared = Shared { path, files, head: Mutex::new(head), failed: AtomicBool::new(false) };
        Ok((Audit(Arc::new(shared)), broken))
    }

    /// Adds a line; it is on the disk when this returns.
    pub async fn record(&self, client: &str, action: &str, detail: Value) -> std::io::Result<()> {
        let mut head = self.0.head.lock().await;
        let (line, next) = line(&head, client, action, detail);
        let written = self.0.files.append(&self.0.path, line).await;
        self.finish(&mut head, next, written)
    }

    /// For threads that are no part of a runtime.
    pub fn record_blocking(&self, client: &str, action: &str, detail: Value) -> std::io::Result<()> {
        let mut head = self.0.head.blocking_lock();
        let (line, next) = line(&head, client, action, detail);
        let written = self.0.files.append_blocking(&self.0.path, line);
        self.finish(&mut head, next, written)
    }

    /// Whether lines can be written, as far as is known.
    pub fn works(&self) -> bool {
        !self.0.failed.load(Ordering::Relaxed)
    }

    pub fn path(&self) -> &Path {
        &self.0.path
    }

    fn finish(&self, head: &mut Head, next: Head, written: std::io::Result<()>) -> std::io::Result<()> {
        self.0.failed.store(written.is_err(), Ordering::Relaxed);
        written?;
        *head = next;
        Ok(())
    }
}

fn line(head: &Head, client: &str, action: &str, detail: Value) -> (Vec<u8>, Head) {
    let mut fields = Map::new();
    fields.insert("time".into(), now().into());
    fields.insert("client".into(), client.into());
    fields.insert("action".into(), action.into());
    fields.insert("detail".into(), detail);
    let (line, next) = head.append(fields);
    ((line + "\n").into_bytes(), next)
}

fn verify(text: &str) -> Result<Head, ChainError> {
    text.lines().try_fold(Head::default(), |head, line| head.check(line))
}

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn opened(folder: &Path) -> (Audit, Option<String>) {
        Audit::open(folder, Files::start().unwrap().0).unwrap()
    }

    #[test]
    fn a_chain_goes_on_after_a_restart_and_a_torn_line() {
        let folder = tempfile::tempdir().unwrap();
        for i in 0..3 {
            let (audit, broken) = opened(folder.path());
            assert!(broken.is_none());
            audit.record_blocking("a", "test", json!({ "i": i })).unwrap();
            let mut text = fs::read_to_string(audit.path()).unwrap();
            assert_eq!(text.lines().count(), i + 1);
            text.push_str("{\"seq\":");
            fs::write(audit.path(), text).unwrap();
        }
    }

    #[test]
    fn a_changed_line_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let (audit, _) = opened(folder.path());
        for _ in 0..3 {
            audit.record_blocking("a", "test", json!({})).unwrap();
        }
        let text = fs::read_to_string(audit.path()).unwrap();
        fs::write(audit.path(), text.replacen("\"a\"", "\"b\"", 1)).unwrap();
        assert!(opened(folder.path()).1.unwrap().contains("line 1"));
        assert!(opened(folder.path()).1.is_none());
    }
}
