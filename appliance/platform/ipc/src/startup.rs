//! A service's side of its start: what the supervisor says first, with every channel and descriptor that belongs to it; and
//! later, one instruction after the other.

use std::os::fd::OwnedFd;
use std::time::Duration;

use crate::channel::{Channel, ChannelError};
use crate::control::{Condition, Link, LinkName, Order, Side, Start};
use crate::serving::Peer;

/// The supervisor speaks first; if it does not, something is wrong.
const START_WAIT: Duration = Duration::from_secs(60);
/// How long a report may wait for the supervisor.
const REPORT_WAIT: Duration = Duration::from_secs(10);
/// Orders at the start; no table gives a service so many.
const ORDERS_MAX: u32 = 64;

/// Everything that a service starts with.
pub struct Startup {
    pub start: Start,
    servers: Vec<(String, Channel)>,
    clients: Vec<(Peer, Channel)>,
    descriptors: Vec<(String, OwnedFd)>,
}

/// What to do, with the channel or descriptor that belongs to it.
pub enum Instruction {
    /// Serve this client.
    Serve {
        client: Peer,
        channel: Channel,
    },
    /// Call this server.
    Call {
        server: String,
        channel: Channel,
    },
    Take {
        name: String,
        descriptor: OwnedFd,
    },
    Condition(Condition),
    /// Look after this link.
    Link {
        link: Link,
        socket: OwnedFd,
    },
    Carrier {
        link: LinkName,
        up: bool,
    },
    LinkGone {
        link: LinkName,
    },
    Measure(crate::control::Line),
    RaiseSecurityFloor(u8),
    NewCode,
    Stop,
    BreakSandbox,
}

#[derive(Debug, thiserror::Error)]
pub enum StartupError {
    #[error("the supervisor's channel")]
    Control(#[from] ChannelError),
    #[error("the supervisor gave an order that does not belong to a start")]
    Order,
    #[error("the supervisor announced {0} orders; {ORDERS_MAX} are allowed")]
    Orders(u32),
    #[error("the supervisor gave no channel to {0}")]
    NoServer(String),
    #[error("the supervisor gave no descriptor {0}")]
    NoDescriptor(String),
}

impl Startup {
    /// Waits, within a bound, until all is there. Later waits for orders have no bound; reports have.
    pub fn receive(control: &Channel) -> Result<Startup, StartupError> {
        control.set_timeout(Some(START_WAIT))?;
        let start: Start = control.receive()?;
        if start.orders > ORDERS_MAX {
            return Err(StartupError::Orders(start.orders));
        }
        let orders = start.orders;
        let mut startup = Startup { start, servers: Vec::new(), clients: Vec::new(), descriptors: Vec::new() };
        for _ in 0..orders {
            match instruction(control)? {
                Instruction::Serve { client, channel } => startup.clients.push((client, channel)),
                Instruction::Call { server, channel } => startup.servers.push((server, channel)),
                Instruction::Take { name, descriptor } => startup.descriptors.push((name, descriptor)),
                _ => return Err(StartupError::Order),
            }
        }
        control.set_timeout(None)?;
        control.set_send_timeout(Some(REPORT_WAIT))?;
        Ok(startup)
    }

    /// The channel to this server; each can be taken once.
    pub fn server(&mut self, name: &str) -> Result<Channel, StartupError> {
        take(&mut self.servers, |server| server == name).ok_or_else(|| StartupError::NoServer(name.into()))
    }

    /// Those that call this service, each with its channel.
    pub fn clients(&mut self) -> Vec<(Peer, Channel)> {
        std::mem::take(&mut self.clients)
    }

    /// The descriptor of this name; each can be taken once.
    pub fn descriptor(&mut self, name: &str) -> Result<OwnedFd, StartupError> {
        take(&mut self.descriptors, |descriptor| descriptor == name)
            .ok_or_else(|| StartupError::NoDescriptor(name.into()))
    }
}

/// The supervisor's next order, as long as the channel's bound lets it wait.
pub fn instruction(control: &Channel) -> Result<Instruction, ChannelError> {
    let (order, descriptor) = control.receive_with_fd::<Order>()?;
    let descriptor = || descriptor.ok_or(ChannelError::NoDescriptor);
    Ok(match order {
        Order::Connect { peer, side: Side::TheyCallUs { calls } } => {
            Instruction::Serve { client: Peer::new(peer, calls), channel: Channel::from_fd(descriptor()?) }
        }
        Order::Connect { peer, side: Side::WeCallThem } => {
            Instruction::Call { server: peer, channel: Channel::from_fd(descriptor()?) }
        }
        Order::Condition(condition) => Instruction::Condition(condition),
        Order::Descriptor { name } => Instruction::Take { name, descriptor: descriptor()? },
        Order::Link(link) => Instruction::Link { link, socket: descriptor()? },
        Order::Carrier { link, up } => Instruction::Carrier { link, up },
        Order::LinkGone { link } => Instruction::LinkGone { link },
        Order::Measure(text) => Instruction::Measure(text),
        Order::RaiseSecurityFloor(version) => Instruction::RaiseSecurityFloor(version),
        Order::NewCode => Instruction::NewCode,
        Order::Stop => Instruction::Stop,
        Order::BreakSandbox => Instruction::BreakSandbox,
    })
}

fn take<T>(list: &mut Vec<(String, T)>, is_it: impl Fn(&str) -> bool) -> Option<T> {
    let index = list.iter().position(|(name, _)| is_it(name))?;
    Some(list.swap_remove(index).1)
}
