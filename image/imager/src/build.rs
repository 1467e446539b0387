//! Profile in, artefacts out, in numbered steps.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Command;

use boot_slots::SlotPath;

use crate::authenticode;
use crate::closure::Closure;
use crate::digest::sha256_hex;
use crate::disk::{self, Guids};
use crate::error::{ImagerError, read, write};
use crate::esp::NewFile;
use crate::hardening;
use crate::initramfs;
use crate::keys::{Keys, PolicyPhase, fingerprint, guid};
use crate::manifest::{self, FORMAT, FileRecord, KernelRecord, Manifest};
use crate::pcr;
use crate::profile::{Item, Libraries, Resolved, Source};
use crate::reference::{self, Started};
use crate::sbom::{self, Program, Sources};
use crate::services::TABLE_IN_IMAGE;
use crate::tool::Tool;
use crate::tree::{Node, Tree};
use crate::uki;

/// UKI and boot loader together.
pub const SIZE_LIMIT: u64 = 40_000_000;

/// The names of what is written, beside the manifest and the bill of materials.
pub const DISK: &str = "disk.img";
pub const UKI: &str = "coffer.efi";
pub const BOOT_LOADER: &str = "systemd-boot.efi";
/// Firmware variables of the emulator with the keys enrolled and Secure Boot on.
pub const VARIABLES: &str = "vars.fd";

/// Where the initramfs has the public key that approves PCR 11 at the last phase.
pub const READY_KEY_IN_IMAGE: &str = "/etc/coffer/pcr-ready.pub";

/// Where it has the kernel's settings.
const SETTINGS_IN_IMAGE: &str = "/etc/coffer/sysctl.conf";

const STUB: &str = "usr/lib/systemd/boot/efi/linuxx64.efi.stub";
const LOADER: &str = "usr/lib/systemd/boot/efi/systemd-bootx64.efi";
const EMPTY_VARIABLES: &str = "usr/share/OVMF/OVMF_VARS_4M.fd";
const TOOL_SECONDS: u64 = 60;
const LOADER_CONFIGURATION: &str = "timeout 0\neditor no\nauto-firmware no\nsecure-boot-enroll off\n";

/// What an image is built from.
pub struct Inputs {
    pub profile: PathBuf,
    /// bzImage; its version is in a file of the same name with ".release" added.
    pub kernel: PathBuf,
    pub binaries: PathBuf,
    /// The root that libraries, the boot loader and its stub come from.
    pub root: PathBuf,
    pub lock: PathBuf,
    /// `Some`: the vendor's keys, for a profile that is not a development one.
    pub keys: Option<PathBuf>,
    /// Where the development keys are, or come to be.
    pub development_keys: PathBuf,
}

