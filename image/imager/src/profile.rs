//! A profile says what an image is made of. It is read, merged with what it extends, checked, and printed before work starts.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{ImagerError, read};
use crate::policy::HIGHEST_SECURITY_VERSION;
use crate::services::Services;
use crate::toml_file::{table_of, toml_error};

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Profile {
    pub name: String,
    pub version: String,
    /// The floor for rollbacks: an update with a lower one is refused.
    pub security_version: u32,
    /// Seconds since 1970 of the day this version is from: a box takes no clock for honest that is before it.
    pub built: u64,
    /// Signed with development keys, and says so everywhere.
    pub development: bool,
    /// The file of the partition layout, beside the profile.
    pub partitions: PathBuf,
    pub kernel: Kernel,
    /// Words after those of `kernel`: what a profile that extends another one adds to it.
    #[serde(default)]
    pub more_command_line: Vec<String>,
    pub program: Vec<Item>,
    /// Programs beside those of `program`: what a profile that extends another one adds to it.
    #[serde(default)]
    pub more_program: Vec<Item>,
    /// The files with the services' rows, beside the profile.
    pub services: Vec<PathBuf>,
    /// Services beside those of `services`.
    #[serde(default)]
    pub more_services: Vec<PathBuf>,
    #[serde(default)]
    pub file: Vec<FileItem>,
    pub libraries: Libraries,
    pub folders: Folders,
    /// The card's builds that this release works with, SHA-256.
    #[serde(default)]
    pub card_builds: Vec<String>,
    /// Versions of TPM firmware with a known weakness, as 16 hexadecimal digits.
    #[serde(default)]
    pub refused_tpm_firmware: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Kernel {
    pub command_line: Vec<String>,
    /// The file of the settings that are made when it runs, beside the profile.
    pub settings: PathBuf,
}

/// A program, with the libraries it needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Item {
    pub from: Source,
    pub path: PathBuf,
    pub to: String,
    /// The crate that one of our own programs is built from.
    pub package: Option<String>,
}

/// A file of the root, as it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FileItem {
    pub path: PathBuf,
    pub to: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    Binaries,
    Root,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Libraries {
    pub opened_at_run_time: Vec<String>,
    /// Exceptions from what `hardening` asks of a file, by its name: its addresses are looked up while it runs;
    pub bound_lazily: Vec<String>,
    /// it has no stack protector.
    pub without_stack_protector: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Folders {
    pub mount_points: Vec<String>,
}

/// How the disk is divided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    pub esp: Partition,
    pub data: Partition,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partition {
    pub label: String,
    pub mebibytes: u64,
}

/// A profile with its layout and its services, all checked.
#[derive(Clone, Debug)]
pub struct Resolved {
    pub profile: Profile,
    pub layout: Layout,
    pub services: Services,
    /// sysctl.conf, as the supervisor reads it.
    pub settings: String,
}

/// Profiles extend profiles, but not without end.
const MAX_EXTENDS: usize = 4;

impl Resolved {
    pub fn read(path: &Path) -> Result<Resolved, ImagerError> {
        let table = merged(path, MAX_EXTENDS)?;
        let profile: Profile = table.try_into().map_err(|e| toml_error(path, e))?;
        let layout_path = beside(path, &profile.partitions);
        let layout: Layout = table_of(&layout_path)?.try_into().map_err(|e| toml_error(&layout_path, e))?;
        validate(&profile).map_err(|problem| ImagerError::Profile { path: path.into(), problem })?;
        validate_layout(&layout).map_err(|problem| ImagerError::Profile { path: layout_path, problem })?;
        let settings_path = beside(path, &profile.kernel.settings);
        let settings = String::from_utf8_lossy(&read(&settings_path)?).into_owned();
        validate_settings(&settings).map_err(|problem| ImagerError::Profile { path: settings_path, problem })?;
        let files = profile.services.iter().chain(&profile.more_services).map(|file| beside(path, file));
        let programs = profile.programs().map(|item| item.to.as_str()).collect();
        let services = Services::read(path, files, &programs)?;
        Ok(Resolved { profile, layout, services, settings })
    }
}

impl Profile {
    fn command_line_words(&self) -> impl Iterator<Item = &String> {
        self.kernel.command_line.iter().chain(&self.more_command_line)
    }

    pub fn programs(&self) -> impl Iterator<Item = &Item> {
        self.program.iter().chain(&self.more_program)
    }

    pub fn command_line(&self) -> String {
        self.command_line_words().map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    /// What the boot menu, the console and the services show as the name of this system.
    pub fn os_release(&self) -> String {
        let Profile { version, security_version, built, .. } = self;
        let (mark, development) = if self.development { (" DEVELOPMENT", 1) } else { ("", 0) };
        format!(
            "NAME=\"Coffer\"\nID=coffer\nPRETTY_NAME=\"Coffer {version}{mark}\"\nVERSION_ID={version}\nIMAGE_ID=coffer\n\
             IMAGE_VERSION={version}\nVARIANT_ID={}\nCOFFER_SECURITY_VERSION={security_version}\n\
             COFFER_DEVELOPMENT={development}\nCOFFER_BUILT={built}\n",
            self.name
        )
    }
}

impl fmt::Display for Resolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let p = &self.profile;
        writeln!(f, "profile {}: coffer {}, security version {}", p.name, p.version, p.security_version)?;
        writeln!(f, "  keys           {}", if p.development { "development" } else { "the vendor's" })?;
        writeln!(f, "  command line   {}", p.command_line())?;
        for item in p.programs() {
            writeln!(f, "  program        {} <- {:?}:{}", item.to, item.from, item.path.display())?;
        }
        for item in &p.file {
            writeln!(f, "  file           {} <- {}", item.to, item.path.display())?;
        }
        for row in self.services.table.rows() {
            writeln!(f, "  service        {} as {}, {}", row.name, row.uid, row.program)?;
        }
        writeln!(f, "  opened later   {}", p.libraries.opened_at_run_time.join(" "))?;
        writeln!(f, "  mount points   {}", p.folders.mount_points.join(" "))?;
        let Layout { esp, data } = &self.layout;
        write!(f, "  disk           {} {} MiB, {} {} MiB", esp.label, esp.mebibytes, data.label, data.mebibytes)
    }
}

