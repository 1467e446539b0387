//! keyd's protocol with keys in memory.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use accounts::statement::{Action, Claim};
use accounts::{Accounts, Certificate as Issued, PairingCode, Role};
use ipc::keyd::PublicKey;
use ipc::keyd::*;
use ipc::{Bytes, Channel, List, Name, Peer, Responder, Service, Text};
use rcgen::*;
use time::{Duration, OffsetDateTime};

use super::console::ConsoleAuthority;
use super::leases::lease;
use super::pairs::{CURVE_KEY, GROUP_KEY, PAIR, RSA_PAIR, SUM_PAIR, group};
use super::two_people::refused;

/// Of every box in memory.
pub const DEVICE_ID: &str = "0011223344556677";
pub struct SoftwareKeyd {
    authority: KeyPair,
    service: KeyPair,
    pub authority_der: Vec<u8>,
    service_der: Vec<u8>,
    pub(super) keys: Mutex<Vec<KeyInfo>>,
    pub(super) requests: Mutex<Vec<Asked>>,
    accounts: Mutex<Accounts>,
    listeners: Mutex<Vec<ipc::Outbox<Reply>>>,
    /// Its clock says so many seconds more than the others.
    pub ahead_s: AtomicI64,
    pub console: ConsoleAuthority,
    /// No TLS signature is made while a test holds this.
    pub signing: Mutex<()>,
}

