//! One question to one time server (SNTP, RFC 4330), by the sntpc crate. What would be its socket is a sheet of paper here. Where it would
//! send the box's own time, random numbers go: they are all that an answer is known by, and nobody learns what the box's clock says.

use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use sntpc::{Error, NtpContext, NtpTimestampGenerator, NtpUdpSocket, SendRequestResult};

use crate::clock::Clock;

const PORT: u16 = 123;
const PACKET: usize = 48;
/// RFC 5905, 11.2.1: a server farther from a true clock than this (MAXDIST) is of no use. In 65536ths of a second.
const DISTANCE_MAX: u32 = 65536 * 3 / 2;

pub(super) struct Question {
    server: IpAddr,
    sent: SendRequestResult,
    at: Duration,
}

/// What a server says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) server: IpAddr,
    /// Since 1970, when our clock was at `at`.
    pub(super) unix: Duration,
    pub(super) at: Duration,
    pub(super) error: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    #[error("what came is no answer to the question")]
    NoAnswer,
    #[error("it wants to be left alone")]
    LeaveAlone,
    #[error("its own clock is not set")]
    NotSet,
    #[error("its answer does not hold together")]
    Nonsense,
    #[error("it is too far from a true clock")]
    TooFar,
}

impl Question {
    /// The question, and the datagram that asks it.
    pub(super) fn ask(server: IpAddr, random: u64, at: Duration) -> Option<(Question, Vec<u8>)> {
        let paper = Paper::default();
        let nonce = Stamp { seconds: random >> 32, micros: (random as u32) % 1_000_000 };
        let sent = at_once(sntpc::sntp_send_request((server, PORT).into(), &paper, NtpContext::new(nonce)))?.ok()?;
        Some((Question { server, sent, at }, paper.datagram.into_inner()))
    }

    pub(super) fn server(&self) -> IpAddr {
        self.server
    }

    pub(super) fn read(&self, datagram: &[u8], clock: Clock) -> Result<Answer, Problem> {
        let server = SocketAddr::from((self.server, PORT));
        let paper =
            Paper { datagram: RefCell::new(datagram.iter().copied().take(PACKET).collect()), from: Some(server) };
        let stamp = Stamp { seconds: clock.unix.as_secs(), micros: clock.unix.subsec_micros() };
        let read = sntpc::sntp_process_response(server, &paper, NtpContext::new(stamp), self.sent);
        let result = at_once(read).unwrap_or(Err(Error::Network)).map_err(problem)?;
        let distance = (result.root_delay / 2).saturating_add(result.root_dispersion);
        if distance > DISTANCE_MAX {
            return Err(Problem::TooFar);
        }
        // It was said somewhere between the question and its answer.
        let half = clock.now.saturating_sub(self.at) / 2;
        let fraction = Duration::from_nanos((u64::from(result.seconds_fraction) * 1_000_000_000) >> 32);
        let distance = Duration::from_nanos((u64::from(distance) * 1_000_000_000) >> 16);
        let unix = Duration::from_secs(result.seconds) + fraction + half;
        Ok(Answer { server: self.server, unix, at: clock.now, error: half + distance })
    }
}

fn problem(error: Error) -> Problem {
    match error {
        Error::IncorrectOriginTimestamp | Error::IncorrectPayload | Error::ResponseAddressMismatch | Error::Network => {
            Problem::NoAnswer
        }
        Error::KissOfDeath(_) => Problem::LeaveAlone,
        Error::UnsynchronizedClock => Problem::NotSet,
        Error::ExcessiveRootDistance => Problem::TooFar,
        _ => Problem::Nonsense,
    }
}

/// Nothing on paper is waited for.
fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

#[derive(Default)]
struct Paper {
    datagram: RefCell<Vec<u8>>,
    from: Option<SocketAddr>,
}

impl NtpUdpSocket for Paper {
    async fn send_to(&self, datagram: &[u8], _: SocketAddr) -> sntpc::Result<usize> {
        self.datagram.replace(datagram.into());
        Ok(datagram.len())
    }

    async fn recv_from(&self, buffer: &mut [u8]) -> sntpc::Result<(usize, SocketAddr)> {
        let datagram = self.datagram.borrow();
        let length = datagram.len().min(buffer.len());
        buffer[..length].copy_from_slice(&datagram[..length]);
        self.from.map(|from| (length, from)).ok_or(Error::Network)
    }
}

#[derive(Clone, Copy)]
struct Stamp {
    seconds: u64,
    micros: u32,
}

impl NtpTimestampGenerator for Stamp {
    fn init(&mut self) {}

    fn timestamp_sec(&self) -> u64 {
        self.seconds
    }

    fn timestamp_subsec_micros(&self) -> u32 {
        self.micros
    }
}
