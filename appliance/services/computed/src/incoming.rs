//! A file of a job while it comes: written block by block, so that an upload holds one block in memory.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use durable_files::beside;
use tonic::Status;
use zeroize::Zeroizing;

use crate::status::disk;

/// Under its name once it is whole.
pub(crate) struct Incoming {
    path: PathBuf,
    file: File,
}

impl Incoming {
    pub(crate) fn create(path: PathBuf) -> Result<Incoming, Status> {
        let file = File::create(beside(&path)).map_err(|e| disk(&e))?;
        Ok(Incoming { path, file })
    }

    /// Adds a block that passes the check. On a thread for what blocks.
    pub(crate) async fn add(
        mut self,
        block: Zeroizing<Vec<u8>>,
        check: impl FnOnce(&[u8]) -> Result<(), Status> + Send + 'static,
    ) -> Result<Incoming, Status> {
        blocking(move || {
            check(&block)?;
            self.file.write_all(&block).map_err(|e| disk(&e))?;
            Ok(self)
        })
        .await
    }

    /// It is whole: it outlives a power cut when this returns.
    pub(crate) async fn finish(self) -> Result<(), Status> {
        blocking(move || {
            let finish = |path: &Path| {
                self.file.sync_all()?;
                durable_files::rename(&beside(path), path)
            };
            finish(&self.path).map_err(|e| disk(&e))
        })
        .await
    }
}

/// On a thread for what blocks.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Status> + Send + 'static,
) -> Result<T, Status> {
    let failed = |_| Err(Status::internal("a thread of the service failed"));
    tokio::task::spawn_blocking(work).await.unwrap_or_else(failed)
}
