//! networkd: started by the supervisor, which hands it each Ethernet link with a packet socket. It reports how each is to be addressed,
//! and what time it is.
#![forbid(unsafe_code)]

mod shell;

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::process::ExitCode;

use error_chain::chain;
use ipc::control::Report;
use ipc::{CONTROL_FD, Channel, ChannelError, Startup, StartupError};
use networkd::Network;
use networkd::settings::{self, FILE, FILE_MAX, Settings};
use rustix::io::Errno;
use sandbox::Jail;

use crate::shell::Shell;

/// As the service table calls it.
const TIME_SOCKET: &str = "time-socket";

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
    #[error("the system gave no randomness")]
    Random(#[source] getrandom::Error),
    #[error("waiting for something to come")]
    Wait(#[source] Errno),
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
    let time_socket = startup.descriptor(TIME_SOCKET).ok();
    let jail = &startup.start.jail;
    let folder = jail.folder.as_deref().map(Path::new);
    sandbox::enter(&Jail { filter: &jail.filter, folder, listen: &jail.listen, connect: &jail.connect })?;
    let settings = match folder.map(|folder| folder.join(FILE)) {
        Some(file) => read(&file, &control)?,
        None => Settings::default(),
    };
    getrandom::u64().map_err(MainError::Random)?;
    // It has just given some.
    let random = || getrandom::u64().unwrap_or_default();
    let network = Network::new(settings, Box::new(random));
    control.send(&Report::Ready)?;
    Shell::new(control, time_socket, network).run()
}

/// The settings, if there are any. A file that can't be used is left as it is, and said: each link is then asked an address for.
fn read(file: &Path, control: &Channel) -> Result<Settings, MainError> {
    let mut text = Vec::new();
    let read = fs::File::open(file).and_then(|file| file.take(FILE_MAX as u64 + 1).read_to_end(&mut text));
    let problem = match read {
        Ok(_) => match settings::parse(&text) {
            Ok(settings) => return Ok(settings),
            Err(e) => chain(&e),
        },
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Settings::default()),
        Err(e) => e.to_string(),
    };
    control.send(&Report::network_file(&format!("{} is not used: {problem}", file.display())))?;
    Ok(Settings::default())
}
