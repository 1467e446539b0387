//! The process itself.

use std::io::{PipeReader, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use ipc::control::{Order, Start};
use ipc::{CONTROL_FD, Channel, ChannelError};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags};
use sandbox::{Service, SpawnError};
use service_table::Row;

use crate::hearing::{Heard, Hearing};
use crate::speech::Lines;
use crate::{exit, kernel_log};

/// No message to a service is waited for longer; one that was told to stop, or hung up, has as long to end.
pub const WAIT: Duration = Duration::from_secs(10);

/// A service that was started and told what to start with.
pub struct ServiceProcess {
    row: Row,
    process: Child,
    started: Instant,
    hearing: Hearing,
}

/// A process and the ways to it.
pub struct Spawned {
    pub process: Child,
    /// To what it finds at [`CONTROL_FD`].
    pub channel: Channel,
    /// What it writes; reading never waits.
    pub output: PipeReader,
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    #[error("its channel")]
    Channel(#[from] ChannelError),
}

/// Starts the row's program with these arguments.
pub fn spawn(row: &Row, arguments: &[&str]) -> Result<Spawned, StartError> {
    let (ours, theirs) = Channel::pair()?;
    let environment: Vec<(&str, &str)> = row.environment.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let (process, output) = sandbox::spawn(Service {
        program: Path::new(&row.program),
        arguments,
        environment: &environment,
        uid: row.uid,
        descriptors: vec![(theirs, CONTROL_FD)],
        memory: row.memory_mib << 20,
        memory_lock: row.memory_lock_mib << 20,
    })?;
    fcntl(&output, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))
        .map_err(|e| SpawnError::Start { program: row.program.clone(), source: e.into() })?;
    Ok(Spawned { process, channel: Channel::from_fd(ours), output })
}

impl Spawned {
    /// What it wrote so far, in a few lines.
    pub fn said(&mut self) -> Vec<String> {
        let (mut buffer, mut lines) = ([0; 4096], Lines::default());
        let size = self.output.read(&mut buffer).unwrap_or(0);
        let whole = lines.push(&buffer[..size]);
        whole.into_iter().chain(lines.finish()).collect()
    }
}

impl ServiceProcess {
    /// Starts a service and tells it `start`, then each order with its descriptor.
    pub fn start(row: &Row, start: &Start, orders: &[(Order, OwnedFd)]) -> Result<ServiceProcess, StartError> {
        let arguments: Vec<&str> = row.arguments.iter().map(String::as_str).collect();
        let Spawned { process, channel, output } = spawn(row, &arguments)?;
        let hearing = Hearing::new(row, channel, output);
        let mut service = ServiceProcess { row: row.clone(), process, started: Instant::now(), hearing };
        match service.tell(start, orders) {
            Ok(()) => Ok(service),
            Err(e) => {
                service.kill();
                Err(e.into())
            }
        }
    }

    pub fn row(&self) -> &Row {
        &self.row
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    pub fn ran(&self) -> Duration {
        self.started.elapsed()
    }

    /// Whether it said that it serves.
    pub fn is_ready(&self) -> bool {
        self.hearing.is_ready()
    }

    /// What to wait for until there is something to hear.
    pub fn sources(&self) -> Vec<PollFd<'_>> {
        let polled = |fd| PollFd::new(fd, PollFlags::POLLIN);
        self.hearing.sources(self.ran()).into_iter().map(polled).collect()
    }

    pub fn hear(&mut self) -> Vec<Heard> {
        self.hearing.hear(self.started.elapsed())
    }

    /// Sends an order; to one that is dying it is of no use, and its end is heard of.
    pub fn order(&self, order: &Order, descriptor: Option<&OwnedFd>) {
        let control = self.hearing.control();
        let _ = match descriptor {
            Some(descriptor) => control.send_with_fd(order, descriptor.as_fd()),
            None => control.send(order),
        };
    }

    /// `None`: it runs. What it said last, and a sentence about how it ended. One that hung up long ago is made to end.
    pub fn end(&mut self) -> Option<(Vec<Heard>, String)> {
        let Ok(Some(status)) = self.process.try_wait() else {
            if self.hearing.hung_up_for(self.started.elapsed()).is_some_and(|silent| silent > WAIT) {
                let _ = self.process.kill();
            }
            return None;
        };
        let forbidden_call = || kernel_log::forbidden_call(self.process.id());
        let sentence = exit::sentence(&self.row.name, status, forbidden_call);
        Some((self.hearing.last_words(self.started.elapsed()), sentence))
    }

    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    fn tell(&self, start: &Start, orders: &[(Order, OwnedFd)]) -> Result<(), ChannelError> {
        let control = self.hearing.control();
        control.set_timeout(Some(WAIT))?;
        control.send(start)?;
        orders.iter().try_for_each(|(order, descriptor)| control.send_with_fd(order, descriptor.as_fd()))
    }
}
