//! A service that the supervisor does not know: a row of the test profile adds it. It does what it must not, and says on the screen
//! what came of it; the booted tests read that.
#![forbid(unsafe_code)]

mod tries;

use std::path::Path;
use std::process::ExitCode;

use error_chain::chain;
use ipc::auditd::{Reader, Reply, Request};
use ipc::control::{Address, By, Dhcp, Given, LinkName, LinkReport, Report};
use ipc::{CONTROL_FD, Caller, Channel, ChannelError, Instruction, List, Startup, StartupError, instruction};
use sandbox::Jail;

/// Of the peer that its row names.
const PEER: &str = "auditd";

#[derive(Debug, thiserror::Error)]
enum ProbeError {
    #[error("descriptor {CONTROL_FD} was not passed")]
    Descriptor,
    #[error(transparent)]
    Startup(#[from] StartupError),
    #[error("entering the jail")]
    Jail(#[from] sandbox::EnterError),
    #[error("the supervisor's channel")]
    Control(#[from] ChannelError),
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

fn run() -> Result<(), ProbeError> {
    // Before anything else is open.
    let mut said = vec![tries::descriptors()];
    let control = Channel::from_fd(sandbox::passed(CONTROL_FD).ok_or(ProbeError::Descriptor)?);
    let mut startup = Startup::receive(&control)?;
    let jail = &startup.start.jail;
    let folder = jail.folder.as_deref().map(Path::new);
    sandbox::enter(&Jail { filter: &jail.filter, folder, listen: &jail.listen, connect: &jail.connect })?;
    said.extend(tries::files(folder.unwrap_or(Path::new("/"))));
    said.push(tries::connection());
    said.push(tries::memory());
    said.push(asks_for_more(startup.server(PEER)?));
    for line in said {
        control.send(&Report::screen(&format!("probe: {line}")))?;
    }
    not_its_to_say(&control)?;
    control.send(&Report::Ready)?;
    tries::flood();
    loop {
        match instruction(&control) {
            Ok(Instruction::Stop) | Err(ChannelError::Closed) => return Ok(()),
            Ok(Instruction::BreakSandbox) => sandbox::break_out(),
            Ok(_) => {}
            Err(e) => return Err(e.into()),
        }
    }
}

/// A call that its row does not grant it.
fn asks_for_more(channel: Channel) -> String {
    let answer = Caller::<Reply>::start(channel, PEER, 1, drop).map(|caller| {
        let request = Request::Read { from: 0, reader: Reader::Token(0) };
        caller.call(&request, tries::WAIT)
    });
    match answer {
        Ok(Ok((Reply::Refused(_), _))) => "a call that is not granted: refused".into(),
        other => format!("a call that is not granted: {other:?}"),
    }
}

/// Reports that its row does not allow.
fn not_its_to_say(control: &Channel) -> Result<(), ChannelError> {
    control.send(&Report::card("0000:00:00.0 in service, says the probe"))?;
    control.send(&Report::network_file("198.51.100.7 says the probe"))?;
    let address = Address::new([198, 51, 100, 7].into(), 24, None).map(|address| Given { address, by: By::File });
    let addresses = List::new("addresses", address.into_iter().collect()).unwrap_or_default();
    let link = LinkName::shortened("eth0");
    control.send(&Report::Link(LinkReport {
        link,
        addresses,
        taken: List::default(),
        vlans: List::default(),
        dhcp: Dhcp::Off,
    }))
}
