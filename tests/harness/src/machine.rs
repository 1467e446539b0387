//! A box that is switched on.

use std::fs;
use std::path::Path;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::process::Process;
use crate::settings::{Settings, card_socket};
use crate::{Console, HarnessError, qmp, tpm};

/// swtpm and the card end by themselves when QEMU is gone; swtpm writes its state then.
const HELPERS_PATIENCE: Duration = Duration::from_secs(5);

/// A box that is switched on. Dropping it is a power cut.
#[derive(Debug)]
pub struct Machine {
    // In the order in which they end.
    qemu: Process,
    cards: Vec<Process>,
    tpm: Option<Process>,
    console: Console,
    ports: Ports,
    memory_bytes: u64,
    started: Instant,
    sockets: TempDir,
}

/// Where a box's ports are on this machine's loopback address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// 9443 of the box: the service, with client certificates.
    pub service: u16,
    /// 9444 of the box: enrolment.
    pub enrolment: u16,
    /// 8443 of the box: the console, for browsers.
    pub console: u16,
}

impl Machine {
    /// A box made from the image in `image` (imager's output), with its disk, TPM and logs in `work`.
    pub fn settings(image: &Path, work: &Path) -> Settings {
        Settings::new(image, work)
    }

    pub(crate) fn start(settings: &Settings) -> Result<Machine, HarnessError> {
        // Names of sockets are limited to 107 bytes: they are not in the work folder.
        let sockets = tempfile::tempdir().map_err(HarnessError::file("make", "a folder for sockets"))?;
        let logs = settings.work.join("logs");
        fs::create_dir_all(&logs).map_err(HarnessError::file("make", &logs))?;
        let banks = settings.banks.as_ref();
        let start_tpm =
            |banks: &String| tpm::start(&settings.tpm, banks, &sockets.path().join("tpm"), &logs.join("swtpm.log"));
        let tpm = banks.map(start_tpm).transpose()?;
        let mut cards = Vec::new();
        for (slot, card) in settings.cards.iter().enumerate() {
            let log = logs.join(if slot == 0 { "card.log".into() } else { format!("card{slot}.log") });
            cards.extend(card.start(&card_socket(sockets.path(), slot), &log)?);
        }
        let ports = Ports::free()?;
        let arguments = settings.arguments(sockets.path(), ports);
        let started = Instant::now();
        let mut qemu = Process::start("qemu-system-x86_64", &arguments, &logs.join("qemu.log"), true)?;
        let (keyboard, screen) = qemu.pipes().ok_or(HarnessError::Control { problem: "no console".into() })?;
        let console = Console::follow(keyboard, screen, &logs.join("console.log"), &logs.join("qemu.log"))?;
        let memory_bytes = u64::from(settings.memory_mib) << 20;
        let mut machine = Machine { qemu, cards, tpm, console, ports, memory_bytes, started, sockets };
        machine.refused_at_once(&logs)?;
        Ok(machine)
    }

    pub fn console(&self) -> &Console {
        &self.console
    }

    pub fn ports(&self) -> Ports {
        self.ports
    }

    /// Since power-on.
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    pub fn is_on(&mut self) -> bool {
        self.qemu.ended().is_none()
    }

    /// The power is gone, at once.
    pub fn power_cut(&mut self) {
        self.qemu.kill();
        self.end_helpers();
    }

    /// Switches the box off at its console, and waits until it is.
    pub fn power_off(&mut self, timeout: Duration) -> Result<(), HarnessError> {
        self.console.send_line("power-off")?;
        self.wait_exit(timeout).map(drop)
    }

    /// A command of QEMU's control protocol ("system_reset", "system_powerdown", "query-status").
    pub fn control(&self, command: &str) -> Result<Value, HarnessError> {
        self.control_with(command, &serde_json::json!({}))
    }

    /// The same with arguments ("set_link").
    pub fn control_with(&self, command: &str, arguments: &Value) -> Result<Value, HarnessError> {
        qmp::execute(&self.sockets.path().join("qmp"), command, arguments)
    }

    /// All of the box's memory, as it is, into a file.
    pub fn dump_memory(&self, path: &Path) -> Result<(), HarnessError> {
        let arguments = serde_json::json!({ "val": 0, "size": self.memory_bytes, "filename": path });
        self.control_with("pmemsave", &arguments).map(drop)
    }

    /// Waits until the box has switched itself off (or, without [`Settings::reboots`], wanted to restart).
    pub fn wait_exit(&mut self, timeout: Duration) -> Result<ExitStatus, HarnessError> {
        let status = self.qemu.wait(timeout)?;
        self.end_helpers();
        Ok(status)
    }

    /// The cards' processes die, and the cards with them.
    pub fn card_kill(&mut self) {
        self.cards.iter_mut().for_each(Process::kill);
    }

    fn end_helpers(&mut self) {
        self.tpm.iter_mut().for_each(|tpm| tpm.end_within(HELPERS_PATIENCE));
        self.cards.iter_mut().for_each(|card| card.end_within(HELPERS_PATIENCE));
    }

    /// QEMU says within a moment when it does not like its arguments: that is clearer than a console that stays silent.
    fn refused_at_once(&mut self, logs: &Path) -> Result<(), HarnessError> {
        const MOMENT: Duration = Duration::from_millis(300);
        let Ok(status) = self.qemu.wait(MOMENT) else { return Ok(()) };
        let output = fs::read_to_string(logs.join("qemu.log")).unwrap_or_default().trim().to_string();
        Err(HarnessError::Failed { program: "qemu-system-x86_64".into(), status: status.to_string(), output })
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.power_cut();
    }
}
