//! One packet, one message: postcard over a `SOCK_SEQPACKET` pair, with a bound on size and on waiting. A packet may carry one
//! descriptor.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use postcard::ser_flavors::Size;
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, Shutdown, SocketFlags, SocketType, recv, recvmsg, sendmsg, shutdown, socketpair,
    sockopt,
};
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
    #[error("a message came without the descriptor that belongs to it")]
    NoDescriptor,
    #[error("the socket failed")]
    Socket(#[source] Errno),
}

/// One end of a channel. Buffers are wiped: secrets travel here.
pub struct Channel(OwnedFd);

/// A message's bytes and the descriptor that came with them; wiped on drop.
pub struct Packet {
    bytes: Zeroizing<Vec<u8>>,
    descriptor: Option<OwnedFd>,
}

impl Channel {
    pub fn from_fd(fd: OwnedFd) -> Channel {
        Channel(fd)
    }

    /// Two ends, closed on exec.
    pub fn pair() -> Result<(OwnedFd, OwnedFd), ChannelError> {
        socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).map_err(ChannelError::Socket)
    }

    /// Bounds every later wait, both ways; `None` waits for ever (only a service waiting for its next request may).
    pub fn set_timeout(&self, timeout: Option<Duration>) -> Result<(), ChannelError> {
        self.set_send_timeout(timeout)?;
        sockopt::set_socket_timeout(&self.0, sockopt::Timeout::Recv, timeout).map_err(ChannelError::Socket)
    }

    /// Bounds every later wait for room in the other side's queue.
    pub fn set_send_timeout(&self, timeout: Option<Duration>) -> Result<(), ChannelError> {
        sockopt::set_socket_timeout(&self.0, sockopt::Timeout::Send, timeout).map_err(ChannelError::Socket)
    }

    pub fn fd(&self) -> &OwnedFd {
        &self.0
    }

    /// Another hold on the same end, for a thread that sends while another one receives.
    pub fn try_clone(&self) -> Result<Channel, ChannelError> {
        let cloned = self.0.try_clone();
        cloned.map(Channel).map_err(|e| ChannelError::Socket(Errno::from_io_error(&e).unwrap_or(Errno::IO)))
    }

    /// Ends it for both sides, and for every other hold on it.
    pub fn hang_up(&self) {
        // It may be down already.
        let _ = shutdown(&self.0, Shutdown::Both);
    }

    pub fn send<T: Serialize>(&self, message: &T) -> Result<(), ChannelError> {
        self.transmit(message, None)
    }

    /// With a descriptor, which the other side gets a hold on.
    pub fn send_with_fd<T: Serialize>(&self, message: &T, descriptor: BorrowedFd<'_>) -> Result<(), ChannelError> {
        self.transmit(message, Some(descriptor))
    }

    /// A descriptor that comes unasked is closed.
    pub fn receive<T: DeserializeOwned>(&self) -> Result<T, ChannelError> {
        self.receive_packet()?.decode()
    }

    /// A message, and the descriptor that came with it.
    pub fn receive_with_fd<T: DeserializeOwned>(&self) -> Result<(T, Option<OwnedFd>), ChannelError> {
        let mut packet = self.receive_packet()?;
        let descriptor = packet.take_descriptor();
        Ok((packet.decode()?, descriptor))
    }

    /// The next packet as it is, for who wants to answer one that does not decode.
    pub fn receive_packet(&self) -> Result<Packet, ChannelError> {
        // Its size first: a buffer for the largest would have to be wiped for each small one.
        let size = loop {
            match recv(&self.0, &mut [0u8; 0][..], RecvFlags::PEEK | RecvFlags::TRUNC) {
                Ok((_, size)) => break size,
                Err(Errno::INTR) => continue,
                Err(e) => return Err(failure(e)),
            }
        };
        let mut bytes = Zeroizing::new(vec![0u8; size.clamp(1, MESSAGE_MAX)]);
        // Room for one; the kernel closes what does not fit.
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let received = loop {
            let slices = &mut [IoSliceMut::new(&mut bytes)];
            match recvmsg(&self.0, slices, &mut ancillary, RecvFlags::CMSG_CLOEXEC) {
                Ok(received) => break received,
                Err(Errno::INTR) => continue,
                Err(e) => return Err(failure(e)),
            }
        };
        let descriptor = ancillary.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut rights) => rights.next(),
            _ => None,
        });
        if received.bytes == 0 {
            return Err(ChannelError::Closed);
        }
        if received.flags.contains(ReturnFlags::TRUNC) {
            return Err(ChannelError::TooLarge { size });
        }
        bytes.truncate(received.bytes);
        Ok(Packet { bytes, descriptor })
    }

    /// A request and its reply.
    pub fn call<Q: Serialize, R: DeserializeOwned>(&self, request: &Q) -> Result<R, ChannelError> {
        self.send(request)?;
        self.receive()
    }

    fn transmit<T: Serialize>(&self, message: &T, descriptor: Option<BorrowedFd<'_>>) -> Result<(), ChannelError> {
        let size = postcard::serialize_with_flavor(message, Size::default()).map_err(ChannelError::Malformed)?;
        if size > MESSAGE_MAX {
            return Err(ChannelError::TooLarge { size });
        }
        // All at once: a buffer that grows would leave pieces that nobody wipes.
        let mut buffer = Zeroizing::new(vec![0u8; size]);
        let used = postcard::to_slice(message, &mut buffer).map_err(ChannelError::Malformed)?.len();
        let descriptors = descriptor.map(|d| [d]);
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        if let Some(descriptors) = &descriptors {
            // The space above holds exactly this.
            let _ = ancillary.push(SendAncillaryMessage::ScmRights(descriptors));
        }
        loop {
            let slices = &[IoSlice::new(&buffer[..used])];
            match sendmsg(&self.0, slices, &mut ancillary, SendFlags::NOSIGNAL) {
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => continue,
                Err(e) => return Err(failure(e)),
            }
        }
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Packet {
    pub fn take_descriptor(&mut self) -> Option<OwnedFd> {
        self.descriptor.take()
    }

    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, ChannelError> {
        postcard::from_bytes(&self.bytes).map_err(ChannelError::Malformed)
    }

    /// What it begins with, and the undecoded rest.
    pub(crate) fn decode_first<T: DeserializeOwned>(&self) -> Result<(T, &[u8]), ChannelError> {
        postcard::take_from_bytes(&self.bytes).map_err(ChannelError::Malformed)
    }
}

fn failure(e: Errno) -> ChannelError {
    match e {
        Errno::AGAIN => ChannelError::TimedOut,
        Errno::PIPE | Errno::CONNRESET => ChannelError::Closed,
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
    fn a_descriptor_travels_and_one_that_nobody_asked_for_is_closed() {
        let (a, b) = pair();
        let (ours, theirs) = pair();
        a.send_with_fd(&1u8, theirs.as_fd()).unwrap();
        a.send_with_fd(&2u8, theirs.as_fd()).unwrap();
        drop(theirs);
        let (number, descriptor) = b.receive_with_fd::<u8>().unwrap();
        Channel::from_fd(descriptor.unwrap()).send(&7u8).unwrap();
        assert_eq!((number, ours.receive::<u8>().unwrap()), (1, 7));
        assert_eq!(b.receive::<u8>().unwrap(), 2);
        assert!(matches!(ours.receive::<u8>(), Err(ChannelError::Closed)), "the last hold on it was the unasked one");
    }

    #[test]
    fn an_oversized_message_is_refused_by_the_sender() {
        let (a, _b) = pair();
        assert!(matches!(a.send(&vec![0u8; MESSAGE_MAX]), Err(ChannelError::TooLarge { .. })));
        assert!(a.send(&vec![0u8; MESSAGE_MAX - 8]).is_ok());
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
