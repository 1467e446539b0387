//! The service's half: once its devices are open, nothing but its own folder and its own system calls.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use caps::CapSet;
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, NetPort, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus, Scope,
};
use seccompiler::apply_filter_all_threads;

use crate::filters::{self, FilterError};

/// Linux 6.12 has Landlock ABI 6.
const LANDLOCK: ABI = ABI::V6;

/// How long a thread that has ended may take to vanish.
const THREADS_END: Duration = Duration::from_secs(1);

/// What a service may do after [`enter`].
pub struct Jail<'a> {
    /// The name of its list in `filters/`.
    pub filter: &'a str,
    /// It may read and write below this folder, and nowhere else.
    pub folder: Option<&'a Path>,
    /// It may listen on these TCP ports.
    pub listen: &'a [u16],
    /// It may connect to these TCP ports, on any host.
    pub connect: &'a [u16],
}

#[derive(Debug, thiserror::Error)]
pub enum EnterError {
    #[error("a capability is left in the {set} set")]
    Capability { set: &'static str },
    #[error("reading the capabilities")]
    Capabilities(#[source] caps::errors::CapsError),
    #[error("closing this process's memory to others")]
    Dumpable(#[source] nix::errno::Errno),
    #[error("opening {folder} for the jail")]
    Folder {
        folder: String,
        #[source]
        source: landlock::PathFdError,
    },
    #[error("Landlock")]
    Landlock(#[from] landlock::RulesetError),
    #[error("looking for other threads")]
    Threads(#[source] std::io::Error),
    #[error("another thread runs already, which Landlock would not hold")]
    OtherThread,
    #[error("the kernel enforces only a part of the Landlock rules")]
    PartlyEnforced,
    #[error(transparent)]
    Filter(#[from] FilterError),
}

/// Locks this process in. There is no way back. Landlock (before its ABI 8) holds for the thread that calls it and those that it
/// starts, so there must be no other one yet.
pub fn enter(jail: &Jail<'_>) -> Result<(), EnterError> {
    check_no_capability()?;
    check_one_thread()?;
    // Whoever has the same uid, another instance of it say, may not read this memory, and no dump is made of it.
    nix::sys::prctl::set_dumpable(false).map_err(EnterError::Dumpable)?;
    restrict_files_and_ports(jail)?;
    restrict_system_calls(jail.filter)
}

/// Makes a system call that no list allows; the kernel kills the process.
pub fn break_out() {
    #[cfg(feature = "fault-injection")]
    let _ = nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNS);
}

fn check_no_capability() -> Result<(), EnterError> {
    let sets = [
        (CapSet::Effective, "effective"),
        (CapSet::Permitted, "permitted"),
        (CapSet::Inheritable, "inheritable"),
        (CapSet::Bounding, "bounding"),
        (CapSet::Ambient, "ambient"),
    ];
    for (set, name) in sets {
        if !caps::read(None, set).map_err(EnterError::Capabilities)?.is_empty() {
            return Err(EnterError::Capability { set: name });
        }
    }
    Ok(())
}

/// One that has just been joined may be on its way out still.
fn check_one_thread() -> Result<(), EnterError> {
    let until = Instant::now() + THREADS_END;
    while fs::read_dir("/proc/self/task").map_err(EnterError::Threads)?.count() > 1 {
        if Instant::now() > until {
            return Err(EnterError::OtherThread);
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

fn restrict_files_and_ports(jail: &Jail<'_>) -> Result<(), EnterError> {
    let all = AccessFs::from_all(LANDLOCK);
    let own = all & !(AccessFs::Execute | AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::IoctlDev);
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(all)?
        .handle_access(AccessNet::from_all(LANDLOCK))?
        .scope(Scope::from_all(LANDLOCK))?
        .create()?;
    if let Some(folder) = jail.folder {
        let fd = PathFd::new(folder)
            .map_err(|source| EnterError::Folder { folder: folder.display().to_string(), source })?;
        rules = rules.add_rule(PathBeneath::new(fd, own))?;
    }
    for (ports, access) in [(jail.listen, AccessNet::BindTcp), (jail.connect, AccessNet::ConnectTcp)] {
        for port in ports {
            rules = rules.add_rule(NetPort::new(*port, access))?;
        }
    }
    let status = rules.restrict_self()?;
    if status.ruleset == RulesetStatus::FullyEnforced { Ok(()) } else { Err(EnterError::PartlyEnforced) }
}

fn restrict_system_calls(filter: &str) -> Result<(), EnterError> {
    for program in filters::programs(filter)? {
        apply_filter_all_threads(&program).map_err(FilterError::Seccomp)?;
    }
    Ok(())
}
