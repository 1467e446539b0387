//! Jobs whose executor does what the test says, and what time and clients do to them.

use std::sync::mpsc;
use std::time::Duration;

use engine::Engine;
use job_queue::Seconds;

use super::*;
use crate::audit::{Audit, now};
use crate::executors::Executor;
use crate::keeping::Keeper;
use crate::keyd::Keyd;
use crate::layout::Layout;
use crate::record::Kind;
use crate::request::Spec;
use crate::runtime::Files;
use crate::support::keyd::SoftwareKeyd;
use crate::work::Work;

const LAYOUT: Layout =
    Layout { needs: &[], operand_bytes: 8, takes_ciphertexts: false, rows: 1, columns: 1, item_bytes: 8 };

/// What the test has it do with each job that it is given.
enum Step {
    Done,
    Park(Seconds),
    /// Until it is told to stop.
    UntilStopped,
}

struct Scripted(std::sync::Mutex<mpsc::Receiver<Step>>);

impl Executor for Scripted {
    fn kind(&self) -> Kind {
        Kind::Homomorphic
    }

    fn execute(&self, _: &Job, watch: &Watch<'_>) -> Result<Outcome, RunError> {
        match self.0.lock().unwrap().recv().unwrap() {
            Step::Done => Ok(Outcome::Done(LAYOUT)),
            Step::Park(until) => Ok(Outcome::Parked { until }),
            Step::UntilStopped => {
                while !(watch.stop)() {
                    thread::sleep(Duration::from_millis(1));
                }
                Err(RunError::Engine(engine::EngineError::Cancelled))
            }
        }
    }
}

struct Desk {
    jobs: Arc<Jobs>,
    keeper: Keeper,
    steps: mpsc::Sender<Step>,
    folder: tempfile::TempDir,
    _auditd: auditd::Running,
}

impl Desk {
    fn new() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::start().unwrap().0;
        let jobs = Arc::new(Jobs::open(folder.path(), files.clone()).unwrap().0);
        let software = SoftwareKeyd::new();
        let (auditd, to_auditd) = crate::support::auditd(folder.path(), &software);
        let audit = Audit::start(to_auditd).unwrap();
        let keyd = Keyd::start(software.serve("computed"), || ()).unwrap();
        let workshop = Arc::new(Workshop::new(Arc::new(Engine::without_card("none")), keyd));
        let ending = Ending { jobs: jobs.clone(), audit, files };
        let (steps, script) = mpsc::channel();
        let executors = Executors::new(vec![Box::new(Scripted(script.into()))]);
        let keeper = Keeper { ending: ending.clone(), workshop: workshop.clone() };
        Worker { ending, executors, workshop, tally: Arc::default() }.start().unwrap();
        Desk { jobs, keeper, steps, folder, _auditd: auditd }
    }

    fn submit(&self, client: &str) -> Arc<Job> {
        let work = Work::RowSums { key_id: "k".into() };
        let spec = Spec { work, rows: 1, columns: 1, operand_job: None };
        let job = self.jobs.announce(client, spec, 8, 0).unwrap();
        self.jobs.spool().seal(&job, None).unwrap();
        self.jobs.arrived(&job);
        job
    }

    fn log(&self) -> String {
        crate::support::log(self.folder.path())
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.jobs.stop();
    }
}

fn until(job: &Job, state: State) {
    let start = Instant::now();
    while job.record().state != state {
        assert!(start.elapsed() < Duration::from_secs(20), "it is {:?}, not {state:?}", job.record().state);
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_parked_job_lets_others_pass_and_goes_on_when_it_is_resumed() {
    let desk = Desk::new();
    let (parked, other) = (desk.submit("a"), desk.submit("a"));
    desk.steps.send(Step::Park(now() + 1000)).unwrap();
    desk.steps.send(Step::Done).unwrap();
    until(&parked, State::Parked);
    until(&other, State::Done);
    // It is parked after a restart of the service too, and its wait is no attempt.
    let again = Jobs::open(desk.folder.path(), Files::start().unwrap().0).unwrap().0;
    let found = again.find("a", &parked.record().id).unwrap().record();
    assert_eq!((found.state, found.attempts, found.parked_until), (State::Parked, 0, parked.record().parked_until));
    assert!(again.next(Duration::ZERO, |_| true).is_none());
    assert!(desk.jobs.resume(&parked).unwrap() && !desk.jobs.resume(&parked).unwrap());
    desk.steps.send(Step::Done).unwrap();
    until(&parked, State::Done);
    assert_eq!(parked.record().attempts, 1);
}

#[test]
fn what_waits_or_runs_or_is_kept_for_too_long_ends() {
    let desk = Desk::new();
    let days = |n: u64| now() + n * 24 * 3600;
    let (running, queued) = (desk.submit("a"), desk.submit("a"));
    desk.steps.send(Step::UntilStopped).unwrap();
    until(&running, State::Running);
    desk.keeper.look(days(1));
    assert_eq!((queued.record().state, running.stopped()), (State::Queued, None));
    desk.keeper.look(days(8));
    assert_eq!(
        (queued.record().state, queued.record().error.as_str()),
        (State::Failed, "it waited too long for its turn")
    );
    until(&running, State::Failed);
    assert_eq!(running.record().error, "it ran for more than 48 hours");
    let parked = desk.submit("b");
    desk.steps.send(Step::Park(days(2))).unwrap();
    until(&parked, State::Parked);
    desk.keeper.look(days(1));
    assert_eq!(parked.record().state, State::Parked);
    desk.keeper.look(days(3));
    assert_eq!(parked.record().error, "what it waited for did not come in time");
    assert_eq!(desk.jobs.list(None).len(), 3);
    desk.keeper.look(days(89));
    assert_eq!(desk.jobs.list(None).len(), 3);
    desk.keeper.look(days(91));
    assert!(desk.jobs.list(None).is_empty());
    assert_eq!(desk.log().matches("job expired").count(), 3);
    assert_eq!(std::fs::read_dir(desk.folder.path().join("jobs")).unwrap().count(), 0);
}

#[test]
fn a_cancelled_job_ends_where_it_stands() {
    let desk = Desk::new();
    let (running, queued, parked) = (desk.submit("a"), desk.submit("a"), desk.submit("b"));
    desk.steps.send(Step::UntilStopped).unwrap();
    until(&running, State::Running);
    // While another one runs.
    desk.keeper.ending.cancel(&queued);
    assert_eq!(queued.record().state, State::Cancelled);
    desk.keeper.ending.cancel(&running);
    until(&running, State::Cancelled);
    desk.steps.send(Step::Park(now() + 1000)).unwrap();
    until(&parked, State::Parked);
    desk.keeper.ending.cancel(&parked);
    assert_eq!(parked.record().state, State::Cancelled);
    assert_eq!(desk.log().matches("job cancelled").count(), 3);
    for job in [running, queued, parked] {
        desk.jobs.delete(&job, |_| ()).unwrap();
    }
}
