//! keyd's protocol with keys in memory.

use std::os::fd::OwnedFd;
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;

use ipc::keyd::PublicKey;
use ipc::keyd::*;
use ipc::{Channel, ChannelError};
use rcgen::*;
use secrets::Secret;
use time::{Duration, OffsetDateTime};

/// One pair of a kind for all tests of a process: making one takes the longest.
static PAIR: LazyLock<he::KeyPair> = LazyLock::new(|| he::generate(2048).unwrap());
static RSA_PAIR: LazyLock<he::rsa::KeyPair> = LazyLock::new(|| he::rsa::generate(2048).unwrap());

pub struct SoftwareKeyd {
    authority: KeyPair,
    service: KeyPair,
    pub authority_der: Vec<u8>,
    service_der: Vec<u8>,
    keys: Mutex<Vec<KeyInfo>>,
}

impl SoftwareKeyd {
    pub fn new() -> Arc<SoftwareKeyd> {
        let (authority, service) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let authority_der = authority_params().self_signed(&authority).unwrap().der().to_vec();
        let issuer = Issuer::new(authority_params(), &authority);
        let mut params = CertificateParams::new(vec!["coffer".to_string()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let service_der = params.signed_by(&service, &issuer).unwrap().der().to_vec();
        Arc::new(SoftwareKeyd { authority, service, authority_der, service_der, keys: Mutex::new(Vec::new()) })
    }

    /// A thread that answers on the other end.
    pub fn serve(self: &Arc<Self>) -> OwnedFd {
        let (ours, theirs) = Channel::pair().unwrap();
        let (keyd, channel) = (self.clone(), Channel::from_fd(ours));
        thread::spawn(move || {
            loop {
                match channel.receive::<Request>() {
                    Ok(request) => {
                        if channel.send(&keyd.answer(request)).is_err() {
                            return;
                        }
                    }
                    Err(ChannelError::Closed) => return,
                    Err(e) => panic!("{e}"),
                }
            }
        });
        theirs
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
        params.not_before = OffsetDateTime::now_utc() - Duration::minutes(5) + Duration::seconds(valid_s.min(0));
        params.not_after = OffsetDateTime::now_utc() + Duration::seconds(valid_s);
        request.params = params;
        let issuer = Issuer::new(authority_params(), &self.authority);
        let der = request.signed_by(&issuer).unwrap().der().to_vec();
        (der, data_encoding::HEXLOWER.encode(&serial))
    }

    fn answer(&self, request: Request) -> Reply {
        let mut keys = self.keys.lock().unwrap();
        match request {
            Request::Identity => Reply::Identity(Identity {
                device_id: "0011223344556677".into(),
                authority: self.authority_der.clone(),
                service: self.service_der.clone(),
            }),
            Request::SignTls { message } => Reply::Signature(self.service.sign(&message).unwrap()),
            Request::IssueClientCertificate { csr, client, role, valid_s } => {
                let (der, serial) = self.issue(&csr, &client, &role, valid_s.into());
                Reply::Certificate { der, serial }
            }
            Request::CreateKey { owner, name, kind, operations } => {
                let public = match kind {
                    KeyKind::Paillier { .. } => PublicKey { n: PAIR.n.clone(), hs: PAIR.hs.clone(), e: vec![] },
                    KeyKind::Rsa { .. } => PublicKey { n: RSA_PAIR.n.clone(), hs: vec![], e: vec![1, 0, 1] },
                };
                let id = format!("{:016x}", keys.len());
                let imported = false;
                let info = KeyInfo { id, owner, name, kind, operations, created: 1, uses: 0, public, imported };
                keys.push(info.clone());
                Reply::Key(info)
            }
            // What keyd checks of it is tested there.
            Request::ImportKey { owner, name, public, operations } => {
                let bits = public.n.len() as u32 * 8;
                let kind = if public.e.is_empty() { KeyKind::Paillier { bits } } else { KeyKind::Rsa { bits } };
                let id = format!("{:016x}", keys.len());
                let imported = true;
                let info = KeyInfo { id, owner, name, kind, operations, created: 1, uses: 0, public, imported };
                keys.push(info.clone());
                Reply::Key(info)
            }
            Request::FindKey { id, client } => match keys.iter().find(|k| k.id == id && k.owner == client) {
                None => Reply::Refused(Refusal::NotFound(format!("{client} has no key {id:?}"))),
                Some(k) => Reply::Key(k.clone()),
            },
            // Pages of two, so that paging is done in every test with more keys.
            Request::ListKeys { owner, after } => {
                Reply::Keys(keys.iter().filter(|k| k.owner == owner && k.id > after).take(2).cloned().collect())
            }
            Request::DestroyKey { id } => {
                keys.retain(|k| k.id != id);
                Reply::Destroyed
            }
            Request::Lease { id, client, operation } => match keys.iter().find(|k| k.id == id && k.owner == client) {
                None => Reply::Refused(Refusal::NotFound(id)),
                Some(k) if !k.operations.contains(&operation) => Reply::Refused(Refusal::NotAllowed(id)),
                Some(k) => {
                    let copy = |s: &Secret| Secret::copy_of(s.expose());
                    let (p, q) = match k.kind {
                        KeyKind::Paillier { .. } => (&PAIR.p, &PAIR.q),
                        KeyKind::Rsa { .. } => (&RSA_PAIR.p, &RSA_PAIR.q),
                    };
                    let private = matches!(operation, Operation::Decrypt | Operation::Sign)
                        .then(|| Primes { p: copy(p), q: copy(q) });
                    Reply::Lease(Lease { info: k.clone(), private })
                }
            },
            Request::Quote { nonce } => Reply::Quote(Quote {
                attest: nonce,
                signature: vec![1],
                attestation_key: vec![2],
                pcrs: vec![(11, vec![0; 32])],
            }),
        }
    }
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
