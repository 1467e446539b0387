//! The clients of this box, as keyd last listed them. keyd says when the list is another one; whoever asked keyd for a change has
//! it read again before the answer goes out.

use std::sync::{Arc, PoisonError, RwLock};

pub use accounts::Role;
use ipc::Name;
use ipc::keyd::{Reply, Request};
use tokio::sync::Notify;

use crate::error::KeydError;
use crate::keyd::Keyd;
use crate::limits;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    pub name: String,
    pub role: Role,
    pub serial: String,
    pub expires: u64,
    pub revoked: bool,
    pub confirmed: bool,
    pub void: bool,
}

pub struct Clients {
    keyd: Keyd,
    list: RwLock<Vec<Client>>,
    /// One reading at a time, so that an older list never takes the place of a newer one.
    reading: tokio::sync::Mutex<()>,
    changed: Arc<Notify>,
}

impl Clients {
    /// Empty, until it is read. `changed`: told by keyd's notices.
    pub fn new(keyd: Keyd, changed: Arc<Notify>) -> Clients {
        Clients { keyd, list: RwLock::default(), reading: tokio::sync::Mutex::default(), changed }
    }

    /// Reads the list anew whenever keyd says so.
    pub(crate) async fn follow(&self) {
        loop {
            self.changed.notified().await;
            // Until it is read: a client that was revoked must not go on because keyd was busy.
            while let Err(e) = self.read().await {
                eprintln!("computed: the list of clients: {}", crate::error::chain(&e));
                tokio::time::sleep(limits::RETRY_AFTER).await;
            }
        }
    }

    pub async fn read(&self) -> Result<(), KeydError> {
        let _one_at_a_time = self.reading.lock().await;
        let mut list: Vec<Client> = Vec::new();
        loop {
            let after = Name::new("a serial number", list.last().map_or("", |c| c.serial.as_str()))?;
            match self.keyd.call(Request::Clients { after }).await? {
                Reply::Clients(page) if page.as_slice().is_empty() => break,
                Reply::Clients(page) => list.extend(page.into_vec().into_iter().filter_map(client)),
                _ => return Err(KeydError::Unexpected),
            }
        }
        *self.list.write().unwrap_or_else(PoisonError::into_inner) = list;
        Ok(())
    }

    /// Tells keyd, the first time that a certificate is used.
    pub(crate) async fn used(&self, serial: &str) -> Result<(), KeydError> {
        if self.find(serial).is_none_or(|c| c.confirmed) {
            return Ok(());
        }
        self.keyd.call(Request::Confirm { serial: Name::new("a serial number", serial)? }).await?;
        self.read().await
    }

    pub fn list(&self) -> Vec<Client> {
        self.list.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn find(&self, serial: &str) -> Option<Client> {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        list.iter().find(|c| c.serial == serial).cloned()
    }
}

/// `None`: a role that this release does not know may do nothing.
fn client(client: ipc::keyd::Client) -> Option<Client> {
    Some(Client {
        role: Role::parse(client.role.as_str())?,
        name: client.name.into_string(),
        serial: client.serial.into_string(),
        expires: client.expires,
        revoked: client.revoked,
        confirmed: client.confirmed,
        void: client.void,
    })
}