/// Builds the image into `out`, telling `progress` each step.
pub fn build(inputs: &Inputs, out: &Path, progress: &mut dyn FnMut(&str)) -> Result<Manifest, ImagerError> {
    // 0. What is to be built, and with which keys.
    let resolved = Resolved::read(&inputs.profile)?;
    progress(&resolved.to_string());
    let keys = open_keys(inputs, &resolved)?;
    fs::create_dir_all(out).map_err(ImagerError::file("make", out))?;

    // 1. The files of the operating system.
    let (tree, foreign) = collect(inputs, &resolved, &keys)?;
    progress(&format!("1 {} files and folders", tree.nodes().count()));

    // 2. The initramfs.
    let archive = initramfs::pack(&tree)?;
    progress(&format!("2 initramfs of {} bytes", archive.len()));

    // 3. The unified kernel image, with the signed policy and the Secure Boot signature.
    let kernel = read(&inputs.kernel)?;
    let release = release_of(&inputs.kernel)?;
    let sections = uki::UkiSections {
        kernel: &kernel,
        kernel_release: &release,
        initramfs: &archive,
        os_release: &resolved.profile.os_release(),
        command_line: &resolved.profile.command_line(),
        security_version: resolved.profile.security_version,
        stub: inputs.root.join(STUB),
    };
    let work = tempfile::tempdir_in(out).map_err(ImagerError::file("make a folder in", out))?;
    let uki = uki::assemble(&sections, &keys, work.path())?;
    write(&out.join(UKI), &uki)?;

    // 4. The boot loader, signed the same.
    let loader = authenticode::sign("systemd-boot", &read(&inputs.root.join(LOADER))?, &keys.secure_boot)?;
    write(&out.join(BOOT_LOADER), &loader)?;
    let size = (uki.len() + loader.len()) as u64;
    progress(&format!("3 unified kernel image of {} bytes, 4 boot loader of {} bytes", uki.len(), loader.len()));
    if size > SIZE_LIMIT {
        return Err(ImagerError::TooLarge { size, limit: SIZE_LIMIT });
    }

    // 5. The disk, and the emulator's firmware variables that trust these keys.
    let paths = EspPaths::new();
    write_disk(&out.join(DISK), &resolved, &paths, &uki, &loader)?;
    write_variables(inputs, &keys, work.path(), &out.join(VARIABLES))?;
    progress("5 disk");

    // 6. and 7. What all of that is.
    let base = pcr::of_uki(&uki)?;
    let mut pcr11 = BTreeMap::from([(String::new(), base.hex())]);
    pcr11.extend(PolicyPhase::ALL.map(|p| (p.path().to_string(), base.after_phases(p.path()).hex())));
    let manifest = Manifest {
        format: FORMAT,
        profile: resolved.profile.name.clone(),
        version: resolved.profile.version.clone(),
        security_version: resolved.profile.security_version,
        development: resolved.profile.development,
        secure_boot_certificate: fingerprint(&keys),
        kernel: KernelRecord { release, sha256: sha256_hex(&kernel), command_line: resolved.profile.command_line() },
        uki: FileRecord::of(UKI, &[&paths.uki], &uki),
        boot_loader: FileRecord::of(BOOT_LOADER, &paths.loader, &loader),
        disk: file_record(&out.join(DISK))?,
        pcr11,
        files: manifest::records(&tree),
    };
    write(&out.join(manifest::FILE_NAME), &manifest.json())?;
    let [pk, kek] = [keys.certificate("PK")?, keys.certificate("KEK")?];
    let certificates = [&pk, &kek, keys.secure_boot.certificate()];
    let values =
        reference::values(&manifest, &Started { boot_loader: &loader, uki: &uki, certificates }, &resolved.profile)?;
    write(&out.join(reference::FILE_NAME), &reference::sign(&values, &keys)?)?;
    let sources =
        Sources { lock: &inputs.lock, programs: programs_in(&tree, &resolved), root: &inputs.root, foreign: &foreign };
    write(&out.join(sbom::FILE_NAME), &sbom::write(&manifest, &sources)?)?;
    progress(&format!("6 {}, 7 {}; image size {:.1} MB", manifest::FILE_NAME, sbom::FILE_NAME, size as f64 / 1e6));
    Ok(manifest)
}

fn open_keys(inputs: &Inputs, resolved: &Resolved) -> Result<Keys, ImagerError> {
    let problem = |problem: &str| ImagerError::Profile { path: inputs.profile.clone(), problem: problem.into() };
    match (&inputs.keys, resolved.profile.development) {
        (None, true) => Keys::development(&inputs.development_keys),
        (Some(folder), false) => Keys::release(folder, &inputs.development_keys),
        (None, false) => Err(problem("this is a release image: say where its keys are (--keys)")),
        (Some(_), true) => Err(problem("a development image is signed with development keys (no --keys)")),
    }
}

/// The tree, and which of its files come from the root (path in the image to path here).
fn collect(
    inputs: &Inputs,
    resolved: &Resolved,
    keys: &Keys,
) -> Result<(Tree, BTreeMap<String, PathBuf>), ImagerError> {
    let profile = &resolved.profile;
    let in_root = |path: &Path| inputs.root.join(path.strip_prefix("/").unwrap_or(path));
    let mut tree = Tree::default();
    let mut programs = Vec::new();
    let mut foreign = BTreeMap::new();
    for item in profile.programs() {
        let real = match item.from {
            Source::Binaries => inputs.binaries.join(&item.path),
            Source::Root => in_root(&item.path),
        };
        if item.from == Source::Root {
            foreign.insert(item.to.clone(), real.clone());
        }
        tree.file(&item.to, read(&real)?, true)?;
        programs.push(real);
    }
    let closure = Closure::of(&inputs.root, &programs, &profile.libraries.opened_at_run_time)?;
    for (path, real) in closure.files {
        tree.file(&path, read(&real)?, true)?;
        foreign.insert(path, real);
    }
    for item in &profile.file {
        tree.file(&item.to, read(&in_root(&item.path))?, false)?;
        foreign.insert(item.to.clone(), in_root(&item.path));
    }
    hardened(&tree, &foreign, &profile.libraries)?;
    for folder in &profile.folders.mount_points {
        tree.folder(folder)?;
    }
    tree.file("/etc/os-release", profile.os_release().into_bytes(), false)?;
    tree.file(SETTINGS_IN_IMAGE, resolved.settings.clone().into_bytes(), false)?;
    tree.file(TABLE_IN_IMAGE, resolved.services.json.clone(), false)?;
    tree.file(READY_KEY_IN_IMAGE, keys.policy(PolicyPhase::Ready).public_pem().to_vec(), false)?;
    Ok((tree, foreign))
}

