//! The listeners.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::connection::connection;
use crate::doors::Doors;
use crate::endpoint::Endpoint;
use crate::error::ComputeError;
use crate::hall::Hall;

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
    let hall = Hall::new(Doors::new(endpoint.places()), stopping.clone());
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
