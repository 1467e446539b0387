//! A box without hardware: keyd's protocol with keys in memory, the service in this process or as a child, and clients.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

pub mod client;
pub mod console;
pub mod keyd;
mod leases;
mod pairs;
mod two_people;

use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use auditd::Running as Auditd;
use box_state::BoxState;
use command_fds::{CommandFdExt, FdMapping};
use computed::{RunningService, Settings, Start};
use engine::Engine;
use ipc::control::{self, BoxFacts, Condition, DataVolume, Jail, Order, Report, Side};
use ipc::{Channel, Peer};
use service_table::Row;

use keyd::SoftwareKeyd;

pub const WAIT: Duration = Duration::from_secs(60);

pub fn facts() -> BoxFacts {
    BoxFacts {
        version: "test".into(),
        image: "test".into(),
        development: true,
        secure_boot: false,
        lockdown: "none".into(),
        data_volume: DataVolume::Created,
        started_ms: 1,
    }
}

/// The audit log's service, in this process, with its log below this folder; and a channel to it.
pub fn auditd(folder: &Path, keyd: &Arc<SoftwareKeyd>) -> (Auditd, Channel) {
    let folder = folder.join("audit");
    std::fs::create_dir_all(&folder).unwrap();
    let (auditd, trouble) = Auditd::start(&folder, keyd.serve("auditd")).unwrap();
    assert_eq!(trouble, None);
    let (ours, theirs) = Channel::pair().unwrap();
    let calls = ["record", "count", "read"].map(String::from);
    auditd.serve(Peer::new("computed", calls), Channel::from_fd(theirs)).unwrap();
    (auditd, Channel::from_fd(ours))
}

/// What is on the disk of the log below this folder.
pub fn log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("audit").join(audit_log::segment::name(0))).unwrap_or_default()
}

/// The service in this process.
pub struct InProcess {
    pub running: Option<RunningService>,
    pub reports: mpsc::Receiver<Report>,
    pub service: SocketAddr,
    pub enrolment: SocketAddr,
    pub keyd: Arc<SoftwareKeyd>,
    auditd: Option<Auditd>,
}

impl InProcess {
    pub fn start(folder: &Path, keyd: &Arc<SoftwareKeyd>, engine: Engine) -> InProcess {
        InProcess::start_in(BoxState::Operational, folder, keyd, engine)
    }

    /// In this state of the box.
    pub fn start_in(state: BoxState, folder: &Path, keyd: &Arc<SoftwareKeyd>, engine: Engine) -> InProcess {
        let (auditd, to_auditd) = auditd(folder, keyd);
        let mut started = InProcess::start_beside(to_auditd, state, folder, keyd, engine);
        started.auditd = Some(auditd);
        started
    }

    /// With somebody else's auditd.
    pub fn start_beside(
        auditd: Channel,
        state: BoxState,
        folder: &Path,
        keyd: &Arc<SoftwareKeyd>,
        engine: Engine,
    ) -> InProcess {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let settings = Settings { data: folder.into(), listen: any, enrol_listen: any };
        let (sender, reports) = mpsc::channel();
        let start = Start {
            settings,
            facts: facts(),
            condition: Condition { state, degraded: Vec::new(), notices: Vec::new(), addresses: Vec::new() },
            keyd: keyd.serve("computed"),
            auditd,
            jail: Box::new(|| Ok(())),
            engine,
            degraded: Vec::new(),
            refused: Vec::new(),
            reports: sender,
        };
        // As in the binary, the start and the end are on a thread that is no runtime's.
        let running = std::thread::spawn(|| computed::start(start).unwrap()).join().unwrap();
        let (service, enrolment) = (running.service, running.enrolment);
        let (running, keyd) = (Some(running), keyd.clone());
        InProcess { service, enrolment, running, reports, keyd, auditd: None }
    }

    /// A code that the screen would show, for an administrator of this name.
    pub fn code(&self, name: &str) -> String {
        self.keyd.code(name)
    }
}

