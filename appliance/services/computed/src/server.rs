//! The listeners: who comes in, and who has to leave for it.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::answers::Hangup;
use crate::connection::connection;
use crate::doors::{Doors, Entry, Id};
use crate::endpoint::Endpoint;
use crate::error::ComputeError;

pub(crate) fn listen(address: SocketAddr) -> Result<std::net::TcpListener, ComputeError> {
    let bind = |address: SocketAddr| std::net::TcpListener::bind(address);
    let bound = match bind(address) {
        // "[::]" means every address; a kernel without IPv6 has only the other kind.
        Err(_) if address.ip() == Ipv6Addr::UNSPECIFIED => bind((Ipv4Addr::UNSPECIFIED, address.port()).into()),
        bound => bound,
    };
    let bound = bound.and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    bound.map_err(|source| ComputeError::Listen { address: address.to_string(), source })
}

/// Accepts until the service stops.
pub(crate) async fn serve(
    listener: std::net::TcpListener,
    endpoint: Endpoint,
    stopping: CancellationToken,
) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let hall = Hall::new(&endpoint, stopping.clone());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopping.cancelled() => return Ok(()),
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            // Out of descriptors, or the client is gone again: neither ends the service.
            Err(_) => {
                sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        // Turned away: nothing of it is read.
        let Some(guest) = hall.enter(address) else { continue };
        let endpoint = endpoint.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = connection(stream, address, endpoint, &guest) => {}
                () = guest.hangup.0.cancelled() => {}
            }
        });
    }
}

/// A port's places, and the way to end the connections in them.
#[derive(Clone)]
struct Hall(Arc<Mutex<Inside>>);

struct Inside {
    doors: Doors,
    hangups: HashMap<Id, Hangup>,
    stopping: CancellationToken,
}

impl Hall {
    fn new(endpoint: &Endpoint, stopping: CancellationToken) -> Hall {
        let doors = Doors::new(endpoint.places());
        Hall(Arc::new(Mutex::new(Inside { doors, hangups: HashMap::new(), stopping })))
    }

    fn enter(&self, address: SocketAddr) -> Option<Guest> {
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
pub(crate) struct Guest {
    hall: Hall,
    id: Id,
    pub(crate) hangup: Hangup,
}

impl Guest {
    /// The handshake is done, and told who it is.
    pub(crate) fn admitted(&self, client: Option<&str>) {
        let mut inside = self.hall.lock();
        if let Some(leaving) = inside.doors.admitted(self.id, client) {
            inside.show_out(leaving);
        }
    }

    /// A call begins; it ends when what is returned is dropped.
    pub(crate) fn call(&self) -> OpenCall {
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

/// A call that goes on, to the end of its answer.
pub(crate) struct OpenCall {
    hall: Hall,
    id: Id,
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        self.hall.lock().doors.answered(self.id);
    }
}
