//! Every call that changes something, dropped at each of its steps: what it did is whole.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use accounts::statement::{Action, Claim, enrolment, proof};
use accounts::{CodeKey, PairingCode, Role};
use engine::Engine;
use http_body_util::{BodyExt, Full};
use proto::v1::job_header::Operation;
use proto::v1::submit_request::Part;
use proto::v1::*;
use zeroize::Zeroizing;

use super::*;
use crate::shared::Shared;
use crate::support::client::{self, Credentials, header};
use crate::support::keyd::{DEVICE_ID, SoftwareKeyd};
use crate::support::{InProcess, WAIT};

struct Desk {
    shared: Arc<Shared>,
    caller: Caller,
    folder: tempfile::TempDir,
    credentials: Credentials,
    box_: InProcess,
}

impl Desk {
    async fn new() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let box_ = InProcess::start(folder.path(), &SoftwareKeyd::new(), Engine::without_card("none"));
        let credentials = client::enrol(box_.enrolment, &box_.code("admin"), "admin").await.unwrap();
        client::probe(box_.service, Some(&credentials)).await.unwrap();
        let shared = box_.running.as_ref().unwrap().shared().clone();
        let serial = shared.clients.list()[0].serial.clone();
        let peer = Some(Peer { name: "admin".into(), serial });
        let caller = Caller { peer, address: ([127, 0, 0, 1], 1).into(), hangup: Hangup::default() };
        Desk { shared, caller, folder, credentials, box_ }
    }

    fn endpoint(&self, path: &str) -> Endpoint {
        match path.contains("Enrolment") {
            true => Endpoint::enrolment(&self.shared).unwrap(),
            false => Endpoint::service(&self.shared).unwrap(),
        }
    }

    /// The call, or what is left of it after so many polls.
    async fn call<M: prost::Message>(&self, path: &str, messages: &[M], polls: usize) -> Option<Vec<u8>> {
        let frame = |m: &M| [vec![0], (m.encoded_len() as u32).to_be_bytes().to_vec(), m.encode_to_vec()].concat();
        let bytes: Vec<u8> = messages.iter().flat_map(frame).collect();
        let request = Request::builder().method("POST").uri(format!("http://coffer/coffer.v1.{path}"));
        let request = request.header("content-type", "application/grpc").header("te", "trailers");
        let request = request.body(Body::new(Full::from(bytes))).unwrap();
        let mut call = pin!(answer(self.endpoint(path), self.caller.clone(), request));
        let mut polled = 0;
        let answered = poll_fn(|cx| {
            polled += 1;
            match call.as_mut().poll(cx) {
                Poll::Ready(answer) => Poll::Ready(Some(answer)),
                Poll::Pending if polled >= polls => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            }
        });
        let body = answered.await?.into_body().collect().await.unwrap();
        Some(body.to_bytes().get(5..).unwrap_or_default().to_vec())
    }

    /// As [`Desk::call`], to its end.
    async fn done<M: prost::Message, A: prost::Message + Default>(&self, path: &str, message: M) -> A {
        let answer = self.call(path, &[message], usize::MAX).await.unwrap();
        A::decode(answer.as_slice()).unwrap()
    }

    /// What is on the disk is one whole chain, goes on, and is what the service knows.
    async fn check(&self, what: &str) {
        let until = std::time::Instant::now() + WAIT;
        while !self.shared.working.is_empty() {
            assert!(std::time::Instant::now() < until, "{what}: a call goes on for ever");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.shared.audit.work("", "test", serde_json::json!({})).await.unwrap();
        let log = crate::support::log(self.folder.path());
        let checked = log.lines().try_fold(audit_log::Head::default(), |head, line| head.check(line));
        assert!(checked.is_ok(), "{what}: {:?}", checked.err());
        let known = self.shared.clients.list();
        self.shared.clients.read().await.unwrap();
        assert_eq!(self.shared.clients.list(), known, "{what}");
        let folders = std::fs::read_dir(self.folder.path().join("jobs")).unwrap();
        let on_disk: BTreeSet<_> = folders.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
        let known: BTreeSet<_> = self.shared.jobs.list(None).iter().map(|j| j.record().id.clone()).collect();
        assert_eq!(on_disk, known, "{what}");
        for id in known {
            let accepted = |line: &str| line.contains("\"job accepted\"") && line.contains(&id);
            assert!(log.lines().any(accepted), "{what}: job {id} is not in the log");
        }
    }

    async fn proved(&self, action: Action<'_>) -> Option<Proof> {
        let challenge = self.done::<_, Challenge>("Coffer/GetChallenge", GetChallengeRequest {}).await.challenge;
        let claim = Claim { device_id: DEVICE_ID, client: "admin", challenge: &challenge, action };
        let key = rcgen::KeyPair::try_from(self.credentials.key.as_slice()).unwrap();
        let signature = rcgen::SigningKey::sign(&key, &proof(&claim)).unwrap();
        Some(Proof { challenge, signature })
    }

    async fn invitation(&self, name: &str, code: &CodeKey) -> NewPairingCodeRequest {
        let (code_key, valid_s) = (code.public(), 3600);
        let action = Action::NewCode { name, role: Role::Operator, code: &code_key, valid_s };
        let (proof, role, client_name) = (self.proved(action).await, "operator".into(), name.into());
        NewPairingCodeRequest { role, client_name, code_key: code_key.to_vec(), valid_s, proof }
    }

    /// A request of somebody who was invited under this name.
    async fn enrolling(&self, name: String, code: &CodeKey) -> EnrolRequest {
        let invitation = self.invitation(&name, code).await;
        self.done::<_, NewPairingCodeResponse>("Coffer/NewPairingCode", invitation).await;
        let certificate_request = client::new_key().1;
        let code_signature = code.sign(&enrolment(&certificate_request, 3600)).to_vec();
        EnrolRequest { code_signature, certificate_request, client_name: name, valid_s: 3600 }
    }

    /// Drops the call after one poll, after two, and so on, until it is answered. `prepare` makes a fresh request.
    async fn at_every_step<M: prost::Message>(&self, path: &str, mut prepare: impl AsyncFnMut() -> Vec<M>) {
        for polls in 1.. {
            let messages = prepare().await;
            let answered = self.call(path, &messages, polls).await.is_some();
            self.check(&format!("{path} after {polls} polls")).await;
            if answered {
                return;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_dropped_at_any_step_changes_nothing_or_everything() {
    let desk = Desk::new().await;
    let key = || CreateKeyRequest { name: "k".into(), paillier_bits: 2048, ..Default::default() };
    let key_id = desk.done::<_, Key>("Coffer/CreateKey", key()).await.id;
    let operation = Operation::Encrypt(Encrypt { key_id, ..Default::default() });
    let job = || {
        let first = Part::Header(header(operation.clone(), 1, 1, ""));
        [first, Part::Chunk(vec![0; 8])].map(|part| SubmitRequest { part: Some(part) }).to_vec()
    };
    let submitted = async || {
        let answer = desk.call("Coffer/Submit", &job(), usize::MAX).await.unwrap();
        <Job as prost::Message>::decode(answer.as_slice()).unwrap().id
    };
    let ended = async || {
        let id = submitted().await;
        let until = std::time::Instant::now() + WAIT;
        while !desk.shared.jobs.find("admin", &id).unwrap().record().state.has_ended() {
            assert!(std::time::Instant::now() < until);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        id
    };
    desk.at_every_step("Coffer/CreateKey", async || vec![key()]).await;
    desk.at_every_step("Coffer/DestroyKey", async || {
        let id = desk.done::<_, Key>("Coffer/CreateKey", key()).await.id;
        let proof = desk.proved(Action::DestroyKey { id: &id }).await;
        vec![DestroyKeyRequest { id, proof }]
    })
    .await;
    desk.at_every_step("Coffer/Submit", async || job()).await;
    desk.at_every_step("Coffer/CancelJob", async || vec![JobId { id: submitted().await }]).await;
    desk.at_every_step("Coffer/DeleteJob", async || vec![JobId { id: ended().await }]).await;
    desk.at_every_step("Coffer/FetchResult", async || vec![JobId { id: ended().await }]).await;
    desk.at_every_step("Coffer/GetAudit", async || {
        vec![GetAuditRequest { from: 0, proof: desk.proved(Action::ReadAuditLog).await }]
    })
    .await;
    let random = |number: u8| std::array::from_fn(|i| if i == 0 { number } else { number >> 5 });
    let code = |number| PairingCode::new([0; 10], &Zeroizing::new(random(number))).key().unwrap();
    desk.at_every_step("Coffer/NewPairingCode", async || vec![desk.invitation("somebody", &code(31)).await]).await;
    let mut number = 0;
    desk.at_every_step("Enrolment/Enrol", async || {
        number += 1;
        vec![desk.enrolling(format!("client-{number}"), &code(number)).await]
    })
    .await;
    desk.at_every_step("Coffer/RevokeClient", async || {
        number += 1;
        let name = format!("client-{number}");
        desk.done::<_, EnrolResponse>("Enrolment/Enrol", desk.enrolling(name.clone(), &code(number)).await).await;
        let serial = desk.shared.clients.list().iter().find(|c| c.name == name).unwrap().serial.clone();
        let proof = desk.proved(Action::Revoke { serial: &serial }).await;
        vec![RevokeClientRequest { serial, proof }]
    })
    .await;
    drop(desk.box_);
}
