//! One call: without the interpreter's lock, on so many threads, until a signal.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use engine::{Control, Cpu, Engine};
use he::HeError;
use pyo3::prelude::*;

use crate::errors::{from_he, raise};

/// How often a computation looks for signals.
const LOOK: Duration = Duration::from_millis(100);

static ENGINE: Mutex<Option<Arc<Engine>>> = Mutex::new(None);

/// Threads that a batch is spread over. At first as many as the process may use cores.
#[pyfunction]
pub(crate) fn threads() -> usize {
    engine().status().threads
}

/// Sets the threads of the batches that start from now on; None: as many as the process may use cores.
#[pyfunction]
#[pyo3(signature = (count))]
pub(crate) fn set_threads(py: Python<'_>, count: Option<usize>) -> PyResult<()> {
    let engine = match count {
        None => Engine::without_card("not in this library"),
        Some(0) => return Err(raise(py, "CofferError", "0 threads; at least one is needed", None)),
        Some(count) => Engine::on_cpu(Cpu::with(count, Cpu::new().unit())),
    };
    *ENGINE.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(engine));
    Ok(())
}

fn engine() -> Arc<Engine> {
    let mut engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    engine.get_or_insert_with(|| Arc::new(Engine::without_card("not in this library"))).clone()
}

/// Computes without the interpreter's lock.
pub(crate) fn run<T: Send>(
    py: Python<'_>,
    work: impl FnOnce(&Engine, Control<'_>) -> Result<T, HeError> + Send,
) -> PyResult<T> {
    let engine = engine();
    let watch = Watch { caller: thread::current().id(), last: Mutex::new(Instant::now()), signal: Mutex::new(None) };
    let done = py.detach(|| work(&engine, &|_| watch.look()));
    if let Some(signal) = watch.signal.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(signal);
    }
    done.map_err(|e| from_he(py, &e))
}

/// Looks for signals from the thread that called: Python's handlers run on the main thread alone.
struct Watch {
    caller: thread::ThreadId,
    last: Mutex<Instant>,
    signal: Mutex<Option<PyErr>>,
}

impl Watch {
    fn look(&self) -> ControlFlow<()> {
        if thread::current().id() != self.caller {
            return ControlFlow::Continue(());
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() < LOOK {
            return ControlFlow::Continue(());
        }
        *last = Instant::now();
        match Python::attach(|py| py.check_signals()) {
            Ok(()) => ControlFlow::Continue(()),
            Err(signal) => {
                *self.signal.lock().unwrap_or_else(PoisonError::into_inner) = Some(signal);
                ControlFlow::Break(())
            }
        }
    }
}
