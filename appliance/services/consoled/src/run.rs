//! From opened channels to a console that answers, and to its end.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use error_chain::chain;
use ipc::Channel;
use ipc::control::{BoxFacts, Condition, Report};
use ring::hmac;
use ring::rand::SystemRandom;
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::connection::{Served, connection};
use crate::console::{Console, Parts};
use crate::error::ConsoleError;
use crate::keyd::Keyd;
use crate::log::Log;
use crate::steps::Steps;
use crate::{certificate, limits, web};

/// What the console needs, opened by its caller.
pub struct Start {
    pub facts: BoxFacts,
    pub condition: Condition,
    pub keyd: Channel,
    pub auditd: Channel,
    /// Its own, for the set-up's steps.
    pub folder: PathBuf,
    pub listen: SocketAddr,
    /// Locks this process in, once it listens; nothing where there is no sandbox.
    pub jail: Box<dyn FnOnce() -> Result<(), ConsoleError> + Send>,
    pub reports: mpsc::Sender<Report>,
    /// Addresses that have not changed for so long have settled.
    pub settled: Duration,
}

/// It answers browsers.
pub struct RunningConsole {
    pub address: SocketAddr,
    console: Arc<Console>,
    network: Runtime,
    stopping: CancellationToken,
    working: TaskTracker,
}

/// Starts everything; it serves when this returns.
pub fn start(start: Start) -> Result<RunningConsole, ConsoleError> {
    let listener = listener::listen(start.listen)?;
    let address = listener.local_addr().map_err(ConsoleError::Runtime)?;
    (start.jail)()?;
    let (steps, trouble) = Steps::open(&start.folder)?;
    let (keyd, log) = (Keyd::start(start.keyd)?, Log::start(start.auditd)?);
    let network = Builder::new_multi_thread().worker_threads(2).max_blocking_threads(2).enable_all().build();
    let network = network.map_err(ConsoleError::Runtime)?;
    let identity = network.block_on(keyd.identity())?;
    let forms = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).map_err(|_| ConsoleError::Random)?;
    let Start { facts, condition, reports, settled, .. } = start;
    let parts = Parts { facts, condition, identity, keyd, log, steps, forms, reports, port: address.port() };
    let console = Arc::new(Console::new(parts));
    trouble.iter().for_each(|trouble| console.report(Report::degraded(trouble)));
    let (stopping, working) = (CancellationToken::new(), TaskTracker::new());
    let certified = network.block_on(certify(&console))?;
    network.spawn(keep_certificate(console.clone(), certified, settled));
    let tls = Arc::new(certificate::tls(console.shown.clone())?);
    let served = Served { tls, pages: web::pages(console.clone()), working: working.clone() };
    let serve = move |stream, address, guest| connection(stream, address, served.clone(), guest);
    network.spawn(listener::serve(listener, limits::PLACES, stopping.clone(), serve));
    Ok(RunningConsole { address, console, network, stopping, working })
}

impl RunningConsole {
    /// The supervisor says that the box is in another state, or is reached elsewhere.
    pub fn told(&self, condition: Condition) {
        self.console.told(condition);
    }

    /// What a request has begun to change it changes wholly.
    pub fn stop(self) {
        self.stopping.cancel();
        self.working.close();
        let _ = self.network.block_on(async { timeout(limits::STOPPING, self.working.wait()).await });
        self.network.shutdown_timeout(limits::STOPPING);
    }
}

/// Makes the certificate for the addresses that there are; which these are.
async fn certify(console: &Console) -> Result<Vec<IpAddr>, ConsoleError> {
    let addresses = console.condition().addresses;
    console.shown.show(certificate::make(&console.keyd, &addresses).await?);
    Ok(addresses)
}

/// Has the screen show where the console is, and by which certificate it is known.
fn announce(console: &Console, addresses: &[IpAddr]) {
    let Some(current) = console.shown.current() else { return };
    // Nobody looks for a console that is nowhere.
    if addresses.is_empty() {
        return;
    }
    let digits = current.fingerprint.to_uppercase();
    let groups: Vec<String> = digits.as_bytes().chunks(4).map(|g| String::from_utf8_lossy(g).into()).collect();
    let places: Vec<String> = addresses.iter().map(|address| console.place(*address)).collect();
    console.report(Report::screen(&format!("console certificate SHA-256 {}", groups.join(" "))));
    console.report(Report::screen(&format!("console {}", places.join(" "))));
}

/// A box that is reached at an address that is new has it in its certificate. It is shown once the addresses have settled: they come one after
/// the other at a start, and each certificate is another one to compare. One that is gone stays in it.
async fn keep_certificate(console: Arc<Console>, mut certified: Vec<IpAddr>, settled: Duration) {
    let mut conditions = console.conditions();
    let mut due = Instant::now() + limits::CERTIFICATE_LIFE;
    let mut is_announced = false;
    loop {
        while timeout(settled, conditions.changed()).await.is_ok_and(|changed| changed.is_ok()) {}
        let is_new = |address: &IpAddr| !certified.contains(address);
        if console.condition().addresses.iter().any(is_new) || Instant::now() >= due {
            match certify(&console).await {
                Ok(addresses) => {
                    (certified, is_announced) = (addresses, false);
                    due = Instant::now() + limits::CERTIFICATE_LIFE;
                }
                Err(e) => {
                    eprintln!("consoled: {}", chain(&e));
                    due = Instant::now() + limits::CERTIFICATE_PAUSE;
                }
            }
        }
        if !std::mem::replace(&mut is_announced, true) {
            announce(&console, &certified);
        }
        tokio::select! {
            changed = conditions.changed() => if changed.is_err() { return },
            () = sleep_until(due) => {}
        }
    }
}
