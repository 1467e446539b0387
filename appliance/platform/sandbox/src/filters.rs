//! The reviewed lists of system calls, one a service, in `filters/`: each call with its reason, and with its arguments where the
//! call alone would allow too much. A new list is a file, and no line here.
//!
//! What a list does not bound is io_uring: its operations are no system calls, so that whoever may set a ring up can open, read,
//! connect and send by it whatever its list says. Landlock, the uid and the empty set of capabilities still hold for them, as
//! `tests/rings.rs` shows, and one service alone is in the group that may have rings. The kernel could restrict a ring
//! (IORING_REGISTER_RESTRICTIONS) before it is enabled; tokio-uring 0.5 makes its own, enabled.

use include_dir::{Dir, include_dir};
use seccompiler::{BpfProgram, TargetArch, compile_from_json};

static LISTS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/filters");

/// Within a list: what is answered with "no such call", and what is allowed. Whatever is in neither kills the process.
const ABSENT: &str = "absent";
const ALLOWED: &str = "allowed";

#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    #[error("there is no list of system calls named {0:?}")]
    Unknown(String),
    #[error("the list of system calls {0:?} has not the two parts of one")]
    Parts(String),
    #[error("the list of system calls")]
    Seccomp(#[from] seccompiler::Error),
}

/// The programs of a list, in the order in which they are to be applied: the last one allows no further.
pub(crate) fn programs(name: &str) -> Result<[BpfProgram; 2], FilterError> {
    let unknown = || FilterError::Unknown(name.into());
    let file = LISTS.get_file(format!("{name}.json")).ok_or_else(unknown)?;
    let mut programs = compile_from_json(file.contents(), TargetArch::x86_64)?;
    match (programs.remove(ABSENT), programs.remove(ALLOWED)) {
        (Some(absent), Some(allowed)) if programs.is_empty() => Ok([absent, allowed]),
        _ => Err(FilterError::Parts(name.into())),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Calls whose arguments say more than their name.
    const NEVER_WHOLE: [&str; 7] = ["clone", "ioctl", "mmap", "mprotect", "prctl", "socket", "socketpair"];
    const NEVER: [&str; 14] = [
        "pkey_mprotect",
        "personality",
        "execve",
        "execveat",
        "ptrace",
        "mount",
        "unshare",
        "setns",
        "setuid",
        "bpf",
        "init_module",
        "kexec_load",
        "userfaultfd",
        "process_vm_readv",
    ];

    #[test]
    fn the_lists_compile_and_allow_nothing_dangerous() {
        for file in LISTS.files() {
            let name = file.path().file_stem().unwrap().to_str().unwrap();
            programs(name).unwrap();
            let list: serde_json::Value = serde_json::from_slice(file.contents()).unwrap();
            // Both programs judge a call, and the stricter one wins: what is absent must be allowed to be asked for.
            assert_eq!(list[ABSENT]["filter"][0]["syscall"], "clone3", "{name}");
            let mut whole: BTreeMap<&str, usize> = BTreeMap::new();
            for rule in list[ALLOWED]["filter"].as_array().unwrap() {
                let call = rule["syscall"].as_str().unwrap();
                assert!(!NEVER.contains(&call), "{name}: {call}");
                assert!(!rule["comment"].as_str().unwrap().is_empty(), "{name}: {call} has no reason");
                if rule["args"].is_null() {
                    assert!(!NEVER_WHOLE.contains(&call), "{name}: {call} with any arguments");
                    *whole.entry(call).or_default() += 1;
                }
            }
            assert!(whole.values().all(|count| *count == 1), "{name}: a call is listed twice");
            let io_uring = whole.contains_key("io_uring_setup");
            assert_eq!(io_uring, name == "computed", "{name}: one service alone has rings");
        }
    }

    #[test]
    fn a_list_that_is_not_there_is_an_error() {
        assert!(matches!(programs("nobody"), Err(FilterError::Unknown(_))));
        assert!(matches!(programs("../Cargo"), Err(FilterError::Unknown(_))));
    }
}
