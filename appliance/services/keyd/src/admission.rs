//! Requests about clients: codes, certificates, revocation, proofs. What a client alone may want it must have signed.

use accounts::statement::{Action, Claim};
use accounts::{Certificate, PairingCode, Refused, Role};
use ipc::auditd::Weight;
use ipc::keyd::{CLIENTS_LISTED, Client, Proof, Reply, Request};
use ipc::{Bytes, List, Name, Peer, Responder};
use serde_json::json;
use zeroize::Zeroizing;

use crate::error::{busy, invalid};
use crate::identity::{ClientCertificate, Issued};
use crate::locked::lock;
use crate::serve::{Keyd, send};
use crate::vault::random;
use crate::{KeydError, now};

/// Who may have keys and jobs.
pub(crate) const USERS: &[Role] = &[Role::Administrator, Role::Operator];
/// How long a code that the screen shows is good, in seconds: at first, until somebody comes; later, while somebody stands there.
const FIRST_CODE_S: u32 = 7 * 24 * 3600;
const SCREEN_CODE_S: u32 = 3600;
const ADMINISTRATOR: &str = "administrator";
/// Names for administrators that are made at the screen.
const NUMBERS_MAX: u32 = 10_000;
const VALID_DEFAULT_S: u32 = 365 * 24 * 3600;

impl Keyd {
    /// If no administrator has a certificate that counts: the lines with a code for one.
    pub fn first_code(&self) -> Result<Option<[String; 2]>, KeydError> {
        self.follow_clock()?;
        if self.is_unprovisioned() { self.screen_code_for(FIRST_CODE_S).map(Some) } else { Ok(None) }
    }

    /// The lines with a code for one more administrator, for whoever stands before the box.
    pub fn screen_code(&self) -> Result<[String; 2], KeydError> {
        self.follow_clock()?;
        self.screen_code_for(SCREEN_CODE_S)
    }

    /// That the proof is for this action, by a client in force with one of these roles. Its challenge is used up.
    pub(crate) fn proved(&self, proof: &Proof, action: Action<'_>, roles: &[Role]) -> Result<(), KeydError> {
        let Proof { client, challenge, signature } = proof;
        if !lock(&self.0.challenges).use_up(challenge.as_slice(), self.steady_s()) {
            return Err(crate::error::not_allowed("the proof's challenge was not given out, was used, or has expired"));
        }
        let claim = Claim {
            device_id: self.0.certificates.device_id.as_str(),
            client: client.as_str(),
            challenge: challenge.as_slice(),
            action,
        };
        Ok(self.0.members.look(|a| a.check(now(), &claim, signature.as_slice(), roles))?)
    }

