//! Who is in: a port's places, and the way to end the connections in them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::doors::{Doors, Entry, Id};

/// Those of one port.
#[derive(Clone)]
pub(crate) struct Hall(Arc<Mutex<Inside>>);

struct Inside {
    doors: Doors,
    hangups: HashMap<Id, Hangup>,
    stopping: CancellationToken,
}

impl Hall {
    /// Its doors count; every connection in it ends when `stopping` is cancelled.
    pub(crate) fn new(doors: Doors, stopping: CancellationToken) -> Hall {
        Hall(Arc::new(Mutex::new(Inside { doors, hangups: HashMap::new(), stopping })))
    }

    /// A place for a connection from this address, if there is one or one can be made.
    pub(crate) fn enter(&self, address: SocketAddr) -> Option<Guest> {
        let mut inside = self.lock();
        let id = match inside.doors.knock(address.ip()) {
            Entry::Full => return None,
            Entry::Free(id) => id,
            Entry::Instead(id, leaving) => {
                inside.show_out(leaving);
                id
            }
        };
        let hangup = Hangup(inside.stopping.child_token());
        inside.hangups.insert(id, hangup.clone());
        Some(Guest { hall: self.clone(), id, hangup })
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn show_out(&mut self, leaving: Id) {
        if let Some(hangup) = self.hangups.remove(&leaving) {
            hangup.0.cancel();
        }
    }
}

/// A connection's place; free again when this is dropped.
pub struct Guest {
    hall: Hall,
    id: Id,
    hangup: Hangup,
}

impl Guest {
    /// The way to end this connection.
    pub fn hangup(&self) -> Hangup {
        self.hangup.clone()
    }

    /// The handshake is done, and told who it is.
    pub fn admitted(&self, client: Option<&str>) {
        let mut inside = self.hall.lock();
        if let Some(leaving) = inside.doors.admitted(self.id, client) {
            inside.show_out(leaving);
        }
    }

    /// A call begins; it ends when what is returned is dropped.
    pub fn call(&self) -> OpenCall {
        self.hall.lock().doors.called(self.id);
        OpenCall { hall: self.hall.clone(), id: self.id }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut inside = self.hall.lock();
        inside.doors.left(self.id);
        inside.hangups.remove(&self.id);
    }
}

/// Ends the connection that a call came by.
#[derive(Clone, Debug, Default)]
pub struct Hangup(CancellationToken);

impl Hangup {
    pub fn hang_up(&self) {
        self.0.cancel();
    }

    pub fn is_over(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Until somebody hangs up.
    pub async fn cancelled(&self) {
        self.0.cancelled().await;
    }
}

/// A call that goes on, to the end of its answer.
pub struct OpenCall {
    hall: Hall,
    id: Id,
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        self.hall.lock().doors.answered(self.id);
    }
}