impl SoftwareKeyd {
    pub fn new() -> Arc<SoftwareKeyd> {
        let (authority, service) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let authority_der = authority_params().self_signed(&authority).unwrap().der().to_vec();
        let issuer = Issuer::new(authority_params(), &authority);
        let mut params = CertificateParams::new(vec!["coffer".to_string()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let service_der = params.signed_by(&service, &issuer).unwrap().der().to_vec();
        let (keys, requests, accounts, listeners, ahead_s, console, signing) = Default::default();
        Arc::new(SoftwareKeyd {
            authority,
            service,
            authority_der,
            service_der,
            keys,
            requests,
            accounts,
            listeners,
            ahead_s,
            console,
            signing,
        })
    }

    /// A channel on which it answers this service, as far as its row grants.
    pub fn serve(self: &Arc<Self>, peer: &str) -> Channel {
        let (ours, theirs) = Channel::pair().unwrap();
        let peer = Peer::new(peer, super::row(peer).peers["keyd"].iter().cloned());
        let outbox = ipc::serve(Channel::from_fd(ours), peer, Arc::new(Answering(self.clone()))).unwrap();
        self.listeners.lock().unwrap().push(outbox);
        Channel::from_fd(theirs)
    }

    /// The code that the screen would show, for an administrator of this name.
    pub fn code(&self, name: &str) -> String {
        let pin = accounts::pin_of(&self.service.subject_public_key_info());
        let code = PairingCode::new(pin, &zeroize::Zeroizing::new(std::array::from_fn(|_| rand_byte())));
        let key = code.key().unwrap().public();
        self.accounts.lock().unwrap().open_code(self.now(), name, Role::Administrator, &key, 3600).unwrap();
        code.to_text().to_string()
    }

    /// As the box issues them, also with dates that it would not give.
    pub fn issue(&self, csr: &[u8], client: &str, role: &str, valid_s: i64) -> (Vec<u8>, String) {
        let mut request = CertificateSigningRequestParams::from_der(&csr.into()).unwrap();
        let serial: [u8; 16] = std::array::from_fn(|i| if i == 0 { 0x41 } else { rand_byte() });
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, client);
        params.distinguished_name.push(DnType::OrganizationalUnitName, role);
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let now = OffsetDateTime::from_unix_timestamp(self.now() as i64).unwrap();
        let before = now - Duration::minutes(5) + Duration::seconds(valid_s.min(0));
        params.not_before = before.max(OffsetDateTime::UNIX_EPOCH);
        params.not_after = now + Duration::seconds(valid_s);
        request.params = params;
        let issuer = Issuer::new(authority_params(), &self.authority);
        let der = request.signed_by(&issuer).unwrap().der().to_vec();
        (der, data_encoding::HEXLOWER.encode(&serial))
    }

    /// As after its TPM was replaced: certificates are void, keys are lost.
    pub fn replace_tpm(&self) {
        self.accounts.lock().unwrap().settle("another", true);
        self.keys.lock().unwrap().iter_mut().for_each(|key| key.state = KeyState::OtherTpm);
        self.listeners.lock().unwrap().retain(|l| l.notify(Reply::ClientsChanged));
    }

    fn now(&self) -> u64 {
        now().saturating_add_signed(self.ahead_s.load(Ordering::Relaxed))
    }

    fn answer(&self, request: Request) -> Reply {
        let mut keys = self.keys.lock().unwrap();
        match request {
            Request::Identity => Reply::Identity(Identity {
                device_id: name(DEVICE_ID),
                authority: bytes(&self.authority_der),
                service: bytes(&self.service_der),
            }),
            Request::SignTls { .. } | Request::CheckTicket { .. } => panic!("it is answered apart, or to others alone"),
            Request::Clients { .. }
            | Request::Challenge
            | Request::NewCode { .. }
            | Request::Enrol { .. }
            | Request::Confirm { .. }
            | Request::Renew { .. }
            | Request::Revoke { .. }
            | Request::CheckReader { .. } => {
                let changes =
                    !matches!(request, Request::Clients { .. } | Request::Challenge | Request::CheckReader { .. });
                let reply = self.of_clients(request).unwrap_or_else(refused);
                if changes {
                    self.listeners.lock().unwrap().retain(|l| l.notify(Reply::ClientsChanged));
                }
                reply
            }
            Request::EndLease { .. } => Reply::LeaseEnded,
            Request::TpmState => Reply::TpmState(TpmState {
                failed: 0,
                failed_max: 31,
                interval_s: 600,
                recovery_s: 600,
                is_locked: false,
                has_pin: false,
                planned_pcr7: None,
            }),
            Request::CreateKey { owner, name, kind, operations, limits } => {
                let public = match kind {
                    KeyKind::Paillier { bits: 2048 | 3072 | 4096 } => {
                        PublicKey { n: bytes(&PAIR.n), hs: bytes(&PAIR.hs), e: Bytes::default() }
                    }
                    KeyKind::Rsa { bits: 2048 | 3072 | 4096 } => {
                        PublicKey { n: bytes(&RSA_PAIR.n), hs: Bytes::default(), e: bytes(&[1, 0, 1]) }
                    }
                    KeyKind::OkamotoUchiyama { bits: 3072 } => {
                        PublicKey { n: bytes(&SUM_PAIR.n), hs: bytes(&SUM_PAIR.g), e: Bytes::default() }
                    }
                    KeyKind::ElGamal => alone(&CURVE_KEY.public().to_bytes()),
                    KeyKind::DiffieHellman { group: Group::Ffdhe2048 } => {
                        alone(&GROUP_KEY.public_value(&group()).to_be())
                    }
                    kind => return Reply::Refused(Refusal::Invalid(text(&format!("{} bits", kind.bits())))),
                };
                let id = self::name(&format!("{:016x}", keys.len()));
                let imported = false;
                let info = KeyInfo {
                    id,
                    owner,
                    name,
                    kind,
                    operations,
                    created: 1,
                    uses: 0,
                    limits,
                    private_uses: 0,
                    public,
                    imported,
                    state: KeyState::Usable,
                };
                keys.push(info.clone());
                Reply::Key(info)
            }
            // What keyd checks of it is tested there.
            Request::ImportKey { owner, name, kind, public, operations } => {
                let id = self::name(&format!("{:016x}", keys.len()));
                let imported = true;
                let info = KeyInfo {
                    id,
                    owner,
                    name,
                    kind,
                    operations,
                    created: 1,
                    uses: 0,
                    limits: Limits::default(),
                    private_uses: 0,
                    public,
                    imported,
                    state: KeyState::Usable,
                };
                keys.push(info.clone());
                Reply::Key(info)
            }
            Request::FindKey { id, client } => match keys.iter().find(|k| k.id == id && k.owner == client) {
                None => Reply::Refused(Refusal::NotFound(text(&format!("{client} has no key {id:?}")))),
                Some(k) => Reply::Key(k.clone()),
            },
            // Pages of two, so that paging is done in every test with more keys.
            Request::ListKeys { owner, after } => {
                let page = keys.iter().filter(|k| k.owner == owner && k.id > after).take(2).cloned().collect();
                Reply::Keys(List::new("keys", page).unwrap())
            }
            Request::DestroyKey { id, proof } => {
                let action = Action::DestroyKey { id: id.as_str() };
                if let Err(e) = self.proved(&proof, action, &Role::ALL) {
                    return refused(e);
                }
                let own = keys.iter().position(|k| k.id == id && k.owner == proof.client);
                match own {
                    Some(at) if keys[at].limits.dual_control => self.ask_to_destroy(&keys[at]),
                    Some(at) => {
                        keys.remove(at);
                        Reply::Destroyed
                    }
                    None => Reply::Destroyed,
                }
            }
            Request::Approve { request, given, proof } => self.approve(&mut keys, &request, &given, &proof),
            Request::ListRequests { after } => self.requests_after(&after),
            Request::AskBackup { .. }
            | Request::TransportKey
            | Request::AskRestore { .. }
            | Request::FetchBackup { .. }
            | Request::RestoreKey { .. } => Reply::Refused(Refusal::Failed(text("the desk makes no backups"))),
            Request::Lease { id, client, operation } => {
                lease(keys.iter_mut().find(|k| k.id == id && k.owner == client), &id, operation)
            }
            Request::Evidence { .. } | Request::ActivateCredential { .. } | Request::SignHead { .. } => {
                Reply::Refused(Refusal::Failed(text("there is no TPM")))
            }
            Request::KeepDeviceRecord { .. } => Reply::DeviceRecordKept,
            Request::PlanSecureBoot { .. } => Reply::Planned,
            Request::SetPin { .. } => Reply::PinSet,
            Request::ResetLockout { .. } => Reply::LockoutReset,
            Request::ConsoleAuthority => self.console.authority(&self.service),
            Request::CertifyConsole { .. } | Request::People(_) => Reply::Refused(Refusal::Failed(text("no console"))),
        }
    }
}

/// What keyd does about clients, with the same core.
impl SoftwareKeyd {
    fn of_clients(&self, request: Request) -> Result<Reply, accounts::Refused> {
        let view = |v: accounts::ClientView| Client {
            name: name(&v.name),
            role: name(v.role.name()),
            serial: name(&v.serial),
            expires: v.expires,
            revoked: v.revoked,
            confirmed: v.confirmed,
            void: v.void,
        };
        match request {
            Request::Clients { after } => {
                let views = self.accounts.lock().unwrap().views();
                // Pages of two here too.
                let page = views.into_iter().filter(|v| v.serial.as_str() > after.as_str()).take(2).map(view).collect();
                Ok(Reply::Clients(List::new("clients", page).unwrap()))
            }
            Request::Challenge => Ok(Reply::Challenge(bytes(&[7; 16]))),
            Request::NewCode { name, role, code, valid_s, proof } => {
                let role = Role::parse(role.as_str()).unwrap();
                let action = Action::NewCode { name: name.as_str(), role, code: code.as_slice(), valid_s };
                self.proved(&proof, action, &[Role::Administrator])?;
                let mut accounts = self.accounts.lock().unwrap();
                let until = accounts.open_code(self.now(), name.as_str(), role, code.as_slice(), valid_s)?;
                Ok(Reply::CodeOpen { until })
            }
            Request::Enrol { name, csr, signature, valid_s, .. } => {
                let mut accounts = self.accounts.lock().unwrap();
                let (csr, signature) = (csr.as_slice(), signature.as_slice());
                let admitted = accounts.admit(self.now(), name.as_str(), csr, valid_s, signature)?;
                let (reply, issued) = self.certificate(csr, &admitted.name, admitted.role, valid_s);
                accounts.enrol(&admitted, issued)?;
                Ok(reply)
            }
            Request::Confirm { serial } => {
                self.accounts.lock().unwrap().confirm(serial.as_str()).map(|_| Reply::Confirmed)
            }
            Request::Renew { csr, valid_s, proof } => {
                self.proved(&proof, Action::Renew { csr: csr.as_slice(), valid_s }, &Role::ALL)?;
                let mut accounts = self.accounts.lock().unwrap();
                let role = accounts.role_of(proof.client.as_str())?;
                let (reply, issued) = self.certificate(csr.as_slice(), proof.client.as_str(), role, valid_s);
                accounts.renew(proof.client.as_str(), issued)?;
                Ok(reply)
            }
            Request::Revoke { serial, proof } => {
                self.proved(&proof, Action::Revoke { serial: serial.as_str() }, &[Role::Administrator])?;
                let mut accounts = self.accounts.lock().unwrap();
                accounts.revoke(proof.client.as_str(), serial.as_str()).map(|_| Reply::Revoked)
            }
            Request::CheckReader { proof } => {
                self.proved(&proof, Action::ReadAuditLog, &[Role::Administrator, Role::Auditor])?;
                Ok(Reply::Reader { name: proof.client })
            }
            other => panic!("{other:?} is not about clients"),
        }
    }

