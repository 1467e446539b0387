//! The EFI system partition: a FAT32 file system in a part of the disk image, with no time and no chance in it.

use std::collections::BTreeSet;
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::process::Command;

use fatfs::{Date, DateTime, FileSystem, FsOptions, Time, TimeProvider};
use tempfile::NamedTempFile;

use crate::error::ImagerError;
use crate::span::{Span, Window};
use crate::tool::Tool;

const MTOOLS_SECONDS: u64 = 60;
const UNREADABLE: &str = "EFI system partition is not readable";

/// A file to put into a new EFI system partition.
pub struct NewFile<'a> {
    pub path: &'a str,
    pub bytes: &'a [u8],
}

/// Makes the file system in a stretch of the disk image, with these files. By mtools: the folders that crate fatfs 0.3 makes have
/// long names for "." and "..", which fsck.fat takes for damage.
pub fn create(disk: &Path, span: Span, sector: u64, serial: u32, files: &[NewFile]) -> Result<(), ImagerError> {
    let image = format!("{}@@{}", disk.display(), span.start);
    let call = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(["-i", &image]).args(arguments).env("MTOOLS_SKIP_CHECK", "1").env("MTOOLSRC", "/dev/null");
        Tool::new(command, MTOOLS_SECONDS).run()
    };
    // mtools counts the sector's size in powers of two, from 128 bytes on. Clusters of a KiB, or of a sector where that is larger.
    let (size, cluster) = ((sector.ilog2() - 7).to_string(), (1024 / sector).max(1).to_string());
    let (sectors, serial) = ((span.length / sector).to_string(), format!("{serial:08x}"));
    let shape = ["-S", &size, "-c", &cluster, "-h", "16", "-s", "63", "-T", &sectors];
    call("mformat", &[&["-F"], &shape[..], &["-N", &serial, "-v", "COFFER ESP", "::"]].concat())?;
    let mut folders = BTreeSet::new();
    for (end, path) in files.iter().flat_map(|f| f.path.match_indices('/').map(move |(end, _)| (end, f.path))) {
        folders.insert(format!("::/{}", &path[..end]));
    }
    // Sorted, a folder comes before what is in it.
    let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
    call("mmd", &folders)?;
    for file in files {
        let mut source = NamedTempFile::new().map_err(failed("EFI system partition took no file"))?;
        source.write_all(file.bytes).map_err(failed("EFI system partition took no file"))?;
        call("mcopy", &[&source.path().display().to_string(), &format!("::/{}", file.path)])?;
    }
    Ok(())
}

/// An open EFI system partition.
pub struct Esp<F: Read + Write + Seek> {
    fat: FileSystem<Window<F>>,
}

impl<F: Read + Write + Seek> Esp<F> {
    pub fn open(window: Window<F>) -> Result<Esp<F>, ImagerError> {
        let options = FsOptions::new().time_provider(&NO_TIME).update_accessed_date(false);
        let fat = FileSystem::new(window, options).map_err(failed(UNREADABLE))?;
        Ok(Esp { fat })
    }

    /// The names in a folder ("EFI/Linux").
    pub fn list(&self, folder: &str) -> Result<Vec<String>, ImagerError> {
        let folder = self.fat.root_dir().open_dir(folder).map_err(failed("EFI system partition lacks a folder"))?;
        let names: io::Result<Vec<String>> = folder.iter().map(|entry| Ok(entry?.file_name())).collect();
        let names = names.map_err(failed(UNREADABLE))?;
        Ok(names.into_iter().filter(|name| name != "." && name != "..").collect())
    }

    /// The paths of all files.
    pub fn files(&self) -> Result<Vec<String>, ImagerError> {
        let (mut files, mut folders) = (Vec::new(), vec![String::new()]);
        while let Some(path) = folders.pop() {
            let root = self.fat.root_dir();
            let folder = if path.is_empty() { root } else { root.open_dir(&path).map_err(failed(UNREADABLE))? };
            for entry in folder.iter() {
                let entry = entry.map_err(failed(UNREADABLE))?;
                let name = entry.file_name();
                let inside = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                match () {
                    () if name == "." || name == ".." => {}
                    () if entry.is_dir() => folders.push(inside),
                    () => files.push(inside),
                }
            }
        }
        files.sort();
        Ok(files)
    }

    pub fn read(&self, path: &str) -> Result<Vec<u8>, ImagerError> {
        let mut bytes = Vec::new();
        let file = self.fat.root_dir().open_file(path);
        file.and_then(|mut f| f.read_to_end(&mut bytes)).map_err(failed("EFI system partition lacks a file"))?;
        Ok(bytes)
    }

    /// Writes a file into a folder that is there, in the place of one that is there.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<(), ImagerError> {
        let root = self.fat.root_dir();
        let file = root.create_file(path);
        let done = file.and_then(|mut f| {
            f.truncate()?;
            f.write_all(bytes)?;
            f.flush()
        });
        done.map_err(failed("EFI system partition took no file"))
    }

    pub fn remove(&self, path: &str) -> Result<(), ImagerError> {
        self.fat.root_dir().remove(path).map_err(failed("EFI system partition lacks a file"))
    }

    /// Makes a folder in one that is there.
    pub fn make_folder(&self, path: &str) -> Result<(), ImagerError> {
        let made = self.fat.root_dir().create_dir(path);
        made.map(|_| ()).map_err(failed("EFI system partition took no folder"))
    }

    /// Ends the work on it: what was not written yet is written.
    pub fn close(self) -> Result<(), ImagerError> {
        self.fat.unmount().map_err(failed("EFI system partition could not be finished"))
    }
}

/// The first moment that FAT knows.
#[derive(Debug)]
struct NoTime;

static NO_TIME: NoTime = NoTime;

impl TimeProvider for NoTime {
    fn get_current_date(&self) -> Date {
        Date { year: 1980, month: 1, day: 1 }
    }

    fn get_current_date_time(&self) -> DateTime {
        DateTime { date: self.get_current_date(), time: Time { hour: 0, min: 0, sec: 0, millis: 0 } }
    }
}

fn failed(what: &'static str) -> impl FnOnce(io::Error) -> ImagerError {
    move |source| ImagerError::FileSystem { what, source }
}
