//! keyd on a software TPM, with callers on real channels and an audit log that keeps its lines in memory.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use accounts::statement::{Action, Claim, DeedText, deed_digest, enrolment, proof};
use accounts::{CodeKey, PairingCode};
use ipc::control::PcrPolicy;
use ipc::keyd::{Asked, Client, Proof, Refusal, Reply, Request};
use ipc::{Bytes, Caller, Channel, Name, Peer, Responder, Service, Text, auditd};
use keyd::{Boot, Keyd, Opened};
use rcgen::{CertificateParams, KeyPair, SigningKey};
use tempfile::TempDir;

use crate::support::{SoftwareTpm, in_last_phase};

pub(crate) const WAIT: Duration = Duration::from_secs(60);
/// What computed's row of the service table grants.
fn granted_to_computed() -> Vec<String> {
    let row = include_str!("../../../../../image/services/computed.toml").parse::<toml::Table>().unwrap();
    row["peers"]["keyd"].as_array().unwrap().iter().map(|c| c.as_str().unwrap().to_string()).collect()
}

pub(crate) struct Served {
    pub(crate) keyd: Keyd,
    pub(crate) troubles: Vec<String>,
    pub(crate) log: Arc<Log>,
    pub(crate) computed: Caller<Reply>,
    pub(crate) notices: std::sync::mpsc::Receiver<Reply>,
}

/// The audit log's service, in memory.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) lines: Mutex<Vec<String>>,
    pub(crate) details: Mutex<Vec<String>>,
    pub(crate) counts: Mutex<Vec<String>>,
    pub(crate) is_full: AtomicBool,
}

impl Service for Log {
    type Request = auditd::Request;
    type Reply = auditd::Reply;

    fn answer(&self, _: &Peer, request: auditd::Request, responder: Responder<auditd::Reply>) {
        responder.send(match request {
            auditd::Request::Record { .. } if self.is_full.load(Ordering::Relaxed) => {
                auditd::Reply::Refused(auditd::Refusal::CannotWrite(Text::shortened("the disk is full")))
            }
            auditd::Request::Record { client, action, detail, .. } => {
                self.lines.lock().unwrap().push(format!("{client}: {action}"));
                self.details.lock().unwrap().push(format!("{action} {detail}"));
                auditd::Reply::Recorded { number: 0 }
            }
            auditd::Request::Count { action, .. } => {
                self.counts.lock().unwrap().push(action.into_string());
                auditd::Reply::Counted
            }
            auditd::Request::Read { .. } => panic!("keyd reads no log"),
        });
    }

    fn refuse(&self, _: &Peer, _: &'static str) -> auditd::Reply {
        panic!("keyd asks for what it may")
    }

    fn refuse_unreadable(&self, _: &Peer) -> auditd::Reply {
        panic!("keyd speaks clearly")
    }

    fn gone(&self, _: &Peer) {}
}

pub(crate) fn served(software: &SoftwareTpm, policy: &PcrPolicy, folder: &TempDir) -> Served {
    let opened = Opened::new(in_last_phase(software, policy), policy, Boot::default(), folder.path()).unwrap();
    let troubles = opened.troubles.clone();
    let log = Arc::new(Log::default());
    let (ours, theirs) = Channel::pair().unwrap();
    let calls = ["record", "count"].map(String::from);
    ipc::serve(Channel::from_fd(theirs), Peer::new("keyd", calls), log.clone()).unwrap();
    let keyd = opened.start(Channel::from_fd(ours)).unwrap();
    let (sender, notices) = std::sync::mpsc::channel();
    let granted = granted_to_computed();
    let granted: Vec<&str> = granted.iter().map(String::as_str).collect();
    let computed = caller(&keyd, "computed", &granted, move |notice| drop(sender.send(notice)));
    Served { keyd, troubles, log, computed, notices }
}

/// A caller with these grants.
pub(crate) fn caller(
    keyd: &Keyd,
    name: &str,
    calls: &[&str],
    notice: impl Fn(Reply) + Send + 'static,
) -> Caller<Reply> {
    let (ours, theirs) = Channel::pair().unwrap();
    keyd.serve(Peer::new(name, calls.iter().map(|c| c.to_string())), Channel::from_fd(theirs)).unwrap();
    Caller::start(Channel::from_fd(ours), "keyd", 128, notice).unwrap()
}

/// The vaults' files, those that were set aside not among them.
pub(crate) fn vault_files(folder: &TempDir) -> Vec<PathBuf> {
    let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let vaults = names.map(|n| n.into_string().unwrap()).filter(|n| n.starts_with("vault-") && n.ends_with(".json"));
    vaults.map(|name| folder.path().join(name)).collect()
}

