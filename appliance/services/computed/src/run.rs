//! From opened channels to a service that answers, and to its end.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use engine::Engine;
use ipc::Channel;
use ipc::control::{BoxFacts, Condition, Report};
use listener::listen;
use serde_json::json;
use tokio::sync::{Notify, OnceCell};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::audit::Audit;
use crate::cards::CardMonitor;
use crate::clients::Clients;
use crate::connection::connection;
use crate::devices::Refused;
use crate::ending::Ending;
use crate::endpoint::Endpoint;
use crate::error::ComputeError;
use crate::executors::Executors;
use crate::homomorphic::Homomorphic;
use crate::jobs::Jobs;
use crate::keeping::Keeper;
use crate::keyd::Keyd;
use crate::limits;
use crate::runtime::{self, Files};
use crate::shared::Shared;
use crate::shares::Shares;
use crate::tally::Tally;
use crate::worker::Worker;
use crate::workshop::Workshop;

/// How long an orderly end waits for calls, and for the batch in hand; the supervisor kills after 10 s.
const CALLS_WAIT: Duration = Duration::from_secs(2);
const STOP_WAIT: Duration = Duration::from_secs(6);

#[derive(Clone, Debug)]
pub struct Settings {
    pub data: PathBuf,
    pub listen: SocketAddr,
    pub enrol_listen: SocketAddr,
}

/// What the service needs, opened by its caller.
pub struct Start {
    pub settings: Settings,
    pub facts: BoxFacts,
    pub condition: Condition,
    pub keyd: Channel,
    pub auditd: Channel,
    pub engine: Engine,
    /// Locks this process in, once it listens; nothing where there is no sandbox.
    pub jail: Box<dyn FnOnce() -> Result<(), ComputeError> + Send>,
    /// What was found wrong on the way.
    pub degraded: Vec<String>,
    pub refused: Vec<Refused>,
    pub reports: mpsc::Sender<Report>,
}

/// A running service.
pub struct RunningService {
    pub service: SocketAddr,
    pub enrolment: SocketAddr,
    shared: Arc<Shared>,
    network: tokio::runtime::Runtime,
    worker: JoinHandle<()>,
    card_monitor: JoinHandle<()>,
    /// For the card monitor.
    stopping: Arc<AtomicBool>,
}

/// Starts everything; it serves when this returns.
pub fn start(start: Start) -> Result<RunningService, ComputeError> {
    let Start { settings, facts, condition, keyd, auditd, engine, jail, mut degraded, refused, reports } = start;
    let folder = &settings.data;
    fs::create_dir_all(folder).map_err(|source| ComputeError::File {
        action: "making",
        path: folder.clone(),
        source,
    })?;
    let (listener, enrol_listener) = (listen(settings.listen)?, listen(settings.enrol_listen)?);
    let address = |l: &std::net::TcpListener| l.local_addr().map_err(ComputeError::ListenAddress);
    let (service, enrolment) = (address(&listener)?, address(&enrol_listener)?);
    jail()?;

    let (files, plain) = Files::start()?;
    degraded.extend(plain);
    let changed = Arc::new(Notify::new());
    let notify = changed.clone();
    let keyd = Keyd::start(keyd, move || notify.notify_one())?;
    let identity = keyd.identity().map_err(ComputeError::Keyd)?;
    let audit = Audit::start(auditd)?;
    audit.relief_blocking("", "start", json!({ "version": facts.version }));
    for refused in &refused {
        audit.relief_blocking("", "card refused", json!({ "card": refused.card, "reason": refused.reason }));
        let _ = reports.send(Report::card(&format!("{} refused: {}", refused.card, refused.reason)));
        degraded.push(refused.sentence());
    }
    let (jobs, set_aside) = Jobs::open(folder, files.clone())?;
    let jobs = Arc::new(jobs);
    for (id, why) in set_aside {
        audit.relief_blocking("", "job set aside", json!({ "job": id, "why": why }));
        degraded.push(format!("job {id} cannot be read and is set aside: {why}"));
    }
    for reason in &degraded {
        // The supervisor gone means that this process is about to end.
        let _ = reports.send(Report::degraded(reason));
    }
    let engine = Arc::new(engine);
    let stopping = Arc::new(AtomicBool::new(false));
    let card_monitor = CardMonitor {
        engine: engine.clone(),
        audit: audit.clone(),
        reports: reports.clone(),
        stopping: stopping.clone(),
    };
    let clients = Clients::new(keyd.clone(), changed);
    let workshop = Arc::new(Workshop::new(engine, keyd));
    let tally = Arc::new(Tally::default());
    let ending = Ending { jobs: jobs.clone(), audit: audit.clone(), files };
    let shared = Arc::new(Shared {
        facts,
        condition: Mutex::new(condition),
        identity,
        workshop: workshop.clone(),
        batches: Shares::new(limits::BATCHES, limits::BATCHES_CLIENT),
        uploads: Shares::new(limits::UPLOADS, limits::UPLOADS_CLIENT),
        reads: Shares::new(limits::READS, limits::READS_CLIENT),
        calls: Shares::new(limits::CALLS, limits::CALLS_CLIENT),
        working: TaskTracker::new(),
        stopping: CancellationToken::new(),
        tally: tally.clone(),
        jobs: jobs.clone(),
        ending: ending.clone(),
        audit,
        clients,
        console_authority: OnceCell::new(),
        degraded: Mutex::new(degraded),
    });
    let card_monitor = card_monitor.start()?;
    // Whoever does jobs of another kind is registered here.
    let homomorphic = Homomorphic { jobs, workshop: workshop.clone() };
    let executors = Executors::new(vec![Box::new(homomorphic)]);
    let keeper = Keeper { ending: ending.clone(), workshop: workshop.clone() };
    let worker = Worker { ending, executors, workshop, tally }.start()?;
    let network = runtime::network()?;
    network.block_on(shared.clients.read()).map_err(ComputeError::Keyd)?;
    let following = shared.clone();
    network.spawn(async move { following.clients.follow().await });
    network.spawn(keeper.run());
    for (listener, endpoint) in
        [(listener, Endpoint::service(&shared)?), (enrol_listener, Endpoint::enrolment(&shared)?)]
    {
        let (places, stopping) = (endpoint.places(), shared.stopping.clone());
        let serve = move |stream, address, guest| connection(stream, address, endpoint.clone(), guest);
        network.spawn(listener::serve(listener, places, stopping, serve));
    }
    Ok(RunningService { service, enrolment, shared, network, worker, card_monitor, stopping })
}

impl RunningService {
    #[cfg(test)]
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// The supervisor says that the box is in another state, or has other reasons for it.
    pub fn told(&self, condition: Condition) {
        *self.shared.condition.lock().unwrap_or_else(PoisonError::into_inner) = condition;
    }

    /// Lays down what runs and ends within seconds.
    pub fn stop(self) {
        let RunningService { shared, network, worker, card_monitor, stopping, .. } = self;
        stopping.store(true, Ordering::Relaxed);
        shared.jobs.stop();
        // What a call has begun to change it changes wholly; what waits for its client fails at once.
        shared.stopping.cancel();
        shared.working.close();
        let _ = network.block_on(async { tokio::time::timeout(CALLS_WAIT, shared.working.wait()).await });
        network.shutdown_timeout(Duration::from_secs(1));
        let deadline = Instant::now() + STOP_WAIT;
        while !(worker.is_finished() && card_monitor.is_finished()) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        shared.audit.relief_blocking("", "stop", json!({}));
    }
}
