//! The services' programs: where they are, and as whom and with what each runs.

use std::os::fd::OwnedFd;
use std::path::Path;

use sandbox::Service;

/// keyd's uid and gid.
pub(crate) const KEYD_UID: u32 = 101;
/// computed's uid and gid.
pub(crate) const COMPUTED_UID: u32 = 102;

/// keyd before the data volume is open: for its key alone.
pub(crate) const KEYD_EARLY: Program = Program { arguments: &["early"], ..KEYD_SERVE };
/// keyd as a service.
pub(crate) const KEYD_SERVE: Program = Program {
    name: "keyd",
    path: "/bin/keyd",
    arguments: &["serve"],
    // tpm2-tss reports every refusal of the TPM's, expected or not, on the console; keyd says which ones matter.
    environment: &[("TSS2_LOG", "all+none")],
    uid: KEYD_UID,
    memory_lock: 1 << 20,
};
pub(crate) const COMPUTED: Program = Program {
    name: "computed",
    path: "/bin/computed",
    arguments: &[],
    environment: &[],
    uid: COMPUTED_UID,
    // The card's DMA pool and the rings of io_uring.
    memory_lock: 256 << 20,
};

/// How a service's process is started.
#[derive(Clone, Copy)]
pub(crate) struct Program {
    /// As the console names it.
    pub(crate) name: &'static str,
    path: &'static str,
    arguments: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
    uid: u32,
    /// Bytes of memory that it may pin.
    memory_lock: u64,
}

impl Program {
    /// With these descriptors: (ours, the number the service finds it at).
    pub(crate) fn with(&self, descriptors: Vec<(OwnedFd, i32)>) -> Service<'static> {
        Service {
            program: Path::new(self.path),
            arguments: self.arguments,
            environment: self.environment,
            uid: self.uid,
            descriptors,
            memory_lock: self.memory_lock,
        }
    }
}
