//! One service: its process, and the channel on which it reports and is given orders.

use std::os::fd::OwnedFd;
use std::process::Child;
use std::time::Duration;

use ipc::control::Start;
use ipc::{CONTROL_FD, Channel, PEER_FD};

use crate::error::SupervisorError;
use crate::programs::Program;

pub(crate) struct ServiceProcess {
    pub(crate) name: &'static str,
    pub(crate) process: Child,
    pub(crate) control: Channel,
}

impl ServiceProcess {
    /// Starts the program and tells it what to start with. `peer`: its end of the channel to the other service. No message
    /// to it, and none from it, is waited for longer than `timeout`.
    pub(crate) fn start(
        program: Program,
        peer: OwnedFd,
        start: &Start,
        timeout: Duration,
    ) -> Result<ServiceProcess, SupervisorError> {
        let (ours, theirs) = Channel::pair()?;
        let process = sandbox::spawn(program.with(vec![(theirs, CONTROL_FD), (peer, PEER_FD)]))?;
        let control = Channel::from_fd(ours);
        control.set_timeout(Some(timeout))?;
        control.send(start)?;
        Ok(ServiceProcess { name: program.name, process, control })
    }
}
