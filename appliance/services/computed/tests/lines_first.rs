//! A power cut between a line of the audit log and what it tells of: the line is there first, so that nothing is done without one.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod support;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use box_state::BoxState;
use engine::Engine;
use ipc::auditd::{Refusal, Reply, Request};
use ipc::{Channel, Peer, Responder, Service, Text};
use proto::v1::job_header::Operation;
use proto::v1::*;
use support::InProcess;
use support::client::{self, header, submit, watch};
use support::keyd::SoftwareKeyd;

/// An auditd that looks, before it answers for a line, how many jobs a power cut would leave.
struct Looking {
    jobs: PathBuf,
    seen: Mutex<Vec<(String, usize)>>,
}

impl Service for Looking {
    type Request = Request;
    type Reply = Reply;

    fn answer(&self, _: &Peer, request: Request, responder: Responder<Reply>) {
        let Request::Record { action, .. } = request else { return responder.send(Reply::Counted) };
        let folders = std::fs::read_dir(&self.jobs).into_iter().flatten();
        let jobs = folders.filter(|folder| folder.as_ref().unwrap().path().join("job.json").exists()).count();
        self.seen.lock().unwrap().push((action.as_str().into(), jobs));
        responder.send(Reply::Recorded { number: 0 });
    }

    fn refuse(&self, _: &Peer, call: &'static str) -> Reply {
        Reply::Refused(Refusal::NotAllowed(Text::shortened(call)))
    }

    fn refuse_unreadable(&self, _: &Peer) -> Reply {
        Reply::Refused(Refusal::Invalid(Text::shortened("unreadable")))
    }

    fn gone(&self, _: &Peer) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_on_the_disk_after_its_line_and_goes_after_the_line_of_its_deletion() {
    let (folder, keyd) = (tempfile::tempdir().unwrap(), SoftwareKeyd::new());
    let looking = Arc::new(Looking { jobs: folder.path().join("jobs"), seen: Mutex::default() });
    let (ours, theirs) = Channel::pair().unwrap();
    let peer = Peer::new("computed", ["record", "count", "read"].map(String::from));
    ipc::serve(Channel::from_fd(theirs), peer, looking.clone()).unwrap();
    let (state, engine) = (BoxState::Operational, Engine::without_card("none"));
    let box_ = InProcess::start_beside(Channel::from_fd(ours), state, folder.path(), &keyd, engine);

    let credentials = client::enrol(box_.enrolment, &box_.code("admin"), "admin").await.unwrap();
    let mut admin = client::connect(box_.service, Some(&credentials)).await.unwrap();
    let key = CreateKeyRequest { name: "k".into(), paillier_bits: 2048, ..Default::default() };
    let key_id = admin.create_key(key).await.unwrap().into_inner().id;
    let encrypt = Operation::Encrypt(Encrypt { key_id, ..Default::default() });
    let job = submit(&mut admin, header(encrypt, 1, 1, ""), &[0; 8]).await.unwrap();
    watch(&mut admin, &job.id).await;
    admin.delete_job(JobId { id: job.id }).await.unwrap();

    let seen = looking.seen.lock().unwrap().clone();
    let jobs_at = |wanted: &str| seen.iter().find(|(action, _)| action == wanted).map(|(_, jobs)| *jobs);
    assert_eq!(jobs_at("job accepted"), Some(0), "{seen:?}");
    assert_eq!(jobs_at("delete job"), Some(1), "{seen:?}");
}