    pub(crate) fn answer_of_clients(&self, peer: &Peer, request: Request, responder: Responder<Reply>) {
        let name = peer.name();
        match request {
            Request::Clients { after } => send(responder, self.clients(after.as_str())),
            Request::Challenge => send(responder, self.challenge()),
            Request::NewCode { name: client, role, code, valid_s, proof } => {
                let checked = self.check_new_code(&client, &role, code.as_slice(), valid_s, &proof);
                let role = match checked {
                    Ok(role) => role,
                    Err(e) => return send(responder, Err(e)),
                };
                let detail = json!({ "name": client.as_str(), "role": role.name(), "valid_s": valid_s });
                let (keyd, peer) = (self.clone(), name.to_string());
                self.recorded(Weight::Work, &proof.client, "new pairing code", &detail, responder, move |responder| {
                    keyd.in_lane(
                        |h| &h.files,
                        &peer,
                        responder,
                        move |keyd, ()| {
                            let opened = keyd
                                .0
                                .members
                                .change(|a| a.open_code(now(), client.as_str(), role, code.as_slice(), valid_s));
                            opened.map(|until| Reply::CodeOpen { until })
                        },
                    );
                });
            }
            Request::Enrol { name: client, csr, signature, valid_s, address } => {
                let admitted = self.admitted(client.as_str(), csr.as_slice(), signature.as_slice(), valid_s, &address);
                let admitted = match admitted {
                    Ok(admitted) => admitted,
                    Err(e) => return send(responder, Err(e)),
                };
                let detail = json!({ "role": admitted.role.name(), "valid_s": valid_s, "address": address.as_str() });
                let (keyd, peer, client) = (self.clone(), name.to_string(), Name::shortened(&admitted.name));
                self.recorded(Weight::Work, &client, "enrol", &detail, responder, move |responder| {
                    keyd.in_lane(
                        |h| &h.tpm,
                        &peer,
                        responder,
                        move |keyd, tpm| {
                            let (client, role) = (admitted.name.as_str(), admitted.role.name());
                            let wanted =
                                ClientCertificate { csr: csr.as_slice(), client, role, valid_s: or_default(valid_s) };
                            let issued = keyd.0.identity.issue_client(tpm, &wanted)?;
                            let expires = now() + u64::from(or_default(valid_s));
                            let certificate = certificate_of(&issued, expires);
                            keyd.0.members.change(|a| a.enrol(&admitted, certificate))?;
                            keyd.clients_changed();
                            certificate_reply(issued, client, admitted.role, expires)
                        },
                    );
                });
            }
            Request::Confirm { serial } => {
                let (keyd, peer, detail) = (self.clone(), name.to_string(), json!({ "serial": serial.as_str() }));
                let action = "certificate in use";
                self.recorded(Weight::Relief, &Name::default(), action, &detail, responder, move |responder| {
                    keyd.in_lane(
                        |h| &h.files,
                        &peer,
                        responder,
                        move |keyd, ()| {
                            if keyd.0.members.change(|a| a.confirm(serial.as_str()))? {
                                keyd.clients_changed();
                            }
                            Ok(Reply::Confirmed)
                        },
                    );
                });
            }
            Request::Renew { csr, valid_s, proof } => {
                let action = Action::Renew { csr: csr.as_slice(), valid_s };
                if let Err(e) = self.proved(&proof, action, &Role::ALL) {
                    return send(responder, Err(e));
                }
                let (keyd, peer, detail) = (self.clone(), name.to_string(), json!({ "valid_s": valid_s }));
                let client = proof.client;
                self.recorded(
                    Weight::Work,
                    &client.clone(),
                    "renew certificate",
                    &detail,
                    responder,
                    move |responder| {
                        keyd.in_lane(
                            |h| &h.tpm,
                            &peer,
                            responder,
                            move |keyd, tpm| {
                                let role = keyd.0.members.look(|a| a.role_of(client.as_str()))?;
                                let (csr, valid_s) = (csr.as_slice(), or_default(valid_s));
                                let wanted =
                                    ClientCertificate { csr, client: client.as_str(), role: role.name(), valid_s };
                                let issued = keyd.0.identity.issue_client(tpm, &wanted)?;
                                let expires = now() + u64::from(valid_s);
                                let certificate = certificate_of(&issued, expires);
                                keyd.0.members.change(|a| a.renew(client.as_str(), certificate))?;
                                keyd.clients_changed();
                                certificate_reply(issued, client.as_str(), role, expires)
                            },
                        );
                    },
                );
            }
            Request::Revoke { serial, proof } => {
                let action = Action::Revoke { serial: serial.as_str() };
                if let Err(e) = self.proved(&proof, action, &[Role::Administrator]) {
                    return send(responder, Err(e));
                }
                self.revoked(name, proof.client, serial, Reply::Revoked, responder);
            }
            Request::CheckReader { proof } => {
                let readers = &[Role::Administrator, Role::Auditor];
                let proved = self.proved(&proof, Action::ReadAuditLog, readers);
                send(responder, proved.map(|()| Reply::Reader { name: proof.client }));
            }
            Request::CheckTicket { ticket } => {
                let reader = lock(&self.0.tickets).use_up(&ticket, self.steady_s());
                let none = || crate::error::not_allowed("the ticket was not given out, was used, or has expired");
                send(responder, reader.map(|name| Reply::Reader { name }).ok_or_else(none));
            }
            // `Keyd::answer` sends these elsewhere.
            _ => send(responder, Err(crate::error::not_found("no such request"))),
        }
    }

