//! keyd as a service: what it holds, and which request goes where.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use accounts::Limiter;
use accounts::statement::console_authority;
use ipc::auditd::Weight;
use ipc::control::{Line, PcrPolicy};
use ipc::keyd::{Identity, Refusal, Reply, Request};
use ipc::people::PeopleReply;
use ipc::{Bytes, Channel, Name, Outbox, Peer, Responder, Service, Text};
use key_backup::RecipientKey;
use serde_json::Value;

use crate::approvals::Approvals;
use crate::audit::Audit;
use crate::challenges::Challenges;
use crate::clock::Clock;
use crate::console_certificate::ConsoleAuthority;
use crate::error::busy;
use crate::evidence::Exhibits;
use crate::heads::Heads;
use crate::identity::BoxIdentity;
use crate::keys::KeyStore;
use crate::lanes::Lane;
use crate::leases::Leases;
use crate::locked::lock;
use crate::lost::Losses;
use crate::membership::Membership;
use crate::ownership;
use crate::reception::Reception;
use crate::tickets::Tickets;
use crate::tpm::{Phase, Policy, Tpm};
use crate::vault::Vault;
use crate::{KeydError, chain, now};

/// For the command that the TPM is at, when keyd ends.
const TPM_WAIT: Duration = Duration::from_secs(1);

/// Called with whether any administrator is enrolled.
type Told = Box<dyn Fn(bool) + Send>;

/// Clones are the same keyd.
#[derive(Clone)]
pub struct Keyd(pub(crate) Arc<House>);

pub(crate) struct House {
    pub(crate) identity: BoxIdentity,
    pub(crate) certificates: Identity,
    pub(crate) keys: Mutex<KeyStore>,
    /// Held by whoever changes the vault's table, before the keys are.
    pub(crate) changes: Mutex<()>,
    pub(crate) approvals: Mutex<Approvals>,
    /// Halves for restores are sealed to it; another one after each start.
    pub(crate) transport: RecipientKey,
    pub(crate) members: Membership,
    pub(crate) challenges: Mutex<Challenges>,
    pub(crate) tickets: Mutex<Tickets>,
    pub(crate) leases: Mutex<Leases>,
    pub(crate) heads: Mutex<Heads>,
    pub(crate) limiter: Mutex<Limiter>,
    /// TPM commands; key pairs and other long computations; what is written to the disk.
    pub(crate) tpm: Lane<Tpm>,
    pub(crate) mill: Lane<()>,
    pub(crate) files: Lane<()>,
    pub(crate) audit: Audit,
    pub(crate) exhibits: Exhibits,
    pub(crate) reception: Reception,
    pub(crate) console: Mutex<ConsoleAuthority>,
    /// What is approved of in the early phase and in this one.
    pub(crate) policies: [Policy; 2],
    /// What a new TPM cost; it is told of once.
    pub(crate) losses: Losses,
    pub(crate) clock: Mutex<Clock>,
    listeners: Mutex<Vec<Outbox<Reply>>>,
    on_provisioned: Mutex<Option<Told>>,
    /// Those that are served.
    peers: AtomicUsize,
    started: Instant,
    #[cfg(feature = "test-clock")]
    passed_s: std::sync::atomic::AtomicU64,
}

/// What evidence says of this boot.
#[derive(Default)]
pub struct Boot {
    /// Of the release.
    pub version: String,
    /// The name of the image.
    pub image: String,
    /// What PCR 15 was extended with before.
    pub measured: Vec<Line>,
}

/// Everything that serving needs, opened.
pub struct Opened {
    tpm: Tpm,
    identity: BoxIdentity,
    keys: KeyStore,
    members: Membership,
    heads: Heads,
    losses: Losses,
    exhibits: Exhibits,
    reception: Reception,
    console: ConsoleAuthority,
    policies: [Policy; 2],
    /// What was found damaged, a sentence each.
    pub troubles: Vec<String>,
}

impl Opened {
    /// `folder` is keyd's own on the data volume.
    /// [`KeydError::is_of_this_system`] says of an error that nothing is broken, and that another boot may open everything.
    pub fn new(mut tpm: Tpm, policy: &PcrPolicy, boot: Boot, folder: &Path) -> Result<Opened, KeydError> {
        let (early, ready) = (Policy::parse(policy, Phase::Early)?, Policy::parse(policy, Phase::Ready)?);
        ownership::use_kept(&mut tpm, &early, &ready)?;
        let (vault, mut troubles) = Vault::open(&mut tpm, &ready, folder)?;
        let is_new_vault = vault.is_new;
        let (keys, keys_troubles) = KeyStore::open(&folder.join("keys"), vault)?;
        let (identity, identity_trouble) = BoxIdentity::open(&mut tpm, ready.clone(), folder)?;
        let (members, members_trouble) = Membership::open(folder)?;
        let (heads, heads_trouble) = Heads::open(folder)?;
        let (reception, people_trouble) = Reception::open(folder)?;
        let clients = members.settle(&identity.authority(), identity.is_new)?;
        let losses = Losses { clients, keys: keys.lost(), is_news: is_new_vault };
        troubles.extend(keys_troubles);
        troubles.extend([identity_trouble, members_trouble, heads_trouble, people_trouble].into_iter().flatten());
        let exhibits = Exhibits::new(folder, &boot.version, &boot.image, boot.measured);
        let console = ConsoleAuthority::new(folder, identity.certificates()?.host_name());
        let policies = [early, ready];
        Ok(Opened { exhibits, reception, console, policies, tpm, identity, keys, members, heads, losses, troubles })
    }

