//! The main job from power-on to power-off, as `scripts/run` does it.

use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use imager::keys::PolicyPhase;
use imager::manifest::Manifest;
use nix::fcntl::{Flock, FlockArg};

use crate::client::{Client, Status, TableResult};
use crate::report::{Phases, Report};
use crate::table::{Table, fixed_point, weights};
use crate::{Card, HarnessError, Machine};

const SCALE: u32 = 20;
const KEY: &str = "demo";
/// An emulated processor on a busy machine is slow, and the first boot makes the data volume.
const BOOT: Duration = Duration::from_secs(180);
const PAIRING: Duration = Duration::from_secs(20);
const POWER_OFF: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(100);

/// What to run.
#[derive(Clone, Debug)]
pub struct Plan {
    pub image: PathBuf,
    /// The box's disk and TPM, and the client's enrolment, from run to run.
    pub state: PathBuf,
    pub card: Card,
    pub client: PathBuf,
    pub table: PathBuf,
    /// Start with a new box.
    pub fresh: bool,
    /// What scripts/run spent before this.
    pub setup_s: f64,
}

/// A box that is up, and did the main job.
pub struct Session {
    pub machine: Machine,
    pub client: Client,
    pub report: Report,
    _lock: Flock<File>,
}

/// Boots, enrols if need be, computes, compares. `say` is told each step.
pub fn main_job(plan: &Plan, stop: &AtomicBool, say: &mut dyn FnMut(&str)) -> Result<Session, HarnessError> {
    let manifest = Manifest::read(&plan.image)?;
    let lock = lock(plan)?;
    renew_if_needed(plan, &manifest, say)?;
    let settings = Machine::settings(&plan.image, &plan.state.join("box")).card(plan.card.clone());
    let machine = settings.start()?;
    await_ready(&machine, stop)?;
    let boot = machine.uptime();
    say(&format!("booted in {:.1} s", boot.as_secs_f64()));
    let client = enrolled(plan, &machine, say)?;

    let started = Instant::now();
    let table = Table::read(&plan.table, SCALE)?;
    let weights = weights(table.columns);
    client.ensure_key(KEY)?;
    let result = client.compute_table(&plan.table, KEY, &weights.join(","), SCALE)?;
    let job = started.elapsed();
    let results_equal = equal(&table, &weights, &result);
    say(&format!("computed on {} x {} values in {:.1} s", result.rows, result.columns, job.as_secs_f64()));

    let status = client.status()?;
    let phases_s = Phases { setup: plan.setup_s, boot: boot.as_secs_f64(), job: job.as_secs_f64() };
    let report = report(&manifest, status, &result, results_equal, phases_s);
    Ok(Session { machine, client, report, _lock: lock })
}

/// Switches the box off in order.
pub fn power_off(session: &mut Session, say: &mut dyn FnMut(&str)) -> Result<(), HarnessError> {
    let started = Instant::now();
    session.machine.power_off(POWER_OFF)?;
    say(&format!("powered off in {:.1} s", started.elapsed().as_secs_f64()));
    Ok(())
}

/// Two runs with one disk would ruin each other.
fn lock(plan: &Plan) -> Result<Flock<File>, HarnessError> {
    let path = plan.state.with_extension("lock");
    let file = File::create(&path).map_err(HarnessError::file("make", &path))?;
    Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|_| HarnessError::Box {
        problem: format!("another run uses it ({}); --state FOLDER makes another box", plan.state.display()),
    })
}

/// The box of an earlier run is another box when the image was built anew: its disk holds the old one.
fn renew_if_needed(plan: &Plan, manifest: &Manifest, say: &mut dyn FnMut(&str)) -> Result<(), HarnessError> {
    let stamp = plan.state.join("image");
    let same = fs::read_to_string(&stamp).is_ok_and(|s| s == manifest.disk.sha256);
    if plan.fresh || !same {
        if plan.state.exists() {
            say("a new box: the image changed, or --fresh");
            fs::remove_dir_all(&plan.state).map_err(HarnessError::file("remove", &plan.state))?;
        }
        fs::create_dir_all(&plan.state).map_err(HarnessError::file("make", &plan.state))?;
        fs::write(&stamp, &manifest.disk.sha256).map_err(HarnessError::file("write", &stamp))?;
    }
    Ok(())
}

fn await_ready(machine: &Machine, stop: &AtomicBool) -> Result<(), HarnessError> {
    let until = Instant::now() + BOOT;
    let outcomes = ["coffer: ready", "coffer: fatal", "data volume stays closed", "COF-2402"];
    loop {
        if stop.load(Ordering::Relaxed) {
            return Err(HarnessError::Interrupted);
        }
        match machine.console().wait_for_any(&outcomes, POLL) {
            Ok((0, _)) => return Ok(()),
            Ok((_, line)) => return Err(HarnessError::Box { problem: line }),
            Err(HarnessError::Timeout { .. }) if Instant::now() < until => {}
            Err(HarnessError::Timeout { what, last, .. }) => {
                return Err(HarnessError::Timeout { what, waited: BOOT, last });
            }
            Err(e) => return Err(e),
        }
    }
}

/// The enrolment of an earlier run, if the box still knows it; else a new one. A box shows its pairing code until somebody is
/// enrolled, from a moment after it is ready.
fn enrolled(plan: &Plan, machine: &Machine, say: &mut dyn FnMut(&str)) -> Result<Client, HarnessError> {
    let folder = plan.state.join("client");
    let client = Client::new(&plan.client, &folder, machine.ports());
    if folder.exists() && client.status().is_ok() {
        say("enrolled in an earlier run");
        return Ok(client);
    }
    client.enrol(&machine.console().wait_value("coffer: pairing code ", PAIRING)?)?;
    say("enrolled with the code on the console");
    Ok(client)
}

fn equal(table: &Table, weights: &[String], result: &TableResult) -> bool {
    let Some(weights) = weights.iter().map(|w| fixed_point(w, SCALE)).collect::<Option<Vec<i64>>>() else {
        return false;
    };
    let text = |values: Vec<i128>| values.iter().map(i128::to_string).collect::<Vec<_>>();
    (result.rows, result.columns) == (table.rows.len(), table.columns)
        && result.column_sums == text(table.column_sums())
        && result.product == text(table.product(&weights))
}

fn report(manifest: &Manifest, status: Status, result: &TableResult, results_equal: bool, phases_s: Phases) -> Report {
    Report {
        secure_boot: status.secure_boot,
        pcr11_expected: manifest.pcr11.get(PolicyPhase::Ready.path()).cloned().unwrap_or_default(),
        pcr11_quoted: status.pcr11,
        data_volume: status.data_volume,
        degraded: status.degraded,
        engine: status.engine,
        card: status.card,
        rows: result.rows,
        columns: result.columns,
        results_equal,
        image_bytes: manifest.uki.size + manifest.boot_loader.size,
        phases_s,
    }
}
