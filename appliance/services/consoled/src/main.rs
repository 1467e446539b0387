//! consoled: started by the supervisor, with channels to it, to keyd and to auditd.
#![forbid(unsafe_code)]

use std::net::{Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use consoled::{ConsoleError, RunningConsole, Start, start};
use error_chain::chain;
use ipc::control::{Jail, Report};
use ipc::{Channel, ChannelError, Instruction, Startup, instruction};

/// What a network takes to give a box all of its addresses.
const SETTLED: Duration = Duration::from_secs(4);
/// How often the supervisor's orders and our reports are looked for.
const LOOK: Duration = Duration::from_millis(200);
/// How long a report may wait for the supervisor.
const REPORT_WAIT: Duration = Duration::from_secs(10);

/// All memory is wiped when it is given back: forms hold passwords.
#[global_allocator]
static WIPED: zeroizing_alloc::ZeroAlloc<std::alloc::System> = zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("consoled: {}", chain(&e));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), ConsoleError> {
    let number = ipc::CONTROL_FD;
    let control = Channel::from_fd(sandbox::passed(number).ok_or(ConsoleError::Descriptor { number })?);
    let mut startup = Startup::receive(&control)?;
    let (keyd, auditd) = (startup.server("keyd")?, startup.server("auditd")?);
    let ipc::control::Start { facts, condition, jail, .. } = startup.start;
    let folder = PathBuf::from(jail.folder.clone().ok_or(ConsoleError::Row)?);
    let &[port] = jail.listen.as_slice() else { return Err(ConsoleError::Row) };
    let listen = SocketAddr::from((Ipv6Addr::UNSPECIFIED, port));
    let (reports, to_send) = mpsc::channel();
    let jail = Box::new(move || enter(&jail));
    let running = start(Start { facts, condition, keyd, auditd, folder, listen, jail, reports, settled: SETTLED })?;
    eprintln!("consoled: serving on {}", running.address);
    control.send(&Report::Ready).map_err(ConsoleError::Control)?;
    follow(&control, &to_send, &running)?;
    running.stop();
    Ok(())
}

fn enter(jail: &Jail) -> Result<(), ConsoleError> {
    let (folder, listen, connect) = (jail.folder.as_deref().map(Path::new), &*jail.listen, &*jail.connect);
    Ok(sandbox::enter(&sandbox::Jail { filter: &jail.filter, folder, listen, connect })?)
}

/// Passes reports on until the supervisor says stop, or is gone.
fn follow(control: &Channel, reports: &mpsc::Receiver<Report>, running: &RunningConsole) -> Result<(), ConsoleError> {
    control.set_timeout(Some(LOOK)).map_err(ConsoleError::Control)?;
    control.set_send_timeout(Some(REPORT_WAIT)).map_err(ConsoleError::Control)?;
    loop {
        for report in reports.try_iter() {
            control.send(&report).map_err(ConsoleError::Control)?;
        }
        match instruction(control) {
            Ok(Instruction::Stop) | Err(ChannelError::Closed) => return Ok(()),
            Ok(Instruction::Condition(condition)) => running.told(condition),
            Ok(Instruction::BreakSandbox) => sandbox::break_out(),
            Ok(_) | Err(ChannelError::TimedOut) => thread::yield_now(),
            Err(e) => return Err(ConsoleError::Control(e)),
        }
    }
}
