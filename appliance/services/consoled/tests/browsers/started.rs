//! A console that runs, and the person before it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use consoled::{RunningConsole, Start, start};
use form_browser::{Browser, Page, Telephone};
use ipc::control::{BoxFacts, Condition, DataVolume, Line, Report};
use ipc::{Channel, Peer};
use tempfile::TempDir;

use crate::served::{Served, served};
use crate::support::{SoftwareTpm, Vendor};

pub(crate) const PASSWORD: &str = "correct horse battery";
const WAIT: Duration = Duration::from_secs(60);

/// A box as far as the console sees it.
pub(crate) struct Boxed {
    pub(crate) served: Served,
    pub(crate) console: RunningConsole,
    pub(crate) folder: TempDir,
    /// The audit log's service, which writes what it is told here, and its files.
    pub(crate) auditd: auditd::Running,
    pub(crate) log: TempDir,
    /// What the supervisor is told.
    reports: Mutex<Receiver<Report>>,
    fingerprint: Mutex<String>,
    _parts: (SoftwareTpm, TempDir),
}

impl Boxed {
    pub(crate) fn new() -> Boxed {
        Boxed::with_log("")
    }

    /// With an audit log that begins so.
    pub(crate) fn with_log(begin: &str) -> Boxed {
        let (software, vendor, keys) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
        let served = served(&software, &vendor.policy([0; 32]), &keys);
        let folder = TempDir::new().unwrap();
        let log = TempDir::new().unwrap();
        if !begin.is_empty() {
            std::fs::write(log.path().join(audit_log::segment::name(0)), begin).unwrap();
        }
        let auditd = auditd(&served, log.path());
        let (console, reports) = console(&served, &auditd, folder.path());
        let boxed = Boxed {
            auditd,
            log,
            served,
            console,
            folder,
            reports: Mutex::new(reports),
            fingerprint: Mutex::default(),
            _parts: (software, keys),
        };
        boxed.certificate();
        boxed
    }

    /// The console ends, and another one starts from its folder.
    pub(crate) fn restarted(self) -> Boxed {
        let Boxed { served, console: before, folder, auditd, log, _parts, .. } = self;
        before.stop();
        let (console, reports) = console(&served, &auditd, folder.path());
        let (reports, fingerprint) = (Mutex::new(reports), Mutex::default());
        let boxed = Boxed { served, console, folder, auditd, log, reports, fingerprint, _parts };
        boxed.certificate();
        boxed
    }

    /// The next thing that the supervisor is told.
    pub(crate) fn report(&self) -> Report {
        self.reports.lock().unwrap().recv_timeout(WAIT).unwrap()
    }

    /// Waits for the screen to show a certificate; its fingerprint.
    pub(crate) fn certificate(&self) -> String {
        let mut fingerprint = String::new();
        loop {
            let Report::Screen(line) = self.report() else { continue };
            if let Some(shown) = line.as_str().strip_prefix("console certificate SHA-256 ") {
                fingerprint = shown.to_string();
            }
            if line.as_str().starts_with("console https://") {
                *self.fingerprint.lock().unwrap() = fingerprint.clone();
                return fingerprint;
            }
        }
    }

    pub(crate) fn browser(&self) -> Browser {
        let address = SocketAddr::from(([127, 0, 0, 1], self.console.address.port()));
        Browser::new(address, &self.fingerprint.lock().unwrap())
    }

    /// What the screen shows, without the box's pin.
    pub(crate) fn code_of_the_screen(&self) -> String {
        let [line, _] = self.served.keyd.screen_code().unwrap();
        line.strip_prefix("pairing code ").unwrap().splitn(5, '-').nth(4).unwrap().to_string()
    }

    /// A browser whose person has set the box up as far as the checks; and the person's telephone.
    pub(crate) fn founded(&self, name: &str, three: bool) -> (Browser, Telephone) {
        let mut browser = self.browser();
        browser.get("/").unwrap();
        let page = browser.post("/set-up/presence", &[("code", &self.code_of_the_screen())]).unwrap();
        let telephone = Telephone::scanned(&page.of_class("secret").unwrap());
        let mut fields = account(&page, &telephone, name);
        fields.extend(three.then(|| ("three".to_string(), "yes".to_string())));
        let page = post(&mut browser, "/set-up/administrators", &fields);
        assert_eq!(page.path, "/set-up/checks", "{}", page.text());
        (browser, telephone)
    }
}

/// With the recovery key still on the screen.
pub(crate) fn condition(addresses: &[&str]) -> Condition {
    let notice = "COF-3001: the recovery key is not confirmed";
    Condition {
        state: box_state::BoxState::Operational,
        degraded: Vec::new(),
        notices: vec![Line::shortened(notice)],
        addresses: addresses.iter().map(|a| a.parse().unwrap()).collect(),
    }
}

/// What a new person fills in on this page.
pub(crate) fn account(page: &Page, telephone: &Telephone, name: &str) -> Vec<(String, String)> {
    let pairs = [
        ("name", name.to_string()),
        ("password", PASSWORD.into()),
        ("again", PASSWORD.into()),
        ("authenticator", page.hidden("authenticator").unwrap()),
        ("code", telephone.shows()),
    ];
    pairs.map(|(name, value)| (name.to_string(), value)).to_vec()
}

pub(crate) fn post(browser: &mut Browser, path: &str, fields: &[(String, String)]) -> Page {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post(path, &fields).unwrap()
}

/// A service as its row of the table lets it call this server.
fn peer(row: &str, server: &str) -> Peer {
    let row: toml::Table = row.parse().unwrap();
    let calls = row["peers"][server].as_array().unwrap().iter().map(|call| call.as_str().unwrap().to_string());
    Peer::new(row["name"].as_str().unwrap(), calls)
}

fn auditd(served: &Served, folder: &Path) -> auditd::Running {
    let (ours, theirs) = Channel::pair().unwrap();
    let peer = peer(include_str!("../../../../../image/services/auditd.toml"), "keyd");
    served.keyd.serve(peer, Channel::from_fd(theirs)).unwrap();
    auditd::Running::start(folder, Channel::from_fd(ours)).unwrap().0
}

fn console(served: &Served, auditd: &auditd::Running, folder: &Path) -> (RunningConsole, Receiver<Report>) {
    let row = include_str!("../../../../../image/services/consoled.toml");
    let (ours, theirs) = Channel::pair().unwrap();
    served.keyd.serve(peer(row, "keyd"), Channel::from_fd(theirs)).unwrap();
    let (to_log, of_log) = Channel::pair().unwrap();
    auditd.serve(peer(row, "auditd"), Channel::from_fd(of_log)).unwrap();
    let (sender, reports) = mpsc::channel();
    let running = start(Start {
        facts: BoxFacts {
            version: "0.1.0".into(),
            image: "test".into(),
            development: true,
            secure_boot: true,
            lockdown: "confidentiality".into(),
            data_volume: DataVolume::Created,
            started_ms: 1,
        },
        condition: condition(&["127.0.0.1", "10.0.2.15"]),
        keyd: Channel::from_fd(ours),
        auditd: Channel::from_fd(to_log),
        folder: folder.into(),
        listen: ([127, 0, 0, 1], 0).into(),
        jail: Box::new(|| Ok(())),
        reports: sender,
        settled: Duration::from_millis(100),
    });
    (running.unwrap(), reports)
}