    pub(super) fn proved(&self, proof: &Proof, action: Action<'_>, roles: &[Role]) -> Result<(), accounts::Refused> {
        let Proof { client, challenge, signature } = proof;
        let claim = Claim { device_id: DEVICE_ID, client: client.as_str(), challenge: challenge.as_slice(), action };
        self.accounts.lock().unwrap().check(self.now(), &claim, signature.as_slice(), roles)
    }

    fn certificate(&self, csr: &[u8], client: &str, role: Role, valid_s: u32) -> (Reply, Issued) {
        let valid_s = if valid_s == 0 { 3600 } else { valid_s };
        let (der, serial) = self.issue(csr, client, role.name(), valid_s.into());
        let key = CertificateSigningRequestParams::from_der(&csr.into()).unwrap().public_key.der_bytes().to_vec();
        let expires = self.now() + u64::from(valid_s);
        let issued = Issued::new(serial.clone(), &key, expires);
        let client = Client {
            name: name(client),
            role: name(role.name()),
            serial: name(&serial),
            expires,
            revoked: false,
            confirmed: false,
            void: false,
        };
        (Reply::Certificate(ipc::keyd::Certificate { der: bytes(&der), client }), issued)
    }
}

struct Answering(Arc<SoftwareKeyd>);

impl Service for Answering {
    type Request = Request;
    type Reply = Reply;

