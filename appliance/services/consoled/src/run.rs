//! From opened channels to a console that answers, and to its end.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};

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
use crate::steps::Steps;
use crate::{certificate, limits, web};

/// What the console needs, opened by its caller.
pub struct Start {
    pub facts: BoxFacts,
    pub condition: Condition,
    pub keyd: Channel,
    /// Its own, for the set-up's steps.
    pub folder: PathBuf,
    pub listen: SocketAddr,
    /// Locks this process in, once it listens; nothing where there is no sandbox.
    pub jail: Box<dyn FnOnce() -> Result<(), ConsoleError> + Send>,
    pub reports: mpsc::Sender<Report>,
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
    let keyd = Keyd::start(start.keyd)?;
    let network = Builder::new_multi_thread().worker_threads(2).max_blocking_threads(2).enable_all().build();
    let network = network.map_err(ConsoleError::Runtime)?;
    let identity = network.block_on(keyd.identity())?;
    let forms = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).map_err(|_| ConsoleError::Random)?;
    let Start { facts, condition, reports, .. } = start;
    let parts = Parts { facts, condition, identity, keyd, steps, forms, reports, port: address.port() };
    let console = Arc::new(Console::new(parts));
    trouble.iter().for_each(|trouble| console.report(Report::degraded(trouble)));
    let (stopping, working) = (CancellationToken::new(), TaskTracker::new());
    let certified = network.block_on(show_certificate(&console))?;
    network.spawn(keep_certificate(console.clone(), certified));
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

/// Makes the certificate, and has the screen show it. The addresses that it is for.
async fn show_certificate(console: &Console) -> Result<Vec<IpAddr>, ConsoleError> {
    let addresses = console.condition().addresses;
    let current = certificate::make(&console.keyd, &addresses).await?;
    let groups: Vec<String> =
        current.fingerprint.to_uppercase().as_bytes().chunks(4).map(|g| String::from_utf8_lossy(g).into()).collect();
    console.shown.show(current);
    // Nobody looks for a console that is nowhere.
    if !addresses.is_empty() {
        let places: Vec<String> = addresses.iter().map(|address| console.place(*address)).collect();
        console.report(Report::screen(&format!("console certificate SHA-256 {}", groups.join(" "))));
        console.report(Report::screen(&format!("console {}", places.join(" "))));
    }
    Ok(addresses)
}

/// A box that is reached at an address that is new has it in its certificate, once its addresses have settled: they come one after the
/// other at a start, and each certificate is another one to compare. One that is gone stays in it.
async fn keep_certificate(console: Arc<Console>, mut certified: Vec<IpAddr>) {
    let mut conditions = console.conditions();
    let mut due = Instant::now() + limits::CERTIFICATE_LIFE;
    loop {
        tokio::select! {
            changed = conditions.changed() => if changed.is_err() { return },
            () = sleep_until(due) => {}
        }
        let is_new = |address: &IpAddr| !certified.contains(address);
        if !console.condition().addresses.iter().any(is_new) && Instant::now() < due {
            continue;
        }
        while timeout(limits::SETTLED, conditions.changed()).await.is_ok_and(|changed| changed.is_ok()) {}
        match show_certificate(&console).await {
            Ok(addresses) => (certified, due) = (addresses, Instant::now() + limits::CERTIFICATE_LIFE),
            Err(e) => {
                eprintln!("consoled: {}", chain(&e));
                due = Instant::now() + limits::CERTIFICATE_PAUSE;
            }
        }
    }
}
