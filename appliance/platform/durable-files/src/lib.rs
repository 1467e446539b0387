//! Files that are whole, old or new, after a power cut.
//!
//! The order is the same for all file systems: write beside, sync, rename, sync the renamed file, sync the folder. ext4 would do
//! without the second sync; on FAT the new name is written without the file's place and size, which follow with the file, so that
//! a folder synced alone leaves an empty file. `tests/power_cut.rs` goes through every instant of the order, in a model of either.
#![forbid(unsafe_code)]

mod append;
mod json;
mod steps;
#[cfg(feature = "uring")]
pub mod uring;

pub use append::AppendFile;
pub use json::{ReadError, read_json, to_json, write_json};
pub use steps::{Step, beside, folder_of, replace_steps};

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Gives `path` this content, all of it or nothing.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let new = beside(path);
    let mut file = None;
    for step in replace_steps() {
        match step {
            Step::Create => file = Some(File::create(&new)?),
            Step::Write => opened(&mut file)?.write_all(content)?,
            Step::SyncFile => opened(&mut file)?.sync_all()?,
            Step::Rename => fs::rename(&new, path)?,
            Step::SyncFolder => sync_folder(path)?,
        }
    }
    Ok(())
}

/// Gives a file that is already whole and synced another name in the same folder.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    File::open(to)?.sync_all()?;
    sync_folder(to)
}

/// Removes a file; gone already is as good.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => sync_folder(path),
    }
}

/// Makes a folder, and its name in the folder above, durable.
pub fn make_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)?;
    File::open(path)?.sync_all()?;
    sync_folder(path)
}

/// Puts what cannot be used out of the way, under a name that tells when; nothing is deleted. Returns the new path.
pub fn set_aside(path: &Path, now: u64) -> io::Result<PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let free = (0u32..).map(|n| path.with_file_name(format!("{name}.set-aside-{now}-{n}"))).find(|p| !p.exists());
    let aside = free.ok_or_else(|| io::Error::other("no free name"))?;
    fs::rename(path, &aside)?;
    sync_folder(path)?;
    Ok(aside)
}

/// Syncs the folder that `path` lies in.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

fn opened(file: &mut Option<File>) -> io::Result<&mut File> {
    file.as_mut().ok_or_else(|| io::Error::other("the steps begin with Create"))
}
