//! A box without hardware: keyd's protocol with keys in memory, the service in this process or as a child, and clients.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

pub mod client;
pub mod keyd;

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use command_fds::{CommandFdExt, FdMapping};
use computed::{RunningService, Settings, Start};
use engine::Engine;
use ipc::Channel;
use ipc::control::{self, BoxFacts, DataVolume, Order, Report};

use keyd::SoftwareKeyd;

pub const WAIT: Duration = Duration::from_secs(60);

pub fn facts() -> BoxFacts {
    BoxFacts {
        version: "test".into(),
        development: true,
        secure_boot: false,
        lockdown: "none".into(),
        data_volume: DataVolume::Created,
        degraded: Vec::new(),
        started_ms: 1,
    }
}

/// The service in this process.
pub struct InProcess {
    pub running: Option<RunningService>,
    pub reports: mpsc::Receiver<Report>,
    pub service: SocketAddr,
    pub enrolment: SocketAddr,
}

impl InProcess {
    pub fn start(folder: &Path, keyd: &Arc<SoftwareKeyd>, engine: Engine) -> InProcess {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let settings = Settings { data: folder.into(), listen: any, enrol_listen: any, sandbox: false };
        let (sender, reports) = mpsc::channel();
        let keyd = Channel::from_fd(keyd.serve());
        let start = Start {
            settings,
            facts: facts(),
            keyd,
            engine,
            degraded: Vec::new(),
            refused: Vec::new(),
            reports: sender,
        };
        // As in the binary, the start and the end are on a thread that is no runtime's.
        let running = std::thread::spawn(|| computed::start(start).unwrap()).join().unwrap();
        InProcess { service: running.service, enrolment: running.enrolment, running: Some(running), reports }
    }

    /// The code that the box shows.
    pub fn code(&self) -> String {
        let deadline = Instant::now() + WAIT;
        while Instant::now() < deadline {
            if let Ok(Report::Console(line)) = self.reports.recv_timeout(WAIT) {
                return line.strip_prefix("pairing code ").unwrap().to_string();
            }
        }
        panic!("no pairing code was shown");
    }
}

impl Drop for InProcess {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            std::thread::spawn(|| running.stop()).join().unwrap();
        }
    }
}

/// The service as a child process, as the supervisor starts it.
pub struct Process {
    child: Child,
    control: Channel,
    pub service: SocketAddr,
    pub enrolment: SocketAddr,
    pub code: Option<String>,
}

impl Process {
    pub fn start(program: &str, folder: &Path, keyd: &Arc<SoftwareKeyd>) -> Process {
        let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (service, enrolment) = (free(), free());
        let (ours, theirs) = Channel::pair().unwrap();
        let mut command = Command::new(program);
        command.arg("--no-sandbox").arg("--data").arg(folder);
        command.args(["--listen", &service.to_string(), "--enrol-listen", &enrolment.to_string()]);
        command.stderr(Stdio::null());
        let map = |parent_fd: OwnedFd, child_fd| FdMapping { parent_fd, child_fd };
        command.fd_mappings(vec![map(theirs, ipc::CONTROL_FD), map(keyd.serve(), ipc::PEER_FD)]).unwrap();
        let child = command.spawn().unwrap();
        drop(command);
        let control = Channel::from_fd(ours);
        control.set_timeout(Some(Duration::from_secs(2))).unwrap();
        control.send(&control::Start { facts: facts(), cards: Vec::new(), pcr_policy: None }).unwrap();
        let mut process = Process { child, control, service, enrolment, code: None };
        process.await_ready();
        process
    }

    /// Bytes of memory that it holds.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The orderly end.
    pub fn stop(mut self) -> bool {
        self.control.send(&Order::Stop).unwrap();
        self.child.wait().unwrap().success()
    }

    /// Ready, then whatever is to be shown.
    fn await_ready(&mut self) {
        let deadline = Instant::now() + WAIT;
        let mut ready = false;
        while Instant::now() < deadline {
            match self.control.receive::<Report>() {
                Ok(Report::Ready) => {
                    ready = true;
                    self.control.set_timeout(Some(Duration::from_secs(3))).unwrap();
                }
                Ok(Report::Console(line)) => self.code = line.strip_prefix("pairing code ").map(str::to_string),
                Ok(Report::Card(_)) => {}
                Ok(Report::Degraded(reason)) => panic!("degraded: {reason}"),
                Err(ipc::ChannelError::TimedOut) if ready => return,
                Err(ipc::ChannelError::TimedOut) => {}
                Err(e) => panic!("{e}"),
            }
            if ready && self.code.is_some() {
                return;
            }
        }
        panic!("the service did not get ready");
    }
}
