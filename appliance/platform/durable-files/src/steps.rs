//! The order in which a file is replaced, as data: both ways of doing it walk it, and the test of it does.

use std::path::{Path, PathBuf};

/// One system call of a replacement. All but the last two are about the new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A new, empty file beside the old one.
    Create,
    Write,
    SyncFile,
    /// The new one takes the old one's name.
    Rename,
    SyncFolder,
}

pub fn replace_steps() -> [Step; 6] {
    [Step::Create, Step::Write, Step::SyncFile, Step::Rename, Step::SyncFile, Step::SyncFolder]
}

/// Where the new content is written.
pub fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".new");
    path.with_file_name(name)
}

pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
