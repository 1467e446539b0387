//! One packet, one message: postcard over a `SOCK_SEQPACKET` pair, with a bound on size and on waiting.

use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockType, recv, send, setsockopt, socketpair, sockopt};
use nix::sys::time::TimeVal;
use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

/// The largest message, in bytes. A socket's default send buffer holds it.
pub const MESSAGE_MAX: usize = 64 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    #[error("the other process closed the channel")]
    Closed,
    #[error("no answer within the time allowed")]
    TimedOut,
    #[error("a message of {size} bytes is over the limit of {MESSAGE_MAX}")]
    TooLarge { size: usize },
    #[error("a message could not be encoded or decoded")]
    Malformed(#[source] postcard::Error),
    #[error("the socket failed")]
    Socket(#[source] Errno),
}

/// One end of a channel. Buffers are wiped: secrets travel here.
pub struct Channel(OwnedFd);

impl Channel {
    pub fn from_fd(fd: OwnedFd) -> Channel {
        Channel(fd)
    }

    /// Two ends, closed on exec.
    pub fn pair() -> Result<(OwnedFd, OwnedFd), ChannelError> {
        socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC).map_err(ChannelError::Socket)
    }

    /// Bounds every later wait, both ways; `None` waits for ever (only a service waiting for its next request may).
    pub fn set_timeout(&self, timeout: Option<Duration>) -> Result<(), ChannelError> {
        let t = timeout.unwrap_or_default();
        let value = TimeVal::new(t.as_secs() as i64, t.subsec_micros().into());
        setsockopt(&self.0, sockopt::ReceiveTimeout, &value).map_err(ChannelError::Socket)?;
        setsockopt(&self.0, sockopt::SendTimeout, &value).map_err(ChannelError::Socket)
    }

    pub fn fd(&self) -> &OwnedFd {
        &self.0
    }

    pub fn send<T: Serialize>(&self, message: &T) -> Result<(), ChannelError> {
        let mut buffer = Zeroizing::new(vec![0u8; MESSAGE_MAX]);
        let used = match postcard::to_slice(message, &mut buffer) {
            Ok(used) => used.len(),
            Err(postcard::Error::SerializeBufferFull) => return Err(ChannelError::TooLarge { size: MESSAGE_MAX + 1 }),
            Err(e) => return Err(ChannelError::Malformed(e)),
        };
        loop {
            match send(self.0.as_raw_fd(), &buffer[..used], MsgFlags::MSG_NOSIGNAL) {
                Ok(_) => return Ok(()),
                Err(Errno::EINTR) => continue,
                Err(e) => return Err(failure(e)),
            }
        }
    }

    pub fn receive<T: DeserializeOwned>(&self) -> Result<T, ChannelError> {
        let mut buffer = Zeroizing::new(vec![0u8; MESSAGE_MAX + 1]);
        let size = loop {
            match recv(self.0.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
                Ok(0) => return Err(ChannelError::Closed),
                Ok(size) => break size,
                Err(Errno::EINTR) => continue,
                Err(e) => return Err(failure(e)),
            }
        };
        if size > MESSAGE_MAX {
            return Err(ChannelError::TooLarge { size });
        }
        postcard::from_bytes(&buffer[..size]).map_err(ChannelError::Malformed)
    }

    /// A request and its reply.
    pub fn call<Q: Serialize, R: DeserializeOwned>(&self, request: &Q) -> Result<R, ChannelError> {
        self.send(request)?;
        self.receive()
    }
}

fn failure(e: Errno) -> ChannelError {
    match e {
        Errno::EAGAIN => ChannelError::TimedOut,
        Errno::EPIPE | Errno::ECONNRESET => ChannelError::Closed,
        e => ChannelError::Socket(e),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrets::Secret;

    fn pair() -> (Channel, Channel) {
        let (a, b) = Channel::pair().unwrap();
        (Channel::from_fd(a), Channel::from_fd(b))
    }

    #[test]
    fn a_message_arrives_whole() {
        let (a, b) = pair();
        a.send(&("hello".to_string(), vec![7u8; 40_000])).unwrap();
        let (text, bytes): (String, Vec<u8>) = b.receive().unwrap();
        assert_eq!((text.as_str(), bytes.len()), ("hello", 40_000));
    }

    #[test]
    fn a_secret_travels() {
        let (a, b) = pair();
        a.send(&Secret::new(vec![9; 32])).unwrap();
        let s: Secret = b.receive().unwrap();
        assert!(s.equals(&Secret::new(vec![9; 32])));
    }

    #[test]
    fn an_oversized_message_is_refused_by_the_sender() {
        let (a, _b) = pair();
        assert!(matches!(a.send(&vec![0u8; MESSAGE_MAX]), Err(ChannelError::TooLarge { .. })));
    }

    #[test]
    fn a_closed_or_silent_peer_is_an_outcome() {
        let (a, b) = pair();
        a.set_timeout(Some(Duration::from_millis(20))).unwrap();
        assert!(matches!(a.receive::<u8>(), Err(ChannelError::TimedOut)));
        drop(b);
        assert!(matches!(a.receive::<u8>(), Err(ChannelError::Closed)));
        assert!(matches!(a.send(&1u8), Err(ChannelError::Closed)));
    }

    #[test]
    fn garbage_is_an_error() {
        let (a, b) = pair();
        a.send(&0xffu8).unwrap();
        assert!(matches!(b.receive::<Vec<String>>(), Err(ChannelError::Malformed(_))));
    }
}
