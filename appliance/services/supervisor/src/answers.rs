//! Whether what listens answers: a TLS handshake is begun at each port, on loopback, and it is seen whether as much comes back as takes a
//! certificate and a signature over the handshake; for that keyd and the TPM have to work, too. Nothing of the answer is parsed.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use std::time::Duration;

/// For one port: the TPM may be slow.
const WAIT: Duration = Duration::from_secs(60);
/// RFC 8446 5.1: the type of a record with handshake messages, which an answer begins with. An alert's is 21.
const HANDSHAKE: u8 = 22;
/// Octets: a server's first flight with a certificate has more; a ServerHello and the alert of one that cannot sign have less.
const FLIGHT: usize = 256;

/// The ClientHello of RFC 8448, section 3, as a record.
const CLIENT_HELLO: &[u8] = &[
    0x16, 0x03, 0x01, 0x00, 0xc4, 0x01, 0x00, 0x00, 0xc0, 0x03, 0x03, 0xcb, 0x34, 0xec, 0xb1, 0xe7, 0x81, 0x63, 0xba,
    0x1c, 0x38, 0xc6, 0xda, 0xcb, 0x19, 0x6a, 0x6d, 0xff, 0xa2, 0x1a, 0x8d, 0x99, 0x12, 0xec, 0x18, 0xa2, 0xef, 0x62,
    0x83, 0x02, 0x4d, 0xec, 0xe7, 0x00, 0x00, 0x06, 0x13, 0x01, 0x13, 0x03, 0x13, 0x02, 0x01, 0x00, 0x00, 0x91, 0x00,
    0x00, 0x00, 0x0b, 0x00, 0x09, 0x00, 0x00, 0x06, 0x73, 0x65, 0x72, 0x76, 0x65, 0x72, 0xff, 0x01, 0x00, 0x01, 0x00,
    0x00, 0x0a, 0x00, 0x14, 0x00, 0x12, 0x00, 0x1d, 0x00, 0x17, 0x00, 0x18, 0x00, 0x19, 0x01, 0x00, 0x01, 0x01, 0x01,
    0x02, 0x01, 0x03, 0x01, 0x04, 0x00, 0x23, 0x00, 0x00, 0x00, 0x33, 0x00, 0x26, 0x00, 0x24, 0x00, 0x1d, 0x00, 0x20,
    0x99, 0x38, 0x1d, 0xe5, 0x60, 0xe4, 0xbd, 0x43, 0xd2, 0x3d, 0x8e, 0x43, 0x5a, 0x7d, 0xba, 0xfe, 0xb3, 0xc0, 0x6e,
    0x51, 0xc1, 0x3c, 0xae, 0x4d, 0x54, 0x13, 0x69, 0x1e, 0x52, 0x9a, 0xaf, 0x2c, 0x00, 0x2b, 0x00, 0x03, 0x02, 0x03,
    0x04, 0x00, 0x0d, 0x00, 0x20, 0x00, 0x1e, 0x04, 0x03, 0x05, 0x03, 0x06, 0x03, 0x02, 0x03, 0x08, 0x04, 0x08, 0x05,
    0x08, 0x06, 0x04, 0x01, 0x05, 0x01, 0x06, 0x01, 0x02, 0x01, 0x04, 0x02, 0x05, 0x02, 0x06, 0x02, 0x02, 0x02, 0x00,
    0x2d, 0x00, 0x02, 0x01, 0x01, 0x00, 0x1c, 0x00, 0x02, 0x40, 0x01,
];

/// Ports that are being asked, on a thread: nobody waits for them.
pub(crate) struct Asked(Receiver<Result<(), String>>);

/// What came of it.
pub(crate) enum Answer {
    NotYet,
    /// Each of them answered.
    All,
    /// One did not: which, and how not.
    Silent(String),
}

impl Asked {
    pub(crate) fn begin(ports: Vec<u16>) -> Asked {
        let (sender, receiver) = channel();
        thread::spawn(move || {
            let silent = ports.into_iter().find_map(|port| ask(port, WAIT).err().map(|e| format!("port {port}: {e}")));
            // Nobody listens any more where the box ends meanwhile.
            let _ = sender.send(silent.map_or(Ok(()), Err));
        });
        Asked(receiver)
    }

    pub(crate) fn answer(&self) -> Answer {
        match self.0.try_recv() {
            Ok(Ok(())) => Answer::All,
            Ok(Err(why)) => Answer::Silent(why),
            Err(TryRecvError::Empty) => Answer::NotYet,
            Err(TryRecvError::Disconnected) => Answer::Silent("nobody asked".into()),
        }
    }
}

fn ask(port: u16, wait: Duration) -> Result<(), String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let first = || -> std::io::Result<u8> {
        let mut stream = TcpStream::connect_timeout(&address, wait)?;
        stream.set_write_timeout(Some(wait))?;
        stream.set_read_timeout(Some(wait))?;
        stream.write_all(CLIENT_HELLO)?;
        let mut first = [0; FLIGHT];
        stream.read_exact(&mut first)?;
        Ok(first[0])
    };
    match first() {
        Ok(HANDSHAKE) => Ok(()),
        Ok(_) => Err("it answers, but not as TLS does".into()),
        Err(e) if e.kind() == ErrorKind::UnexpectedEof => Err("it hangs up in the handshake".into()),
        Err(e) => Err(e.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::sync::Arc;

    use super::*;

    /// Does this to the one connection that comes, and says what the asker made of it.
    fn asked(answer: impl FnOnce(TcpStream) + Send + 'static) -> Result<(), String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = thread::spawn(move || answer(listener.accept().unwrap().0));
        let outcome = ask(port, Duration::from_secs(5));
        server.join().unwrap();
        outcome
    }

    /// rustls, which the services have, as far as its answer goes.
    fn tls(mut stream: TcpStream, key: rcgen::KeyPair) {
        let certificate = rcgen::CertificateParams::new(["server".into()]).unwrap().self_signed(&key).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let mut connection = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        while connection.wants_read() && !connection.wants_write() {
            connection.read_tls(&mut stream).unwrap();
            let _ = connection.process_new_packets();
        }
        while connection.wants_write() {
            connection.write_tls(&mut stream).unwrap();
        }
    }

    #[test]
    fn a_server_of_ours_answers() {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        assert_eq!(asked(|stream| tls(stream, key)), Ok(()));
    }

    #[test]
    fn one_that_cannot_sign_for_the_handshake_does_not() {
        // The ClientHello of the RFC knows no Ed25519.
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        assert_eq!(asked(|stream| tls(stream, key)), Err("it hangs up in the handshake".into()));
    }

    #[test]
    fn one_that_speaks_otherwise_hangs_up_or_is_not_there_does_not() {
        let chatter = |mut stream: TcpStream| drop(stream.write_all(&[b'x'; 2 * FLIGHT]));
        assert_eq!(asked(chatter), Err("it answers, but not as TLS does".into()));
        assert!(asked(drop).is_err());
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        assert!(ask(free, Duration::from_secs(5)).is_err());
    }

    #[test]
    fn nobody_waits_for_one_that_says_nothing() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let asked = Asked::begin(vec![listener.local_addr().unwrap().port()]);
        assert!(matches!(asked.answer(), Answer::NotYet));
    }
}