fn merged(path: &Path, depth: usize) -> Result<toml::Table, ImagerError> {
    let mut table = table_of(path)?;
    let Some(base) = table.remove("extends") else { return Ok(table) };
    let problem = |problem: &str| ImagerError::Profile { path: path.into(), problem: problem.into() };
    let base = base.as_str().ok_or_else(|| problem("extends is not a file name"))?;
    if depth == 0 {
        return Err(problem("too many profiles extend each other"));
    }
    let mut below = merged(&path.parent().unwrap_or(Path::new(".")).join(base), depth - 1)?;
    below.extend(table);
    Ok(below)
}

/// What the profile in the file `path` names.
fn beside(path: &Path, file: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new(".")).join(file)
}

fn validate(profile: &Profile) -> Result<(), String> {
    let plain = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-');
    if !plain(&profile.name) {
        return Err(format!("name {:?}: letters, digits, '.' and '-' only", profile.name));
    }
    // '+' and '_' would be read by systemd-boot as part of the boot counter or of the name.
    if !plain(&profile.version) {
        return Err(format!("version {:?}: letters, digits, '.' and '-' only", profile.version));
    }
    if !(1..=HIGHEST_SECURITY_VERSION).contains(&profile.security_version) {
        return Err(format!(
            "security-version is from 1 to {HIGHEST_SECURITY_VERSION}: a bit of a box's TPM stands for each"
        ));
    }
    if let Some(word) = profile.command_line_words().find(|w| w.is_empty() || !w.bytes().all(|b| b.is_ascii_graphic()))
    {
        return Err(format!("command-line: {word:?} is not one word"));
    }
    let mut seen = std::collections::BTreeSet::new();
    let targets = profile.programs().map(|i| &i.to).chain(profile.file.iter().map(|i| &i.to));
    for path in targets.chain(&profile.folders.mount_points) {
        if !path.starts_with('/') || path.split('/').skip(1).any(|p| p.is_empty() || p == "." || p == "..") {
            return Err(format!("{path:?} is not a plain absolute path"));
        }
        if !seen.insert(path) {
            return Err(format!("{path} is given twice"));
        }
    }
    if let Some(item) = profile.programs().find(|i| (i.from == Source::Binaries) != i.package.is_some()) {
        return Err(format!("program {}: package is the crate of one from \"binaries\"", item.to));
    }
    match profile.programs().any(|i| i.to == "/init") {
        true => Ok(()),
        false => Err("no program becomes /init".into()),
    }
}

fn validate_settings(text: &str) -> Result<(), String> {
    let plain =
        |name: &str| name.contains('.') && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.split_once(" = ") {
            Some((name, value)) if plain(name) && !value.is_empty() => {}
            _ => return Err(format!("{line:?} is not a setting (name = value)")),
        }
    }
    Ok(())
}

fn validate_layout(layout: &Layout) -> Result<(), String> {
    for partition in [&layout.esp, &layout.data] {
        // GPT keeps 36 UTF-16 code units.
        if partition.label.is_empty() || partition.label.len() > 36 || !partition.label.is_ascii() {
            return Err(format!("label {:?}: 1 to 36 ASCII characters", partition.label));
        }
    }
    // FAT32 needs 65525 clusters, of 1 KiB here.
    if !(72..=2048).contains(&layout.esp.mebibytes) {
        return Err("the EFI system partition has 72 to 2048 MiB".into());
    }
    // A LUKS2 header takes 16 MiB, and ext4 wants room for a journal.
    if layout.data.mebibytes < 64 {
        return Err("the data volume has at least 64 MiB".into());
    }
    Ok(())
}