    /// Takes the firmware's event log in.
    pub fn read_firmware_log(&mut self, log: OwnedFd) -> std::io::Result<()> {
        self.exhibits.read_firmware_log(log)
    }

    /// `auditd`: the channel to the audit log.
    pub fn start(self, auditd: Channel) -> Result<Keyd, KeydError> {
        let started = Instant::now();
        Ok(Keyd(Arc::new(House {
            certificates: self.identity.certificates()?,
            identity: self.identity,
            keys: Mutex::new(self.keys),
            changes: Mutex::default(),
            approvals: Mutex::default(),
            transport: RecipientKey::generate(),
            members: self.members,
            challenges: Mutex::default(),
            tickets: Mutex::default(),
            leases: Mutex::default(),
            heads: Mutex::new(self.heads),
            limiter: Mutex::new(Limiter::new(0)),
            tpm: Lane::start("tpm", self.tpm).map_err(KeydError::Thread)?,
            mill: Lane::start("mill", ()).map_err(KeydError::Thread)?,
            files: Lane::start("files", ()).map_err(KeydError::Thread)?,
            audit: Audit::start(auditd).map_err(KeydError::Thread)?,
            exhibits: self.exhibits,
            reception: self.reception,
            console: Mutex::new(self.console),
            policies: self.policies,
            losses: self.losses,
            clock: Mutex::new(Clock::new(crate::now(), 0)),
            listeners: Mutex::default(),
            on_provisioned: Mutex::default(),
            peers: AtomicUsize::new(0),
            started,
            #[cfg(feature = "test-clock")]
            passed_s: Default::default(),
        })))
    }
}

impl Keyd {
    /// Has PCR 15 extended with this, and calls `then` once it is.
    pub fn measure(&self, text: Line, then: impl FnOnce(Line) + Send + 'static) {
        let keyd = self.clone();
        let work = move |tpm: &mut Tpm| match keyd.0.exhibits.measure(tpm, &text) {
            Ok(()) => then(text),
            // It is missing from PCR and log alike.
            Err(e) => eprintln!("keyd: {} was not measured: {}", text, chain(&e)),
        };
        if self.0.tpm.push("supervisor", work).is_err() {
            eprintln!("keyd: too much to measure at a time");
        }
    }

    /// Answers this peer, on threads of its own, until it hangs up.
    pub fn serve(&self, peer: Peer, channel: Channel) -> Result<(), KeydError> {
        let listens = peer.may("clients");
        self.0.peers.fetch_add(1, Ordering::AcqRel);
        let outbox = ipc::serve(channel, peer, Arc::new(self.clone())).map_err(KeydError::Thread)?;
        if listens {
            lock(&self.0.listeners).push(outbox);
        }
        Ok(())
    }

    /// Goes on until everybody has hung up, but not for longer: others stop too, and some need a last answer for it.
    pub fn finish(&self, wait: Duration) {
        let until = Instant::now() + wait;
        while self.0.peers.load(Ordering::Acquire) > 0 && Instant::now() < until {
            thread::sleep(Duration::from_millis(20));
        }
        self.0.tpm.finish(TPM_WAIT);
    }

    /// Tells everybody who looks at the list of clients that it is another one.
    pub(crate) fn clients_changed(&self) {
        self.tell_provisioned();
        lock(&self.0.listeners).retain(|outbox| outbox.notify(Reply::ClientsChanged));
    }

    /// Has `tell` be called now, and whenever the clients are others: with whether any administrator is one.
    pub fn on_provisioned(&self, tell: impl Fn(bool) + Send + 'static) {
        *lock(&self.0.on_provisioned) = Some(Box::new(tell));
        self.tell_provisioned();
    }

    /// No administrator has a certificate that counts, and nobody signs in at the console.
    pub(crate) fn is_unprovisioned(&self) -> bool {
        !self.0.reception.is_founded() && self.0.members.look(|a| a.is_unprovisioned(now()))
    }

    pub(crate) fn tell_provisioned(&self) {
        let provisioned = !self.is_unprovisioned();
        if let Some(tell) = lock(&self.0.on_provisioned).as_ref() {
            tell(provisioned);
        }
    }

    /// Seconds since the start: what is bounded by it does not depend on a clock that is set.
    pub(crate) fn steady_s(&self) -> u64 {
        let seconds = self.0.started.elapsed().as_secs();
        #[cfg(feature = "test-clock")]
        let seconds = seconds + self.0.passed_s.load(Ordering::Acquire);
        seconds
    }

    /// As if so many seconds had passed.
    #[cfg(feature = "test-clock")]
    pub fn pass(&self, seconds: u64) {
        self.0.passed_s.fetch_add(seconds, Ordering::AcqRel);
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.0.started.elapsed().as_millis() as u64
    }

