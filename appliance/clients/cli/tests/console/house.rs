//! The box, and `coffer` on a person's machine.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::mpsc;

use auditd::Running as Auditd;
use computed::{RunningService, Settings, Start};
use engine::Engine;
use form_browser::Browser;
use ipc::control::{BoxFacts, DataVolume, Report};
use ipc::{Channel, Peer};
use serde_json::Value;
use tempfile::TempDir;

use crate::started::{Boxed, condition};

/// A box with all three services, and a folder of a person's.
pub(crate) struct House {
    pub(crate) boxed: Boxed,
    pub(crate) enrolment: SocketAddr,
    pub(crate) service: SocketAddr,
    /// On the screen.
    pub(crate) code: String,
    pub(crate) home: TempDir,
    running: Option<RunningService>,
    auditd: Option<Auditd>,
    _reports: mpsc::Receiver<Report>,
    _data: TempDir,
}

impl House {
    pub(crate) fn new() -> House {
        let boxed = Boxed::new();
        let data = TempDir::new().unwrap();
        let connect = |peer: &str, row: &str| {
            let row: toml::Table = row.parse().unwrap();
            let calls = row["peers"]["keyd"].as_array().unwrap().iter().map(|call| call.as_str().unwrap().to_string());
            let (ours, theirs) = Channel::pair().unwrap();
            boxed.served.keyd.serve(Peer::new(peer, calls), Channel::from_fd(theirs)).unwrap();
            Channel::from_fd(ours)
        };
        let to_keyd = connect("auditd", include_str!("../../../../../image/services/auditd.toml"));
        let log = data.path().join("audit");
        std::fs::create_dir(&log).unwrap();
        let (auditd, trouble) = Auditd::start(&log, to_keyd).unwrap();
        assert_eq!(trouble, None);
        let (to_auditd, theirs) = Channel::pair().unwrap();
        let calls = ["record", "count", "read"].map(String::from);
        auditd.serve(Peer::new("computed", calls), Channel::from_fd(theirs)).unwrap();
        let (reports, taken) = mpsc::channel();
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let start = Start {
            settings: Settings { data: data.path().into(), listen: any, enrol_listen: any },
            facts: BoxFacts {
                version: "test".into(),
                image: "test".into(),
                development: true,
                secure_boot: true,
                lockdown: "none".into(),
                data_volume: DataVolume::Created,
                started_ms: 1,
            },
            condition: condition(&["127.0.0.1", "10.0.2.15"]),
            keyd: connect("computed", include_str!("../../../../../image/services/computed.toml")),
            auditd: Channel::from_fd(to_auditd),
            jail: Box::new(|| Ok(())),
            engine: Engine::without_card("a test"),
            degraded: Vec::new(),
            refused: Vec::new(),
            reports,
        };
        let running = std::thread::spawn(|| computed::start(start).unwrap()).join().unwrap();
        let [line, _] = boxed.served.keyd.screen_code().unwrap();
        let code = line.strip_prefix("pairing code ").unwrap().to_string();
        let (service, enrolment) = (running.service, running.enrolment);
        let (running, auditd) = (Some(running), Some(auditd));
        House {
            boxed,
            enrolment,
            service,
            code,
            home: TempDir::new().unwrap(),
            running,
            auditd,
            _reports: taken,
            _data: data,
        }
    }

    /// The code's first groups, which are no secret.
    pub(crate) fn pin(&self) -> String {
        self.code.split('-').take(4).collect::<Vec<_>>().join("-")
    }

    /// What a person types at the console.
    pub(crate) fn presence(&self) -> String {
        self.code.splitn(5, '-').nth(4).unwrap().to_string()
    }

    pub(crate) fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coffer"));
        command.arg("--config").arg(self.home.path().join("config")).arg("--json").current_dir(self.home.path());
        command.env("HOME", self.home.path()).env("XDG_RUNTIME_DIR", self.home.path());
        command
    }

    /// `coffer console` or `coffer trust`, with a code or, of an enrolled machine, without.
    pub(crate) fn asks(&self, what: &str, code: Option<&str>, more: &[&str]) -> Command {
        let mut command = self.program();
        command.args([what, "127.0.0.1", "--enrol-port", &self.enrolment.port().to_string()]);
        if let Some(code) = code {
            command.args(["--code", code]);
        }
        command.args(more);
        command
    }

    pub(crate) fn enrol(&self) -> Output {
        let (port, enrol_port) = (self.service.port().to_string(), self.enrolment.port().to_string());
        let arguments =
            ["enrol", "--host", "127.0.0.1", "--port", &port, "--enrol-port", &enrol_port, "--code", &self.code];
        self.program().args(arguments).output().unwrap()
    }

    /// The proxy, running, before the console at this port.
    pub(crate) fn proxy_to(&self, port: u16, more: &[&str]) -> Proxy {
        let port = port.to_string();
        let more = [&["--console-port", port.as_str()], more].concat();
        Proxy::started(self.asks("console", Some(&self.pin()), &more))
    }

    pub(crate) fn proxy(&self) -> Proxy {
        self.proxy_to(self.boxed.console.address.port(), &[])
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            std::thread::spawn(|| running.stop()).join().unwrap();
        }
        if let Some(auditd) = self.auditd.take() {
            auditd.stop();
        }
    }
}

/// What a command says that fails.
pub(crate) fn refused(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success(), "{}", text(&output));
    // For programs, too.
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    said["error"].as_str().unwrap().to_string()
}

pub(crate) fn done(command: &mut Command) -> Value {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

pub(crate) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// `coffer console` as a process, and what it printed.
pub(crate) struct Proxy {
    child: Child,
    out: BufReader<ChildStdout>,
    pub(crate) said: Value,
    /// Name and port.
    pub(crate) host: String,
    /// With the token.
    pub(crate) entrance: String,
}

impl Proxy {
    pub(crate) fn started(mut command: Command) -> Proxy {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let said = printed(&mut out);
        let Some(address) = said["address"].as_str().and_then(|a| a.strip_prefix("http://")) else { panic!("{said}") };
        let (host, path) = address.split_once('/').unwrap();
        let (host, entrance) = (host.to_string(), format!("/{path}"));
        Proxy { child, out, said, host, entrance }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.host.rsplit_once(':').unwrap().1.parse().unwrap()))
    }

    /// One that nobody let in.
    pub(crate) fn stranger(&self) -> Browser {
        Browser::plain(self.address(), &self.host)
    }

    /// The person's, with the address opened.
    pub(crate) fn browser(&self) -> Browser {
        let mut browser = self.stranger();
        let page = browser.send("GET", &self.entrance, None).unwrap();
        assert_eq!(page.status, 200, "{}", page.text());
        assert!(page.text().contains("http-equiv=refresh content=\"0; url=/\""), "{}", page.text());
        browser
    }

    pub(crate) fn interrupt(&self) {
        assert!(Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap().success());
    }

    /// How it ended by itself, and what it said to its person meanwhile.
    pub(crate) fn ended(&mut self) -> (Value, String) {
        let ended = printed(&mut self.out);
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(self.child.wait().unwrap().success(), "{said}");
        (ended, said)
    }

    pub(crate) fn path(home: &TempDir, name: &str) -> PathBuf {
        home.path().join(name)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The next object.
fn printed(out: &mut impl BufRead) -> Value {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        assert_ne!(out.read_line(&mut line).unwrap(), 0, "it ended: {text}");
        text += &line;
        if line.trim_end() == "}" {
            return serde_json::from_str(&text).unwrap();
        }
    }
}
