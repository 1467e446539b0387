//! The port, and what comes in at it.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::doors::{Doors, Places};
use crate::hall::{Guest, Hall};

#[derive(Debug, thiserror::Error)]
#[error("listening on {address}")]
pub struct ListenError {
    pub address: SocketAddr,
    pub source: io::Error,
}

/// A socket for [`serve`].
pub fn listen(address: SocketAddr) -> Result<std::net::TcpListener, ListenError> {
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
    bound.map_err(|source| ListenError { address, source })
}

/// Accepts until `stopping` is cancelled. Each connection is a task of `connection`, which ends with it, when its place is needed for another
/// one, and when the service stops.
pub async fn serve<F>(
    listener: std::net::TcpListener,
    places: Places,
    stopping: CancellationToken,
    connection: impl Fn(TcpStream, SocketAddr, Guest) -> F,
) -> io::Result<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::from_std(listener)?;
    let hall = Hall::new(Doors::new(places), stopping.clone());
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
        let hangup = guest.hangup();
        let served = connection(stream, address, guest);
        tokio::spawn(async move {
            tokio::select! {
                () = served => {}
                () = hangup.cancelled() => {}
            }
        });
    }
}
