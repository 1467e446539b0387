//! computed: started by the supervisor, with channels to it, to keyd and to auditd.

#![forbid(unsafe_code)]

use std::net::{Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap::Parser;
use computed::error::{ComputeError, chain};
use computed::{RunningService, Settings, Start, devices, start};
use ipc::control::{self, Report};
use ipc::{Channel, ChannelError, Instruction, Startup, instruction};

/// How often the supervisor's orders and our reports are looked for.
const LOOK: Duration = Duration::from_millis(200);
/// How long a report may wait for the supervisor.
const REPORT_WAIT: Duration = Duration::from_secs(10);

#[derive(Parser)]
#[command(version, about = "The compute service of a Coffer box")]
struct Arguments {
    /// For a developer's machine: these addresses, and no sandbox.
    #[arg(long, requires = "enrol_listen")]
    listen: Option<SocketAddr>,
    #[arg(long, requires = "listen")]
    enrol_listen: Option<SocketAddr>,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("computed: {}", chain(&e));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), ComputeError> {
    let number = ipc::CONTROL_FD;
    let control = Channel::from_fd(sandbox::passed(number).ok_or(ComputeError::Descriptor { number })?);
    let mut startup = Startup::receive(&control)?;
    let (keyd, auditd) = (startup.server("keyd")?, startup.server("auditd")?);
    let control::Start { facts, condition, jail, cards, .. } = startup.start;
    let (engine, refused, loaded) = devices::open_engine(&cards);
    let (reports, to_send) = mpsc::channel();
    let data = PathBuf::from(jail.folder.clone().ok_or(ComputeError::Row)?);
    let (settings, jail) = match (arguments.listen, arguments.enrol_listen, jail.listen.as_slice()) {
        (Some(listen), Some(enrol_listen), _) => {
            let none: Box<dyn FnOnce() -> Result<(), ComputeError> + Send> = Box::new(|| Ok(()));
            (Settings { data, listen, enrol_listen }, none)
        }
        (_, _, &[service, enrolment]) => {
            let settings = Settings { data, listen: any(service), enrol_listen: any(enrolment) };
            (settings, Box::new(move || enter(&jail)) as Box<dyn FnOnce() -> Result<(), ComputeError> + Send>)
        }
        _ => return Err(ComputeError::Row),
    };
    let degraded = Vec::new();
    let running = start(Start { settings, facts, condition, keyd, auditd, engine, jail, degraded, refused, reports })?;
    eprintln!("computed: serving on {} and {}", running.service, running.enrolment);
    control.send(&Report::Ready).map_err(ComputeError::Control)?;
    for text in &loaded {
        control.send(&Report::Loaded(control::Line::shortened(text))).map_err(ComputeError::Control)?;
    }
    follow(&control, &to_send, &running)?;
    running.stop();
    Ok(())
}

fn enter(jail: &control::Jail) -> Result<(), ComputeError> {
    let (folder, listen, connect) = (jail.folder.as_deref().map(Path::new), &*jail.listen, &*jail.connect);
    sandbox::enter(&sandbox::Jail { filter: &jail.filter, folder, listen, connect }).map_err(ComputeError::Jail)
}

/// Passes reports on until the supervisor says stop, or is gone.
fn follow(control: &Channel, reports: &mpsc::Receiver<Report>, running: &RunningService) -> Result<(), ComputeError> {
    control.set_timeout(Some(LOOK)).map_err(ComputeError::Control)?;
    // The supervisor may have more to do than to hear us.
    control.set_send_timeout(Some(REPORT_WAIT)).map_err(ComputeError::Control)?;
    loop {
        for report in reports.try_iter() {
            control.send(&report).map_err(ComputeError::Control)?;
        }
        match instruction(control) {
            Ok(Instruction::Stop) | Err(ChannelError::Closed) => return Ok(()),
            Ok(Instruction::Condition(condition)) => running.told(condition),
            Ok(Instruction::BreakSandbox) => sandbox::break_out(),
            Ok(_) | Err(ChannelError::TimedOut) => thread::yield_now(),
            Err(e) => return Err(ComputeError::Control(e)),
        }
    }
}

fn any(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv6Addr::UNSPECIFIED, port))
}