impl Drop for InProcess {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            std::thread::spawn(|| running.stop()).join().unwrap();
        }
        if let Some(auditd) = self.auditd.take() {
            auditd.stop();
        }
    }
}

/// The service as a child process, as the supervisor starts it.
pub struct Process {
    child: Child,
    control: Arc<Channel>,
    pub service: SocketAddr,
    pub enrolment: SocketAddr,
    auditd: Option<Auditd>,
}

/// Of the table of services, as the box has it.
fn row(service: &str) -> Row {
    let text = match service {
        "computed" => include_str!("../../../../../image/services/computed.toml"),
        "auditd" => include_str!("../../../../../image/services/auditd.toml"),
        _ => panic!("no row of {service} is needed here"),
    };
    toml::from_str(text).unwrap()
}

impl Process {
    pub fn start(program: &str, folder: &Path, keyd: &Arc<SoftwareKeyd>) -> Process {
        let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (service, enrolment) = (free(), free());
        let (ours, theirs) = Channel::pair().unwrap();
        let mut command = Command::new(program);
        command.args(["--listen", &service.to_string(), "--enrol-listen", &enrolment.to_string()]);
        command.stderr(Stdio::null());
        command.envs(row("computed").environment);
        command.fd_mappings(vec![FdMapping { parent_fd: theirs, child_fd: ipc::CONTROL_FD }]).unwrap();
        let child = command.spawn().unwrap();
        drop(command);
        let control = Channel::from_fd(ours);
        control.set_timeout(Some(Duration::from_secs(2))).unwrap();
        let (auditd, to_auditd) = auditd(folder, keyd);
        let jail = Jail {
            filter: "computed".into(),
            folder: Some(folder.display().to_string()),
            listen: vec![9443, 9444],
            connect: Vec::new(),
        };
        let (cards, pcr_policy) = (Vec::new(), None);
        let condition = Condition {
            state: BoxState::Operational,
            degraded: Vec::new(),
            notices: Vec::new(),
            addresses: Vec::new(),
        };
        let (service_name, facts) = ("computed".into(), facts());
        let start = control::Start {
            service: service_name,
            facts,
            condition,
            jail,
            cards,
            pcr_policy,
            measured: Vec::new(),
            orders: 2,
        };
        control.send(&start).unwrap();
        for (peer, channel) in [("keyd", keyd.serve("computed")), ("auditd", to_auditd)] {
            let order = Order::Connect { peer: peer.into(), side: Side::WeCallThem };
            control.send_with_fd(&order, channel.as_fd()).unwrap();
        }
        let control = Arc::new(control);
        let mut process = Process { child, control, service, enrolment, auditd: Some(auditd) };
        process.await_ready();
        process.listen();
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
        self.end_log();
    }

    /// The orderly end.
    pub fn stop(mut self) -> bool {
        self.control.send(&Order::Stop).unwrap();
        let success = self.child.wait().unwrap().success();
        self.end_log();
        success
    }

    fn end_log(&mut self) {
        if let Some(auditd) = self.auditd.take() {
            auditd.stop();
        }
    }

    /// As the supervisor does: a service whose reports nobody takes ends.
    fn listen(&self) {
        let control = self.control.clone();
        std::thread::spawn(move || {
            loop {
                match control.receive::<Report>() {
                    Ok(_) | Err(ipc::ChannelError::TimedOut) => {}
                    Err(_) => return,
                }
            }
        });
    }

    fn await_ready(&mut self) {
        let deadline = Instant::now() + WAIT;
        while Instant::now() < deadline {
            match self.control.receive::<Report>() {
                Ok(Report::Ready) => return,
                Ok(Report::Degraded(reason)) => panic!("degraded: {reason}"),
                Ok(_) | Err(ipc::ChannelError::TimedOut) => {}
                Err(e) => panic!("{e}"),
            }
        }
        panic!("the service did not get ready");
    }
}