    /// Has a line written, and then goes on; if there is none, only with what frees room or ends something.
    pub(crate) fn recorded(
        &self,
        weight: Weight,
        client: &Name,
        action: &str,
        detail: &Value,
        responder: Responder<Reply>,
        then: impl FnOnce(Responder<Reply>) + Send + 'static,
    ) {
        self.0.audit.record(weight, client, action, detail, move |written| match (written, weight) {
            (Ok(()), _) | (Err(_), Weight::Relief) => then(responder),
            (Err(e), Weight::Work) => {
                responder.send(Reply::Refused(Refusal::Unavailable(Text::shortened(&chain(&e)))));
            }
        });
    }

    /// Has work done in a lane, and its outcome sent.
    pub(crate) fn in_lane<T: Send + 'static>(
        &self,
        lane: impl Fn(&House) -> &Lane<T>,
        peer: &str,
        responder: Responder<Reply>,
        work: impl FnOnce(&Keyd, &mut T) -> Result<Reply, KeydError> + Send + 'static,
    ) {
        // Whoever comes too late for the lane still needs its responder.
        let (keyd, responder) = (self.clone(), Arc::new(Mutex::new(Some(responder))));
        let later = responder.clone();
        let pushed = lane(&self.0).push(peer, move |tool| {
            let outcome = work(&keyd, tool);
            if let Some(responder) = lock(&later).take() {
                send(responder, outcome);
            }
        });
        if pushed.is_err()
            && let Some(responder) = lock(&responder).take()
        {
            send(responder, Err(busy("as many requests of this kind as may be wait already")));
        }
    }
}

impl Service for Keyd {
    type Request = Request;
    type Reply = Reply;

    fn answer(&self, peer: &Peer, request: Request, responder: Responder<Reply>) {
        match request {
            Request::Clients { .. }
            | Request::Challenge
            | Request::NewCode { .. }
            | Request::Enrol { .. }
            | Request::Confirm { .. }
            | Request::Renew { .. }
            | Request::Revoke { .. }
            | Request::CheckReader { .. }
            | Request::CheckTicket { .. } => self.answer_of_clients(peer, request, responder),
            Request::Evidence { .. }
            | Request::ActivateCredential { .. }
            | Request::KeepDeviceRecord { .. }
            | Request::PlanSecureBoot { .. }
            | Request::SetPin { .. }
            | Request::ResetLockout { .. } => self.answer_of_evidence(peer, request, responder),
            Request::ListRequests { .. }
            | Request::AskBackup { .. }
            | Request::TransportKey
            | Request::AskRestore { .. }
            | Request::Approve { .. }
            | Request::FetchBackup { .. }
            | Request::RestoreKey { .. } => self.answer_of_two(peer.name(), request, responder),
            Request::CertifyConsole { csr, addresses } => self.in_lane(
                |h| &h.tpm,
                peer.name(),
                responder,
                move |keyd, tpm| {
                    let [_, ready] = &keyd.0.policies;
                    lock(&keyd.0.console).issue(tpm, ready, csr.as_slice(), addresses.as_slice())
                },
            ),
            Request::ConsoleAuthority => self.in_lane(
                |h| &h.tpm,
                peer.name(),
                responder,
                |keyd, tpm| {
                    let [_, ready] = &keyd.0.policies;
                    let (certificate, name) = lock(&keyd.0.console).certificate(tpm, ready)?;
                    let statement = console_authority(keyd.0.certificates.device_id.as_str(), &name, &certificate);
                    let signature = keyd.0.identity.sign_by_service(tpm, &statement)?;
                    Ok(Reply::ConsoleAuthority {
                        certificate: Bytes::new("the console authority's certificate", certificate)?,
                        signature: Bytes::new("a signature", signature)?,
                    })
                },
            ),
            Request::People(request) => self.answer_of_people(peer.name(), request, responder),
            request => self.answer_of_keys(peer, request, responder),
        }
    }

    fn refuse(&self, peer: &Peer, call: &'static str) -> Reply {
        Reply::Refused(Refusal::NotAllowed(Text::shortened(&format!("{} may not ask for {call}", peer.name()))))
    }

    fn refuse_unreadable(&self, _: &Peer) -> Reply {
        let text = "the request cannot be read: a part of it is longer than it may be, or it is none of ours";
        Reply::Refused(Refusal::Invalid(Text::shortened(text)))
    }

    fn gone(&self, peer: &Peer) {
        self.0.peers.fetch_sub(1, Ordering::AcqRel);
        lock(&self.0.leases).end_all(peer.name());
        lock(&self.0.listeners).retain(|outbox| !outbox.is_over());
    }
}

pub(crate) fn send(responder: Responder<Reply>, outcome: Result<Reply, KeydError>) {
    responder.send(outcome.unwrap_or_else(|e| match e {
        KeydError::SignedOut { words } => Reply::People(PeopleReply::SignedOut { words: Text::shortened(&words) }),
        KeydError::NotDone(problem) => Reply::People(PeopleReply::Not(problem)),
        e => Reply::Refused(e.into()),
    }));
}
