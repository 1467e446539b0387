//! The runtimes: one for the network, and one on io_uring for files. What it does with it is `durable_files`'; a kernel without io_uring gets the same behaviour from plain system calls.

use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use tokio::sync::{mpsc, oneshot};

use crate::error::ComputeError;
use crate::limits;

/// Requests that wait for the disk.
const BACKLOG: usize = 64;
const NETWORK_THREADS: usize = 3;

/// The runtime of the listeners. CPU work does not belong on it.
pub(crate) fn network() -> Result<tokio::runtime::Runtime, ComputeError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(NETWORK_THREADS)
        .max_blocking_threads(limits::BLOCKING_THREADS)
        .enable_all()
        .build()
        .map_err(ComputeError::Runtime)
}

/// Files that are replaced whole or not at all, in order, on a thread of their own.
#[derive(Clone)]
pub(crate) struct Files(mpsc::Sender<Request>);

struct Request {
    path: PathBuf,
    content: Vec<u8>,
    done: oneshot::Sender<io::Result<()>>,
}

impl Files {
    /// The second value says why plain system calls do the work, if they do: a box that was built for io_uring is told from
    /// one that lacks it.
    pub(crate) fn start() -> Result<(Files, Option<String>), ComputeError> {
        let (sender, mut requests) = mpsc::channel::<Request>(BACKLOG);
        let (chosen, choice) = std::sync::mpsc::sync_channel(1);
        // The receiver waits for exactly this.
        let choose = move |plain: Option<String>| drop(chosen.send(plain));
        let serve = move || match tokio_uring::Runtime::new(&tokio_uring::builder()) {
            Ok(runtime) => {
                choose(None);
                runtime.block_on(async move {
                    while let Some(Request { path, content, done }) = requests.recv().await {
                        // A caller that stopped waiting needs no answer; the work is done all the same.
                        let _ = done.send(durable_files::uring::replace(&path, content).await);
                    }
                });
            }
            Err(e) => {
                choose(Some(format!("files are written without io_uring: {e}")));
                while let Some(Request { path, content, done }) = requests.blocking_recv() {
                    let _ = done.send(durable_files::replace(&path, &content));
                }
            }
        };
        thread::Builder::new().name("files".into()).spawn(serve).map_err(ComputeError::Runtime)?;
        let plain = choice.recv().map_err(|_| ComputeError::Gone { name: "files" })?;
        Ok((Files(sender), plain))
    }

    /// For threads that are no part of a runtime, or may block.
    pub(crate) fn replace_blocking(&self, path: &Path, content: Vec<u8>) -> io::Result<()> {
        let gone = || io::Error::other("the files' thread is gone");
        let (done, answer) = oneshot::channel();
        self.0.blocking_send(Request { path: path.into(), content, done }).map_err(|_| gone())?;
        answer.blocking_recv().map_err(|_| gone())?
    }
}
