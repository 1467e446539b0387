//! The service's half: once its devices are open, nothing but its own folder and its own system calls.

use std::path::Path;

use caps::CapSet;
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, NetPort, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus, Scope,
};
use seccompiler::{TargetArch, apply_filter_all_threads, compile_from_json};

/// Linux 6.12 has Landlock ABI 6.
const LANDLOCK: ABI = ABI::V6;

/// What a service may do after [`enter`].
pub struct Jail<'a> {
    /// The name of its list in `filters/`.
    pub filter: Filter,
    /// It may read and write below these folders, and nowhere else.
    pub folders: &'a [&'a Path],
    /// It may listen on these TCP ports; it may connect nowhere.
    pub ports: &'a [u16],
}

/// The reviewed lists of system calls.
#[derive(Clone, Copy, Debug)]
pub enum Filter {
    Keyd,
    Computed,
}

#[derive(Debug, thiserror::Error)]
pub enum EnterError {
    #[error("a capability is left in the {set} set")]
    Capability { set: &'static str },
    #[error("reading the capabilities")]
    Capabilities(#[source] caps::errors::CapsError),
    #[error("opening {folder} for the jail")]
    Folder {
        folder: String,
        #[source]
        source: landlock::PathFdError,
    },
    #[error("Landlock")]
    Landlock(#[from] landlock::RulesetError),
    #[error("the kernel enforces only a part of the Landlock rules")]
    PartlyEnforced,
    #[error("the list of system calls")]
    Filter(#[source] Box<seccompiler::Error>),
}

/// Locks this process in, all its threads. There is no way back.
pub fn enter(jail: &Jail<'_>) -> Result<(), EnterError> {
    check_no_capability()?;
    restrict_files(jail)?;
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

fn restrict_files(jail: &Jail<'_>) -> Result<(), EnterError> {
    let all = AccessFs::from_all(LANDLOCK);
    let own = all & !(AccessFs::Execute | AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::IoctlDev);
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(all)?
        .handle_access(AccessNet::from_all(LANDLOCK))?
        .scope(Scope::from_all(LANDLOCK))?
        .create()?;
    for folder in jail.folders {
        let fd = PathFd::new(folder)
            .map_err(|source| EnterError::Folder { folder: folder.display().to_string(), source })?;
        rules = rules.add_rule(PathBeneath::new(fd, own))?;
    }
    for port in jail.ports {
        rules = rules.add_rule(NetPort::new(*port, AccessNet::BindTcp))?;
    }
    let status = rules.restrict_self()?;
    if status.ruleset == RulesetStatus::FullyEnforced { Ok(()) } else { Err(EnterError::PartlyEnforced) }
}

fn restrict_system_calls(filter: Filter) -> Result<(), EnterError> {
    let text: &[u8] = match filter {
        Filter::Keyd => include_bytes!("../filters/keyd.json"),
        Filter::Computed => include_bytes!("../filters/computed.json"),
    };
    let failed = |e: seccompiler::Error| EnterError::Filter(Box::new(e));
    let programs = compile_from_json(text, TargetArch::x86_64).map_err(failed)?;
    for program in programs.values() {
        apply_filter_all_threads(program).map_err(failed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &[u8]) -> Vec<String> {
        let text = std::str::from_utf8(text).unwrap();
        text.lines()
            .filter_map(|l| l.split("\"syscall\": \"").nth(1))
            .map(|l| l.split('"').next().unwrap().to_string())
            .collect()
    }

    #[test]
    fn the_lists_compile_and_hold_nothing_dangerous() {
        for text in [&include_bytes!("../filters/keyd.json")[..], include_bytes!("../filters/computed.json")] {
            assert!(compile_from_json(text, TargetArch::x86_64).unwrap().len() == 1);
            let names = names(text);
            for forbidden in
                ["execve", "execveat", "ptrace", "mount", "unshare", "setuid", "bpf", "init_module", "kexec_load"]
            {
                assert!(!names.iter().any(|n| n == forbidden), "{forbidden}");
            }
            let mut sorted = names.clone();
            sorted.sort();
            sorted.dedup();
            assert_eq!(sorted.len(), names.len(), "a call is listed twice");
        }
    }
}
