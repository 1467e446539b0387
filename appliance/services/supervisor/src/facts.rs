//! What this boot is: the release, Secure Boot, lockdown, the signed policy that systemd-stub left.

use std::collections::BTreeMap;
use std::fs;
use std::os::fd::OwnedFd;
use std::time::Duration;

use box_state::{Code, Event, Reason};
use ipc::control::{BoxFacts, DataVolume, PcrPolicy};
use nix::time::{ClockId, clock_gettime};

use crate::error::{SupervisorError, file};

/// From the image's own os-release.
pub(crate) struct Release {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Which image of that version.
    pub(crate) image: String,
    pub(crate) development: bool,
    /// Seconds since 1970: no honest clock is before it.
    pub(crate) built: u64,
    /// What the TPM may be told to open nothing below of.
    pub(crate) security_version: u8,
}

impl Release {
    pub(crate) fn read() -> Result<Release, SupervisorError> {
        let path = "/etc/os-release";
        let text = fs::read_to_string(path).map_err(file("reading", path))?;
        let fields: BTreeMap<&str, &str> =
            text.lines().filter_map(|l| l.split_once('=')).map(|(k, v)| (k, v.trim_matches('"'))).collect();
        let field = |name: &str| {
            fields
                .get(name)
                .map(|v| v.to_string())
                .ok_or_else(|| SupervisorError::Content { path: path.into(), what: format!("{name} is missing") })
        };
        Ok(Release {
            name: field("NAME")?,
            version: field("VERSION_ID")?,
            image: fields.get("VARIANT_ID").map_or_else(String::new, |v| v.to_string()),
            // What does not say that it is a release is not one.
            development: fields.get("COFFER_DEVELOPMENT") != Some(&"0"),
            built: fields.get("COFFER_BUILT").and_then(|v| v.parse().ok()).unwrap_or(0),
            security_version: fields.get("COFFER_SECURITY_VERSION").and_then(|v| v.parse().ok()).unwrap_or(0),
        })
    }
}

/// What is known before anything is opened, and what is wrong with it.
pub(crate) fn gather(release: &Release) -> (BoxFacts, Vec<Event>) {
    let mut events = Vec::new();
    let mut appeared = |reason| events.push(Event::Appeared(reason));
    let secure_boot = secure_boot();
    if !secure_boot {
        appeared(Reason::new(Code::SecureBootOff));
    }
    let lockdown = lockdown().unwrap_or_else(|| "unknown".into());
    if lockdown != "confidentiality" {
        appeared(Reason::new(Code::LockdownWeak).detail(&lockdown));
    }
    let facts = BoxFacts {
        version: release.version.clone(),
        image: release.image.clone(),
        development: release.development,
        secure_boot,
        lockdown,
        data_volume: DataVolume::Closed,
        started_ms: uptime_ms(),
    };
    (facts, events)
}

/// systemd-stub(7): both are "placed in the initrd file system environment" below /.extra.
pub(crate) fn pcr_policy() -> Result<PcrPolicy, SupervisorError> {
    let read = |path: &str| fs::read_to_string(path).map_err(file("reading", path));
    Ok(PcrPolicy {
        signature_json: read("/.extra/tpm2-pcr-signature.json")?,
        public_key_pem: read("/.extra/tpm2-pcr-public-key.pem")?,
        service_public_key_pem: read("/etc/coffer/pcr-ready.pub")?,
    })
}

/// The firmware's event log, for who shows it. `None`: the kernel has none.
pub(crate) fn firmware_log() -> Option<OwnedFd> {
    fs::File::open("/sys/kernel/security/tpm0/binary_bios_measurements").ok().map(OwnedFd::from)
}

/// Milliseconds since the kernel started.
pub(crate) fn uptime_ms() -> u64 {
    uptime().as_millis() as u64
}

/// Since the kernel started.
pub(crate) fn uptime() -> Duration {
    clock_gettime(ClockId::CLOCK_BOOTTIME).map_or(Duration::ZERO, Duration::from)
}

/// UEFI 3.3: SecureBoot is 1 when the firmware enforces signatures; efivarfs puts four bytes of attributes before it. One that cannot
/// be read enforces nothing.
pub(crate) fn secure_boot() -> bool {
    let path = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
    fs::read(path).is_ok_and(|content| content.get(4) == Some(&1))
}

/// The mode in brackets: "none integrity [confidentiality]".
fn lockdown() -> Option<String> {
    let text = fs::read_to_string("/sys/kernel/security/lockdown").ok()?;
    let (_, rest) = text.split_once('[')?;
    Some(rest.split_once(']')?.0.to_string())
}
