//! Budgets, and what a job that comes or goes does to the others.

use super::*;
use crate::limits;
use crate::work::Work;

fn opened(folder: &Path) -> Arc<Jobs> {
    Arc::new(Jobs::open(folder, Files::start().unwrap().0).unwrap().0)
}

fn spec(operand_job: Option<String>) -> Spec {
    Spec { work: Work::RowSums { key_id: "k".into() }, rows: 1, columns: 1, operand_job }
}

/// An ended job with so many bytes of result.
fn done(jobs: &Jobs, client: &str, bytes: u64) -> Arc<Job> {
    let job = jobs.announce(client, spec(None), 0, 0).unwrap();
    jobs.spool.seal(&job, None).unwrap();
    jobs.arrived(&job);
    let id = jobs.queue.next(Duration::ZERO, |_| true).unwrap();
    jobs.queue.with(|plan| plan.ended(&id, bytes, now()));
    jobs.spool.update(&job, |r| (r.state, r.kept_bytes, r.ended) = (State::Done, bytes, now())).unwrap();
    job
}

#[test]
fn a_clients_results_have_a_share_of_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let kept = limits::KEPT_BYTES_CLIENT - 10;
    let job = done(&opened(folder.path()), "a", kept);
    // After a restart too.
    let jobs = opened(folder.path());
    assert_eq!((jobs.kept_bytes(Some("a")), jobs.kept_bytes(Some("b")), jobs.kept_bytes(None)), (kept, 0, kept));
    let refused = jobs.announce("a", spec(None), 11, 0).err().unwrap();
    assert_eq!(refused.code(), tonic::Code::FailedPrecondition);
    assert!(refused.message().contains("delete some jobs"));
    // What is announced counts, and no more once it does not come.
    let coming = jobs.announce("a", spec(None), 10, 0).unwrap();
    assert!(jobs.announce("a", spec(None), 1, 0).is_err() && jobs.announce("b", spec(None), 11, 0).is_ok());
    jobs.withdraw_arriving(&coming);
    assert!(jobs.announce("a", spec(None), 10, 0).is_ok());
    jobs.delete(&jobs.find("a", &job.record().id).unwrap(), |_| ()).unwrap();
    assert!(jobs.announce("a", spec(None), 11, 0).is_ok());
}

#[test]
fn a_result_that_a_coming_job_names_is_not_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = opened(folder.path());
    let job = done(&jobs, "a", 8);
    let coming = jobs.announce("a", spec(Some(job.record().id.clone())), 8, 0).unwrap();
    assert!(jobs.delete(&job, |_| ()).unwrap_err().message().contains("needs its result"));
    jobs.withdraw_arriving(&coming);
    jobs.delete(&job, |_| ()).unwrap();
    assert!(jobs.find("a", &job.record().id).is_err());
}
