//! The runtimes: one for the network, and one on io_uring for files. tokio-uring has no active maintainer, so nothing
//! outside this module knows of it; a kernel without io_uring gets the same behaviour from plain system calls.

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

/// Durable file operations, in order, on a thread of their own.
#[derive(Clone)]
pub(crate) struct Files(mpsc::Sender<Request>);

struct Request {
    action: Action,
    done: oneshot::Sender<io::Result<()>>,
}

enum Action {
    /// Whole or not at all: a temporary file, fsync, rename, fsync of the folder.
    Replace { path: PathBuf, content: Vec<u8> },
    /// At the end, then fsync.
    Append { path: PathBuf, content: Vec<u8> },
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
                    while let Some(Request { action, done }) = requests.recv().await {
                        // A caller that stopped waiting needs no answer; the work is done all the same.
                        let _ = done.send(uring::run(action).await);
                    }
                });
            }
            Err(e) => {
                choose(Some(format!("files are written without io_uring: {e}")));
                while let Some(Request { action, done }) = requests.blocking_recv() {
                    let _ = done.send(plain::run(action));
                }
            }
        };
        thread::Builder::new().name("files".into()).spawn(serve).map_err(ComputeError::Runtime)?;
        let plain = choice.recv().map_err(|_| ComputeError::Gone { name: "files" })?;
        Ok((Files(sender), plain))
    }

    pub(crate) async fn replace(&self, path: &Path, content: Vec<u8>) -> io::Result<()> {
        self.run(Action::Replace { path: path.into(), content }).await
    }

    pub(crate) async fn append(&self, path: &Path, content: Vec<u8>) -> io::Result<()> {
        self.run(Action::Append { path: path.into(), content }).await
    }

    /// For threads that are no part of a runtime.
    pub(crate) fn replace_blocking(&self, path: &Path, content: Vec<u8>) -> io::Result<()> {
        self.run_blocking(Action::Replace { path: path.into(), content })
    }

    /// For threads that are no part of a runtime.
    pub(crate) fn append_blocking(&self, path: &Path, content: Vec<u8>) -> io::Result<()> {
        self.run_blocking(Action::Append { path: path.into(), content })
    }

    async fn run(&self, action: Action) -> io::Result<()> {
        let (done, answer) = oneshot::channel();
        self.0.send(Request { action, done }).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    fn run_blocking(&self, action: Action) -> io::Result<()> {
        let (done, answer) = oneshot::channel();
        self.0.blocking_send(Request { action, done }).map_err(|_| gone())?;
        answer.blocking_recv().map_err(|_| gone())?
    }
}

fn gone() -> io::Error {
    io::Error::other("the files' thread is gone")
}

fn beside(path: &Path) -> PathBuf {
    path.with_extension("new")
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("/"))
}

mod uring {
    use super::*;
    use tokio_uring::fs::{File, OpenOptions, rename};

    pub(super) async fn run(action: Action) -> io::Result<()> {
        match action {
            Action::Replace { path, content } => {
                let new = beside(&path);
                let file = File::create(&new).await?;
                file.write_all_at(content, 0).await.0?;
                file.sync_all().await?;
                file.close().await?;
                rename(&new, &path).await?;
                sync(folder(&path)).await
            }
            Action::Append { path, content } => {
                let fresh = !path.exists();
                let file = OpenOptions::new().write(true).create(true).open(&path).await?;
                let end = std::fs::metadata(&path)?.len();
                if let Err(e) = file.write_all_at(content, end).await.0 {
                    // Half a line must not stay in front of the next one.
                    let _ = std::fs::OpenOptions::new().write(true).open(&path).and_then(|f| f.set_len(end));
                    return Err(e);
                }
                file.sync_all().await?;
                file.close().await?;
                if fresh { sync(folder(&path)).await } else { Ok(()) }
            }
        }
    }

    async fn sync(folder: &Path) -> io::Result<()> {
        let folder = File::open(folder).await?;
        folder.sync_all().await?;
        folder.close().await
    }
}

mod plain {
    use super::*;
    use std::fs::{File, OpenOptions, rename};
    use std::io::Write;

    pub(super) fn run(action: Action) -> io::Result<()> {
        match action {
            Action::Replace { path, content } => {
                let new = beside(&path);
                let mut file = File::create(&new)?;
                file.write_all(&content)?;
                file.sync_all()?;
                rename(&new, &path)?;
                File::open(folder(&path))?.sync_all()
            }
            Action::Append { path, content } => {
                let fresh = !path.exists();
                let mut file = OpenOptions::new().append(true).create(true).open(&path)?;
                let end = file.metadata()?.len();
                if let Err(e) = file.write_all(&content) {
                    let _ = file.set_len(end);
                    return Err(e);
                }
                file.sync_all()?;
                if fresh { File::open(folder(&path))?.sync_all() } else { Ok(()) }
            }
        }
    }
}
