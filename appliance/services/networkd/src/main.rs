//! networkd: started by the supervisor, with a packet socket if there is a link. It reports how the box is to be addressed.
#![forbid(unsafe_code)]

use std::fs;
use std::io::ErrorKind;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use error_chain::chain;
use ipc::control::{Address, Report};
use ipc::{CONTROL_FD, Channel, ChannelError, Instruction, Startup, StartupError, instruction};
use networkd::settings::{self, FILE};
use networkd::{Change, Client};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use sandbox::Jail;

/// As the service table calls it.
const SOCKET: &str = "dhcp-packet-socket";
/// More than a frame: what does not fit is none.
const BUFFER: usize = 2048;

#[derive(Debug, thiserror::Error)]
enum MainError {
    #[error("descriptor {CONTROL_FD} was not passed")]
    Descriptor,
    #[error(transparent)]
    Startup(#[from] StartupError),
    #[error("entering the jail")]
    Jail(#[from] sandbox::EnterError),
    #[error("the supervisor's channel")]
    Control(#[from] ChannelError),
    #[error("the link's hardware address is not one of Ethernet's")]
    HardwareAddress,
    #[error("the system gave no randomness")]
    Random(#[source] getrandom::Error),
    #[error("the packet socket")]
    Socket(#[source] Errno),
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{}", chain(&e));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), MainError> {
    let control = Channel::from_fd(sandbox::passed(CONTROL_FD).ok_or(MainError::Descriptor)?);
    let mut startup = Startup::receive(&control)?;
    let socket = startup.descriptor(SOCKET).ok();
    let jail = &startup.start.jail;
    let folder = jail.folder.as_deref().map(Path::new);
    sandbox::enter(&Jail { filter: &jail.filter, folder, listen: &jail.listen, connect: &jail.connect })?;
    let fixed = folder.and_then(|folder| fixed_address(&folder.join(FILE), &control));
    control.send(&Report::Ready)?;
    match (fixed, socket) {
        (Some(address), _) => {
            control.send(&Report::Address(address))?;
            obey(&control)
        }
        (None, Some((socket, hardware))) => {
            let hardware = hardware.try_into().map_err(|_| MainError::HardwareAddress)?;
            keep_lease(&control, &socket, hardware)
        }
        // No link: there is nothing to do.
        (None, None) => obey(&control),
    }
}

/// From the file, if there is one. One that can't be used is left as it is, and said: the box is then addressed as if there were none.
fn fixed_address(file: &Path, control: &Channel) -> Option<Address> {
    let problem = match fs::read(file) {
        Ok(text) => match settings::parse(&text) {
            Ok(address) => return Some(address),
            Err(e) => chain(&e),
        },
        Err(e) if e.kind() == ErrorKind::NotFound => return None,
        Err(e) => e.to_string(),
    };
    // A supervisor that is gone is noticed by the next report.
    let _ = control.send(&Report::degraded(&format!("{} is not used: {problem}", file.display())));
    None
}

/// Gets an address and keeps it until the supervisor says stop.
fn keep_lease(control: &Channel, socket: &OwnedFd, hardware: [u8; 6]) -> Result<(), MainError> {
    let started = Instant::now();
    let mut client = Client::new(hardware, getrandom::u64().map_err(MainError::Random)?, Duration::ZERO);
    let mut frame = [0; BUFFER];
    loop {
        let (to_send, change) = client.poll(started.elapsed());
        for frame in to_send {
            // What is not sent, because the cable is out or a queue is full, is sent again by the client's own timers.
            let _ = send(socket, &frame, SendFlags::NOSIGNAL);
        }
        match change {
            Some(Change::Bound(address)) => control.send(&Report::Address(address))?,
            Some(Change::Lost) => control.send(&Report::NoAddress)?,
            Some(Change::Refused(why)) => {
                control.send(&Report::degraded(&format!("a DHCP server's lease of {why}")))?
            }
            None => {}
        }
        let [to_obey, received] = wait([control.fd(), socket], client.idle(started.elapsed()))?;
        if to_obey && follow(instruction(control))? {
            return Ok(());
        }
        if received {
            match recv(socket, &mut frame, RecvFlags::DONTWAIT | RecvFlags::TRUNC) {
                Ok((_, length)) if length <= frame.len() => client.receive(&frame[..length]),
                Ok(_) | Err(Errno::AGAIN | Errno::INTR | Errno::NETDOWN) => {}
                Err(e) => return Err(MainError::Socket(e)),
            }
        }
    }
}

/// Until the supervisor says stop, or is gone.
fn obey(control: &Channel) -> Result<(), MainError> {
    while !follow(instruction(control))? {}
    Ok(())
}

/// Whether that was the end.
fn follow(instruction: Result<Instruction, ChannelError>) -> Result<bool, MainError> {
    match instruction {
        Ok(Instruction::Stop) | Err(ChannelError::Closed) => Ok(true),
        Ok(Instruction::BreakSandbox) => {
            sandbox::break_out();
            Ok(false)
        }
        // Nobody calls this service, and it calls nobody.
        Ok(_) => Ok(false),
        Err(e) => Err(e.into()),
    }
}

/// Which of the two has something.
fn wait(fds: [&OwnedFd; 2], at_most: Duration) -> Result<[bool; 2], MainError> {
    let mut polled = fds.map(|fd| PollFd::new(fd, PollFlags::IN));
    let timeout = Timespec { tv_sec: at_most.as_secs() as i64, tv_nsec: at_most.subsec_nanos().into() };
    match poll(&mut polled, Some(&timeout)) {
        Ok(_) | Err(Errno::INTR) => Ok(polled.map(|fd| !fd.revents().is_empty())),
        Err(e) => Err(MainError::Socket(e)),
    }
}
