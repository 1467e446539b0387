//! From opened channels to a service that answers, and to its end.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use engine::Engine;
use ipc::Channel;
use ipc::control::{BoxFacts, Report};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::audit::Audit;
use crate::cards::CardMonitor;
use crate::clients::{Clients, Role};
use crate::devices::Refused;
use crate::ending::Ending;
use crate::endpoint::Endpoint;
use crate::error::ComputeError;
use crate::executors::Executors;
use crate::homomorphic::Homomorphic;
use crate::jobs::Jobs;
use crate::keeping::Keeper;
use crate::keyd::Keyd;
use crate::pairing::Pairing;
use crate::runtime::{self, Files};
use crate::server::{listen, serve};
use crate::shared::{Shared, code_line};
use crate::shares::Shares;
use crate::tally::Tally;
use crate::worker::Worker;
use crate::workshop::Workshop;
use crate::{jail, limits, tls};

/// How long an orderly end waits for calls, and for the batch in hand; the supervisor kills after 10 s.
const CALLS_WAIT: Duration = Duration::from_secs(2);
const STOP_WAIT: Duration = Duration::from_secs(6);

#[derive(Clone, Debug)]
pub struct Settings {
    pub data: PathBuf,
    pub listen: SocketAddr,
    pub enrol_listen: SocketAddr,
    /// False on a developer's machine.
    pub sandbox: bool,
}

/// What the service needs, opened by its caller.
pub struct Start {
    pub settings: Settings,
    pub facts: BoxFacts,
    pub keyd: Channel,
    pub engine: Engine,
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
    let Start { settings, facts, keyd, engine, mut degraded, refused, reports } = start;
    let folder = &settings.data;
    fs::create_dir_all(folder).map_err(|source| ComputeError::File {
        action: "making",
        path: folder.clone(),
        source,
    })?;
    let (listener, enrol_listener) = (listen(settings.listen)?, listen(settings.enrol_listen)?);
    let address = |l: &std::net::TcpListener| {
        l.local_addr().map_err(|source| ComputeError::Listen { address: "?".into(), source })
    };
    let (service, enrolment) = (address(&listener)?, address(&enrol_listener)?);
    if settings.sandbox {
        jail::enter(folder, &[settings.listen.port(), settings.enrol_listen.port()])?;
    }

    let (files, plain) = Files::start()?;
    degraded.extend(plain);
    let keyd = Keyd::start(keyd)?;
    let identity = keyd.identity().map_err(ComputeError::Keyd)?;
    let (audit, broken) = Audit::open(folder, files.clone())?;
    let record = |action: &str, detail| {
        let written = audit.record_blocking("", action, detail);
        written.map_err(|source| ComputeError::File { action: "writing", path: audit.path().into(), source })
    };
    record("start", json!({ "version": facts.version, "broken": broken }))?;
    for refused in &refused {
        record("card refused", json!({ "card": refused.card, "reason": refused.reason }))?;
        let _ = reports.send(Report::Card(format!("{} refused: {}", refused.card, refused.reason)));
        degraded.push(refused.sentence());
    }
    degraded.extend(broken.map(|what| format!("the audit log was broken and a new one begun: {what}")));
    let clients = Clients::open(folder, files.clone())?;
    let (jobs, set_aside) = Jobs::open(folder, files.clone())?;
    let jobs = Arc::new(jobs);
    for (id, why) in set_aside {
        record("job set aside", json!({ "job": id, "why": why }))?;
        degraded.push(format!("job {id} cannot be read and is set aside: {why}"));
    }
    for reason in &degraded {
        // The supervisor gone means that this process is about to end.
        let _ = reports.send(Report::Degraded(reason.clone()));
    }
    let engine = Arc::new(engine);
    let stopping = Arc::new(AtomicBool::new(false));
    let card_monitor = CardMonitor {
        engine: engine.clone(),
        audit: audit.clone(),
        reports: reports.clone(),
        stopping: stopping.clone(),
    };
    let workshop = Arc::new(Workshop::new(engine, keyd));
    let tally = Arc::new(Tally::default());
    let ending = Ending { jobs: jobs.clone(), audit: audit.clone(), files };
    let shared = Arc::new(Shared {
        pairing: Pairing::new(tls::pin(&identity)?),
        facts,
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
        enrolling: tokio::sync::Mutex::new(()),
        degraded: Mutex::new(degraded),
        reports,
    });
    let card_monitor = card_monitor.start()?;
    // Whoever does jobs of another kind is registered here.
    let homomorphic = Homomorphic { jobs, workshop: workshop.clone() };
    let executors = Executors::new(vec![Box::new(homomorphic)]);
    let keeper = Keeper { ending: ending.clone(), workshop: workshop.clone() };
    let worker = Worker { ending, executors, workshop, tally }.start()?;
    let network = runtime::network()?;
    network.spawn(keeper.run());
    network.spawn(serve(listener, Endpoint::service(&shared)?, shared.stopping.clone()));
    network.spawn(serve(enrol_listener, Endpoint::enrolment(&shared)?, shared.stopping.clone()));
    // Only while nobody is enrolled; later codes are an administrator's to ask for.
    if shared.clients.is_empty() {
        shared.show(code_line(&shared.pairing.invite(Role::Administrator)?));
    }
    Ok(RunningService { service, enrolment, shared, network, worker, card_monitor, stopping })
}

impl RunningService {
    #[cfg(test)]
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
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
        if let Err(e) = shared.audit.record_blocking("", "stop", json!({})) {
            eprintln!("computed: the audit log: {e}");
        }
    }
}