    /// At the word of somebody who may, with a line in the log.
    pub(crate) fn revoked(&self, peer: &str, by: Name, serial: Name, reply: Reply, responder: Responder<Reply>) {
        let (keyd, peer, detail) = (self.clone(), peer.to_string(), json!({ "serial": serial.as_str() }));
        self.recorded(Weight::Relief, &by.clone(), "revoke client", &detail, responder, move |responder| {
            keyd.in_lane(
                |h| &h.files,
                &peer,
                responder,
                move |keyd, ()| {
                    keyd.0.members.change(|a| a.revoke(by.as_str(), serial.as_str()))?;
                    keyd.clients_changed();
                    Ok(reply)
                },
            );
        });
    }

    /// Codes are open for as long as was said, whatever becomes of the clock: it may be set by people, or by the network's time.
    pub(crate) fn follow_clock(&self) -> Result<(), KeydError> {
        let jumped = lock(&self.0.clock).jumped(now(), self.steady_s());
        let Some(by_s) = jumped else { return Ok(()) };
        self.0.audit.record(Weight::Relief, &Name::default(), "clock set", &json!({ "by_s": by_s }), drop);
        self.0.members.change(|a| {
            a.shift_codes(by_s);
            Ok(())
        })
    }

    fn clients(&self, after: &str) -> Result<Reply, KeydError> {
        let views = self.0.members.look(|a| a.views());
        let later = views.into_iter().filter(|v| v.serial.as_str() > after).take(CLIENTS_LISTED);
        let clients: Result<Vec<Client>, KeydError> = later
            .map(|v| {
                Ok(Client {
                    name: Name::new("a client's name", v.name)?,
                    role: Name::shortened(v.role.name()),
                    serial: Name::new("a serial number", v.serial)?,
                    expires: v.expires,
                    revoked: v.revoked,
                    confirmed: v.confirmed,
                    void: v.void,
                })
            })
            .collect();
        Ok(Reply::Clients(List::new("clients", clients?)?))
    }

    fn challenge(&self) -> Result<Reply, KeydError> {
        let nonce = random::<16>()?;
        lock(&self.0.challenges).give(nonce, self.steady_s());
        Ok(Reply::Challenge(Bytes::new("a challenge", nonce)?))
    }

    fn check_new_code(
        &self,
        client: &Name,
        role: &Name,
        code: &[u8],
        valid_s: u32,
        proof: &Proof,
    ) -> Result<Role, KeydError> {
        let role = Role::parse(role.as_str()).ok_or_else(|| invalid(format!("there is no role {role:?}")))?;
        if code.len() != 32 {
            return Err(invalid(format!("a code's public key has 32 bytes, not {}", code.len())));
        }
        let action = Action::NewCode { name: client.as_str(), role, code, valid_s };
        self.follow_clock()?;
        self.proved(proof, action, &[Role::Administrator])?;
        if role == Role::Administrator && self.is_separated() {
            return Err(crate::error::not_allowed(
                "three administrators exclude each other here: no program is all of them",
            ));
        }
        self.check_unowned(client.as_str())?;
        Ok(role)
    }

    /// A name that owns keys is somebody's, whatever became of its account.
    pub(crate) fn check_unowned(&self, name: &str) -> Result<(), KeydError> {
        let is_known = self.0.members.look(|a| a.is_in_force(name));
        if !is_known && lock(&self.0.keys).has_owner(name) {
            return Err(Refused::Taken { name: name.into() }.into());
        }
        Ok(())
    }

