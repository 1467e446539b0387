//! Which shared libraries a program needs, and those they need, as the loader would find them.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

use object::read::elf::{ElfFile64, FileHeader, ProgramHeader};
use object::{LittleEndian as LE, elf};

use crate::error::{ImagerError, read};

/// Where Debian's loader looks when a program says nothing.
const FOLDERS: [&str; 4] = ["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib", "/usr/lib"];

/// Where the loader looks first, and where every library goes in the image.
pub const LIBRARY_FOLDER: &str = "/lib/x86_64-linux-gnu";

/// The libraries of an image: path in the image to path on this machine.
#[derive(Debug, Default)]
pub struct Closure {
    pub files: BTreeMap<String, PathBuf>,
}

impl Closure {
    /// Everything that `programs` need, and `opened` at run time, found under `root`.
    pub fn of(root: &Path, programs: &[PathBuf], opened: &[String]) -> Result<Closure, ImagerError> {
        let mut closure = Closure::default();
        let mut queue: VecDeque<PathBuf> = programs.to_vec().into();
        for name in opened {
            queue.push_back(closure.add(root, name, &[], "the profile")?);
        }
        while let Some(path) = queue.pop_front() {
            let needs = LoaderNeeds::read(&path)?;
            let by = path.display().to_string();
            if let Some(loader) = needs.loader {
                // The kernel opens the loader at the path that the program names.
                let found = canonical(&under(root, &loader))?;
                closure.files.insert(loader, found);
            }
            for name in needs.libraries {
                if !closure.has(&name) {
                    queue.push_back(closure.add(root, &name, &needs.folders, &by)?);
                }
            }
        }
        Ok(closure)
    }

    fn has(&self, name: &str) -> bool {
        self.files.keys().any(|path| path.rsplit('/').next() == Some(name))
    }

    fn add(&mut self, root: &Path, name: &str, first: &[String], by: &str) -> Result<PathBuf, ImagerError> {
        let folders = first.iter().map(String::as_str).chain(FOLDERS);
        let found = folders.map(|f| under(root, f).join(name)).find(|p| p.is_file());
        let found = found.ok_or_else(|| ImagerError::Library { name: name.into(), needed_by: by.into() })?;
        let found = canonical(&found)?;
        self.files.insert(format!("{LIBRARY_FOLDER}/{name}"), found.clone());
        Ok(found)
    }
}

/// What one ELF file asks of the loader.
#[derive(Default)]
struct LoaderNeeds {
    loader: Option<String>,
    libraries: Vec<String>,
    folders: Vec<String>,
}

impl LoaderNeeds {
    fn read(path: &Path) -> Result<LoaderNeeds, ImagerError> {
        let bytes = read(path)?;
        LoaderNeeds::parse(&bytes).map_err(|source| ImagerError::Elf { path: path.into(), source })
    }

    fn parse(bytes: &[u8]) -> Result<LoaderNeeds, object::read::Error> {
        let file = ElfFile64::<LE>::parse(bytes)?;
        let endian = file.endian();
        let mut needs = LoaderNeeds::default();
        for segment in file.elf_header().program_headers(endian, bytes)? {
            if let Some(name) = segment.interpreter(endian, bytes)? {
                needs.loader = Some(String::from_utf8_lossy(name).into_owned());
            }
        }
        let table = file.elf_dynamic_table()?;
        for entry in table.iter() {
            let text = || table.string(entry).map(|s| String::from_utf8_lossy(s).into_owned());
            match entry.tag {
                elf::DT_NEEDED => needs.libraries.push(text()?),
                elf::DT_RUNPATH | elf::DT_RPATH => needs.folders.extend(text()?.split(':').map(str::to_string)),
                _ => {}
            }
        }
        Ok(needs)
    }
}

fn under(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}

fn canonical(path: &Path) -> Result<PathBuf, ImagerError> {
    path.canonicalize().map_err(ImagerError::file("find", path))
}
