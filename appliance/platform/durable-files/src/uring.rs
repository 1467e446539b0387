//! The same steps on io_uring. tokio-uring has no active maintainer; nothing else here knows of it.

use std::io;
use std::path::Path;

use tokio_uring::fs::{File, OpenOptions, rename};

use crate::steps::{Step, beside, folder_of, replace_steps};

/// See [`crate::replace`].
pub async fn replace(path: &Path, content: Vec<u8>) -> io::Result<()> {
    let new = beside(path);
    let mut content = Some(content);
    let mut file: Option<File> = None;
    for step in replace_steps() {
        match step {
            Step::Create => file = Some(File::create(&new).await?),
            Step::Write => opened(&file)?.write_all_at(content.take().unwrap_or_default(), 0).await.0?,
            Step::SyncFile => opened(&file)?.sync_all().await?,
            Step::Rename => rename(&new, path).await?,
            Step::SyncFolder => sync_folder(path).await?,
        }
    }
    match file {
        Some(file) => file.close().await,
        None => Ok(()),
    }
}

/// Writes `content` at `offset` and syncs it; of a piece that fails nothing stays.
pub async fn write_at(path: &Path, offset: u64, content: Vec<u8>) -> io::Result<()> {
    let file = OpenOptions::new().write(true).create(true).open(path).await?;
    if let Err(e) = file.write_all_at(content, offset).await.0 {
        let _ = std::fs::OpenOptions::new().write(true).open(path).and_then(|f| f.set_len(offset));
        return Err(e);
    }
    file.sync_all().await?;
    file.close().await
}

async fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = File::open(folder_of(path)).await?;
    folder.sync_all().await?;
    folder.close().await
}

fn opened(file: &Option<File>) -> io::Result<&File> {
    file.as_ref().ok_or_else(|| io::Error::other("the steps begin with Create"))
}