/// Our own programs, as they are in the image.
fn programs_in(tree: &Tree, resolved: &Resolved) -> Vec<Program> {
    let program = |item: &Item| {
        let Some(Node::File { bytes, .. }) = tree.get(&item.to) else { return None };
        Some(Program { to: item.to.clone(), package: item.package.clone()?, bytes: bytes.clone() })
    };
    resolved.profile.programs().filter_map(program).collect()
}

/// Of everything that is executed.
fn hardened(tree: &Tree, foreign: &BTreeMap<String, PathBuf>, libraries: &Libraries) -> Result<(), ImagerError> {
    for (path, node) in tree.nodes() {
        if let Node::File { bytes, executable: true } = node {
            let name = path.rsplit('/').next().unwrap_or(path);
            hardening::judge(name, bytes, !foreign.contains_key(path), libraries)
                .map_err(|problem| ImagerError::Hardening { problem })?;
        }
    }
    Ok(())
}

fn release_of(kernel: &Path) -> Result<String, ImagerError> {
    let mut path = kernel.as_os_str().to_owned();
    path.push(".release");
    let path = PathBuf::from(path);
    Ok(String::from_utf8_lossy(&read(&path)?).trim().to_string())
}

/// Where things are in the EFI system partition.
struct EspPaths {
    uki: String,
    loader: [&'static str; 2],
}

impl EspPaths {
    fn new() -> EspPaths {
        EspPaths {
            uki: SlotPath::first().path().into(),
            loader: ["EFI/BOOT/BOOTX64.EFI", "EFI/systemd/systemd-bootx64.efi"],
        }
    }
}

fn write_disk(
    path: &Path,
    resolved: &Resolved,
    paths: &EspPaths,
    uki: &[u8],
    loader: &[u8],
) -> Result<(), ImagerError> {
    let name = format!("{} {}", resolved.profile.name, resolved.profile.version);
    let mut files: Vec<NewFile> = paths.loader.iter().map(|path| NewFile { path, bytes: loader }).collect();
    files.push(NewFile { path: "loader/loader.conf", bytes: LOADER_CONFIGURATION.as_bytes() });
    files.push(NewFile { path: &paths.uki, bytes: uki });
    disk::create(path, &resolved.layout, Guids::of(&name, &resolved.layout), 512, &files)
}

fn write_variables(inputs: &Inputs, keys: &Keys, work: &Path, to: &Path) -> Result<(), ImagerError> {
    let owner = guid("owner of the Secure Boot keys").to_string();
    let new = work.join("vars");
    let mut command = Command::new("virt-fw-vars");
    command.arg("--input").arg(inputs.root.join(EMPTY_VARIABLES)).arg("--output").arg(&new).arg("--secure-boot");
    for (option, name) in [("--set-pk", "PK"), ("--add-kek", "KEK"), ("--add-db", "db")] {
        command.arg(option).arg(&owner).arg(keys.certificate_path(name));
    }
    Tool::new(command, TOOL_SECONDS).run()?;
    write(to, &read(&new)?)
}

/// The record of a file that is too large to be read whole.
pub(crate) fn file_record(path: &Path) -> Result<FileRecord, ImagerError> {
    let failed = ImagerError::file("read", path);
    let hashed = || -> std::io::Result<(u64, String)> {
        let mut file = fs::File::open(path)?;
        let mut hash = ring::digest::Context::new(&ring::digest::SHA256);
        let mut buffer = vec![0; 1 << 20];
        file.seek(SeekFrom::Start(0))?;
        let mut size = 0;
        loop {
            match file.read(&mut buffer)? {
                0 => break,
                count => {
                    hash.update(&buffer[..count]);
                    size += count as u64;
                }
            }
        }
        Ok((size, data_encoding::HEXLOWER.encode(hash.finish().as_ref())))
    };
    let (size, sha256) = hashed().map_err(failed)?;
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(FileRecord { file, installed: Vec::new(), size, sha256 })
}