pub(crate) fn vault_file(folder: &TempDir) -> PathBuf {
    let files = vault_files(folder);
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

/// What a server signs in TLS 1.3 (RFC 8446 4.4.3).
pub(crate) fn transcript() -> Bytes<1024> {
    let message = [&[b' '; 64][..], b"TLS 1.3, server CertificateVerify\0", &[7; 32]].concat();
    Bytes::new("a message", message).unwrap()
}

pub(crate) fn name(text: &str) -> Name {
    Name::new("a name", text).unwrap()
}

impl Drop for Served {
    fn drop(&mut self) {
        self.keyd.finish(Duration::ZERO);
    }
}

impl Served {
    pub(crate) fn ask(&self, request: Request) -> Reply {
        self.computed.call(&request, WAIT).unwrap().0
    }

    pub(crate) fn refusal(&self, request: Request) -> Refusal {
        match self.ask(request) {
            Reply::Refused(refusal) => refusal,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn device_id(&self) -> String {
        match self.ask(Request::Identity) {
            Reply::Identity(identity) => identity.device_id.into_string(),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn challenge(&self) -> ipc::keyd::Challenge {
        match self.ask(Request::Challenge) {
            Reply::Challenge(challenge) => challenge,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn clients(&self) -> Vec<Client> {
        match self.ask(Request::Clients { after: name("") }) {
            Reply::Clients(clients) => clients.into_vec(),
            other => panic!("{other:?}"),
        }
    }

    /// The first administrator, with the code on the screen.
    pub(crate) fn administrator(&self) -> Person {
        let [line, about] = self.keyd.first_code().unwrap().expect("nobody is enrolled");
        let code = PairingCode::parse(line.strip_prefix("pairing code ").unwrap()).unwrap();
        let person = Person::new(about.split('"').nth(1).unwrap(), code.key().unwrap());
        let serial = person.enrols(self).unwrap();
        assert!(matches!(self.ask(Request::Confirm { serial }), Reply::Confirmed));
        person
    }

    /// What waits for a second person, all of it.
    pub(crate) fn requests(&self) -> Vec<Asked> {
        match self.ask(Request::ListRequests { after: name("") }) {
            Reply::Requests(requests) => requests.into_vec(),
            other => panic!("{other:?}"),
        }
    }

    /// Another client, with a code that an administrator made.
    pub(crate) fn client(&self, administrator: &Person, called: &str, role: &str) -> Person {
        let person = Person::new(called, code(called));
        assert!(matches!(self.ask(administrator.new_code(self, &person, role)), Reply::CodeOpen { .. }));
        let serial = person.enrols(self).unwrap();
        assert!(matches!(self.ask(Request::Confirm { serial }), Reply::Confirmed));
        person
    }
}

/// A client, with its key and the key of its code.
pub(crate) struct Person {
    pub(crate) name: Name,
    pub(crate) key: KeyPair,
    pub(crate) csr: Vec<u8>,
    pub(crate) code: CodeKey,
}

/// A code of its own for each name.
pub(crate) fn code(called: &str) -> CodeKey {
    let mut random = [0; 12];
    called.bytes().take(12).enumerate().for_each(|(i, b)| random[i] = b);
    PairingCode::new([0; 10], &zeroize::Zeroizing::new(random)).key().unwrap()
}

impl Person {
    pub(crate) fn new(called: &str, code: CodeKey) -> Person {
        let key = KeyPair::generate().unwrap();
        let csr = CertificateParams::default().serialize_request(&key).unwrap().der().to_vec();
        Person { name: name(called), key, csr, code }
    }

    pub(crate) fn enrol_request(&self) -> Request {
        Request::Enrol {
            name: name(""),
            csr: Bytes::new("csr", self.csr.clone()).unwrap(),
            signature: Bytes::new("signature", self.code.sign(&enrolment(&self.csr, 0))).unwrap(),
            valid_s: 0,
            address: name("192.0.2.1"),
        }
    }

    /// The serial number of the certificate.
    pub(crate) fn enrols(&self, served: &Served) -> Result<Name, Refusal> {
        match served.ask(self.enrol_request()) {
            Reply::Certificate(certificate) => Ok(certificate.client.serial),
            Reply::Refused(refusal) => Err(refusal),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn proof(&self, served: &Served, action: Action<'_>) -> Proof {
        let challenge = served.challenge();
        let device_id = served.device_id();
        let claim =
            Claim { device_id: &device_id, client: self.name.as_str(), challenge: challenge.as_slice(), action };
        let signature = Bytes::new("signature", self.key.sign(&proof(&claim)).unwrap()).unwrap();
        Proof { client: self.name.clone(), challenge, signature }
    }

    pub(crate) fn new_code(&self, served: &Served, person: &Person, role: &str) -> Request {
        let (code, valid_s) = (person.code.public(), 3600);
        let parsed = accounts::Role::parse(role).unwrap();
        let action = Action::NewCode { name: person.name.as_str(), role: parsed, code: &code, valid_s };
        let proof = self.proof(served, action);
        let code = Bytes::new("code", code).unwrap();
        Request::NewCode { name: person.name.clone(), role: name(role), code, valid_s, proof }
    }

    /// Agrees to what the box lists.
    pub(crate) fn approve(&self, served: &Served, asked: &Asked, given: &[u8]) -> Request {
        let keys: Vec<[&str; 3]> =
            asked.keys.as_slice().iter().map(|k| [k.id.as_str(), k.owner.as_str(), k.name.as_str()]).collect();
        let (request, by, data) = (asked.id.as_str(), asked.by.as_str(), asked.data.as_slice());
        let digest = deed_digest(&DeedText { request, deed: asked.deed.name(), by, data, keys: &keys });
        let proof = self.proof(served, Action::Approve { digest: &digest, given });
        Request::Approve { request: asked.id.clone(), given: Bytes::new("given", given).unwrap(), proof }
    }

    pub(crate) fn destroy(&self, served: &Served, id: &Name) -> Request {
        let proof = self.proof(served, Action::DestroyKey { id: id.as_str() });
        Request::DestroyKey { id: id.clone(), proof }
    }
}
