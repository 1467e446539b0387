//! The clients that this box has issued certificates to.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::audit::now;
use crate::error::ComputeError;
use crate::limits;
use crate::runtime::Files;

/// What a client may do beside its own jobs and keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything.
    Administrator,
    /// Own keys and jobs.
    Operator,
    /// Status and the audit log.
    Auditor,
}

impl Role {
    pub fn name(self) -> &'static str {
        match self {
            Role::Administrator => "administrator",
            Role::Operator => "operator",
            Role::Auditor => "auditor",
        }
    }

    pub fn parse(text: &str) -> Option<Role> {
        [Role::Administrator, Role::Operator, Role::Auditor].into_iter().find(|r| r.name() == text)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Client {
    pub name: String,
    pub role: Role,
    pub serial: String,
    pub expires: u64,
    pub revoked: bool,
}

/// The list, in memory and in clients.json.
pub struct Clients {
    path: PathBuf,
    files: Files,
    list: Mutex<Vec<Client>>,
    /// One change at a time, so that the file never goes back.
    changing: tokio::sync::Mutex<()>,
}

impl Clients {
    pub(crate) fn open(folder: &Path, files: Files) -> Result<Clients, ComputeError> {
        let path = folder.join("clients.json");
        let list = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|e| ComputeError::Damaged { path: path.clone(), what: e.to_string() })?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(source) => return Err(ComputeError::File { action: "reading", path, source }),
        };
        Ok(Clients { path, files, list: Mutex::new(list), changing: tokio::sync::Mutex::new(()) })
    }

    pub fn list(&self) -> Vec<Client> {
        self.locked().clone()
    }

    pub fn is_empty(&self) -> bool {
        self.locked().is_empty()
    }

    pub fn find(&self, serial: &str) -> Option<Client> {
        self.locked().iter().find(|c| c.serial == serial).cloned()
    }

    /// Whether a new client may have this name: it owns keys and jobs by it, so none is ever given twice.
    pub fn admits(&self, name: &str) -> Result<(), &'static str> {
        let characters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.len() > 64 || !name.chars().all(characters) {
            return Err("a client's name has 1 to 64 letters, digits, '-', '_' and '.'");
        }
        let list = self.locked();
        // The client itself may come again once its certificate has expired; nobody else, and not a revoked one.
        if list.iter().any(|c| c.name == name && (c.revoked || c.expires > now())) {
            return Err("there is, or was, a client of this name");
        }
        if list.len() >= limits::CLIENTS {
            return Err("the box has as many clients as it can have");
        }
        Ok(())
    }

    /// On the disk when this returns.
    pub async fn add(&self, client: Client) -> std::io::Result<()> {
        self.change(|list| list.push(client)).await
    }

    /// Whether there is such a certificate.
    pub async fn revoke(&self, serial: &str) -> std::io::Result<bool> {
        if self.find(serial).is_none() {
            return Ok(false);
        }
        self.change(|list| list.iter_mut().filter(|c| c.serial == serial).for_each(|c| c.revoked = true)).await?;
        Ok(true)
    }

    async fn change(&self, change: impl FnOnce(&mut Vec<Client>)) -> std::io::Result<()> {
        let _one_at_a_time = self.changing.lock().await;
        let mut list = self.list();
        change(&mut list);
        self.files.replace(&self.path, serde_json::to_vec_pretty(&list)?).await?;
        *self.locked() = list;
        Ok(())
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Client>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