    fn answer(&self, _: &Peer, request: Request, responder: Responder<Reply>) {
        // As in keyd, where the TPM has a lane of its own.
        if let Request::SignTls { message } = request {
            let keyd = self.0.clone();
            std::thread::spawn(move || {
                let _turn = keyd.signing.lock().unwrap();
                responder.send(Reply::Signature(bytes(&keyd.service.sign(message.as_slice()).unwrap())));
            });
            return;
        }
        responder.send(self.0.answer(request));
    }

    fn refuse(&self, _: &Peer, call: &'static str) -> Reply {
        panic!("{call} was asked for, which nobody grants")
    }

    fn refuse_unreadable(&self, _: &Peer) -> Reply {
        panic!("a request that cannot be read")
    }

    fn gone(&self, _: &Peer) {}
}

fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

pub(super) fn name(text: &str) -> Name {
    Name::new("a name", text).unwrap()
}

pub(super) fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::shortened(text)
}

fn bytes<const MAX: usize>(bytes: &[u8]) -> Bytes<MAX> {
    Bytes::new("bytes", bytes).unwrap()
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Coffer box authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params
}

fn rand_byte() -> u8 {
    use ring::rand::{SecureRandom, SystemRandom};
    let mut byte = [0];
    SystemRandom::new().fill(&mut byte).unwrap();
    byte[0]
}

fn alone(number: &[u8]) -> PublicKey {
    PublicKey { n: bytes(number), hs: Bytes::default(), e: Bytes::default() }
}