    fn admitted(
        &self,
        name: &str,
        csr: &[u8],
        signature: &[u8],
        valid_s: u32,
        address: &Name,
    ) -> Result<accounts::Admitted, KeydError> {
        if lock(&self.0.limiter).admit(address.as_str(), self.now_ms()).is_err() {
            self.0.audit.count("enrolment not looked at: too many", address);
            return Err(busy("too many attempts to enrol: come again in a moment"));
        }
        self.follow_clock()?;
        let admitted = self.0.members.look(|a| a.admit(now(), name, csr, valid_s, signature));
        let admitted =
            admitted.and_then(|admitted| match admitted.role == Role::Administrator && self.is_separated() {
                true => Err(Refused::WrongCode),
                false => Ok(admitted),
            });
        if let Ok(admitted) = &admitted {
            // One code, one way in.
            lock(&self.0.reception.presence).used(&admitted.code_key());
        }
        if let Err(e) = &admitted {
            let action = if *e == Refused::WrongCode { "wrong pairing code" } else { "enrolment refused" };
            self.0.audit.count(action, address);
        }
        Ok(admitted?)
    }

    fn screen_code_for(&self, valid_s: u32) -> Result<[String; 2], KeydError> {
        let code = PairingCode::new(self.0.identity.pin()?, &Zeroizing::new(random()?));
        let key = code.key().ok_or(KeydError::Random)?.public();
        if self.0.members.look(|a| a.is_full()) {
            return Err(Refused::Full.into());
        }
        lock(&self.0.reception.presence).shows(key, self.steady_s() + u64::from(valid_s));
        let for_the_console = "the console takes its last three groups for a proof that you stand before the box";
        if self.is_separated() {
            // Three administrators exclude each other: no program is all of them, whoever stands before the box.
            self.0.audit.record(Weight::Relief, &Name::default(), "code on the screen", &json!({}), drop);
            return Ok([format!("pairing code {}", *code.to_text()), for_the_console.into()]);
        }
        let name = self.free_name();
        self.0.members.change(|a| a.open_code(now(), &name, Role::Administrator, &key, valid_s))?;
        let detail = json!({ "name": name, "role": ADMINISTRATOR, "valid_s": valid_s });
        // Whoever stands before the box is let in whether the log can be written or not.
        self.0.audit.record(Weight::Relief, &Name::default(), "pairing code on the screen", &detail, drop);
        let about = format!("it makes the client \"{name}\" an administrator, once, within {} hours", valid_s / 3600);
        Ok([format!("pairing code {}", *code.to_text()), about])
    }

    fn free_name(&self) -> String {
        let numbered = (2..NUMBERS_MAX).map(|n| format!("{ADMINISTRATOR}-{n}"));
        let mut names = std::iter::once(ADMINISTRATOR.to_string()).chain(numbered);
        let is_free = |name: &String| self.0.members.look(|a| a.is_free(name)) && self.check_unowned(name).is_ok();
        names.find(is_free).unwrap_or_else(|| ADMINISTRATOR.into())
    }
}

fn certificate_of(issued: &Issued, expires: u64) -> Certificate {
    Certificate::new(issued.serial.clone(), &issued.key, expires).described(&issued.der, now())
}

fn certificate_reply(issued: Issued, name: &str, role: Role, expires: u64) -> Result<Reply, KeydError> {
    let client = Client {
        name: Name::new("a client's name", name)?,
        role: Name::shortened(role.name()),
        serial: Name::new("a serial number", issued.serial)?,
        expires,
        revoked: false,
        confirmed: false,
        void: false,
    };
    Ok(Reply::Certificate(ipc::keyd::Certificate { der: Bytes::new("a certificate", issued.der)?, client }))
}

/// Of a certificate's validity: 0 is a year.
fn or_default(valid_s: u32) -> u32 {
    if valid_s == 0 { VALID_DEFAULT_S } else { valid_s }
}
