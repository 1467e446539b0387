//! A free port of this machine's own addresses, of both families: browsers try the one or the other.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

use listener::{ListenError, listen};

use crate::console::limits;

#[derive(Debug, thiserror::Error)]
pub(crate) enum PortError {
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error("no port is free at 127.0.0.1 and at ::1 alike, of {tried}")]
    Taken { tried: usize },
}

/// A port at which nobody else listens at the other address: he would be shown what is for us.
pub(crate) fn both() -> Result<(u16, Vec<TcpListener>), PortError> {
    for _ in 0..limits::PORTS {
        let four = listen((Ipv4Addr::LOCALHOST, 0).into())?;
        let unnamed = |source| ListenError { address: (Ipv4Addr::LOCALHOST, 0).into(), source };
        let port = four.local_addr().map_err(unnamed)?.port();
        match listen((Ipv6Addr::LOCALHOST, port).into()) {
            Ok(six) => return Ok((port, vec![four, six])),
            Err(e) if e.source.kind() == ErrorKind::AddrInUse => {}
            // Without IPv6 nobody is there.
            Err(_) => return Ok((port, vec![four])),
        }
    }
    Err(PortError::Taken { tried: limits::PORTS })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_addresses_have_the_port_and_nobody_else_gets_it() {
        let (port, listeners) = both().unwrap();
        for listener in &listeners {
            let address = listener.local_addr().unwrap();
            assert_eq!(address.port(), port);
            assert!(address.ip().is_loopback());
            assert!(TcpListener::bind(address).is_err());
        }
        assert_ne!(both().unwrap().0, port);
    }
}
