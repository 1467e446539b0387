//! computed: started by the supervisor, with a channel to it and one to keyd.

#![forbid(unsafe_code)]

use std::net::{Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap::Parser;
use computed::error::{ComputeError, chain};
use computed::{Settings, Start, devices, start};
use ipc::control::{self, Order, Report};
use ipc::{Channel, ChannelError};

/// How long the supervisor may take to say what to start with.
const START_WAIT: Duration = Duration::from_secs(60);

#[derive(Parser)]
#[command(version, about = "The compute service of a Coffer box")]
struct Arguments {
    /// The service's folder.
    #[arg(long, default_value = "/data/compute")]
    data: PathBuf,
    #[arg(long, default_value_t = any(proto::SERVICE_PORT))]
    listen: SocketAddr,
    #[arg(long, default_value_t = any(proto::ENROLMENT_PORT))]
    enrol_listen: SocketAddr,
    /// For a developer's machine.
    #[arg(long)]
    no_sandbox: bool,
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
    let control = passed(ipc::CONTROL_FD)?;
    let keyd = passed(ipc::PEER_FD)?;
    control.set_timeout(Some(START_WAIT)).map_err(ComputeError::Control)?;
    let begin: control::Start = control.receive().map_err(ComputeError::Control)?;
    let (engine, refused) = devices::open_engine(&begin.cards);
    let (reports, to_send) = mpsc::channel();
    let settings = Settings {
        data: arguments.data,
        listen: arguments.listen,
        enrol_listen: arguments.enrol_listen,
        sandbox: !arguments.no_sandbox,
    };
    let degraded = Vec::new();
    let running = start(Start { settings, facts: begin.facts, keyd, engine, degraded, refused, reports })?;
    eprintln!("computed: serving on {} and {}", running.service, running.enrolment);
    control.send(&Report::Ready).map_err(ComputeError::Control)?;
    follow(&control, &to_send)?;
    running.stop();
    Ok(())
}

/// Passes reports on until the supervisor says stop, or is gone.
fn follow(control: &Channel, reports: &mpsc::Receiver<Report>) -> Result<(), ComputeError> {
    control.set_timeout(Some(Duration::from_millis(200))).map_err(ComputeError::Control)?;
    loop {
        for report in reports.try_iter() {
            control.send(&report).map_err(ComputeError::Control)?;
        }
        match control.receive::<Order>() {
            Ok(Order::Stop) | Err(ChannelError::Closed) => return Ok(()),
            Ok(Order::BreakSandbox) => sandbox::break_out(),
            Err(ChannelError::TimedOut) => thread::yield_now(),
            Err(e) => return Err(ComputeError::Control(e)),
        }
    }
}

fn passed(number: i32) -> Result<Channel, ComputeError> {
    sandbox::passed(number).map(Channel::from_fd).ok_or(ComputeError::Descriptor { number })
}

fn any(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv6Addr::UNSPECIFIED, port))
}
