//! What this boot is: the release, Secure Boot, lockdown, the signed policy that systemd-stub left.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use ipc::control::{BoxFacts, DataVolume, PcrPolicy};
use nix::time::{ClockId, clock_gettime, clock_settime};

use crate::error::{SupervisorError, file};

/// From the image's own os-release.
pub(crate) struct Release {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) development: bool,
    /// Seconds since 1970: no honest clock is before it.
    pub(crate) built: u64,
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
            // What does not say that it is a release is not one.
            development: fields.get("COFFER_DEVELOPMENT") != Some(&"0"),
            built: fields.get("COFFER_BUILT").and_then(|v| v.parse().ok()).unwrap_or(0),
        })
    }
}

pub(crate) fn gather(release: &Release) -> Result<BoxFacts, SupervisorError> {
    let mut degraded = Vec::new();
    let secure_boot = secure_boot()?;
    if !secure_boot {
        degraded.push("Secure Boot is off: anything could have been started instead of this image".into());
    }
    let lockdown = lockdown()?;
    if lockdown != "confidentiality" {
        degraded.push(format!("the kernel's lockdown is {lockdown:?}, not \"confidentiality\""));
    }
    if let Some(why) = settle_clock(release)? {
        degraded.push(why);
    }
    Ok(BoxFacts {
        version: release.version.clone(),
        development: release.development,
        secure_boot,
        lockdown,
        data_volume: DataVolume::Created,
        degraded,
        started_ms: uptime_ms(),
    })
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

/// Milliseconds since the kernel started.
pub(crate) fn uptime_ms() -> u64 {
    clock_gettime(ClockId::CLOCK_BOOTTIME).map_or(0, |t| t.tv_sec() as u64 * 1000 + t.tv_nsec() as u64 / 1_000_000)
}

/// UEFI 3.3: SecureBoot is 1 when the firmware enforces signatures; efivarfs puts four bytes of attributes before it.
fn secure_boot() -> Result<bool, SupervisorError> {
    let path = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
    match fs::read(path) {
        Ok(content) => Ok(content.get(4) == Some(&1)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(file("reading", path)(e)),
    }
}

/// The mode in brackets: "none integrity [confidentiality]".
fn lockdown() -> Result<String, SupervisorError> {
    let path = Path::new("/sys/kernel/security/lockdown");
    let text = fs::read_to_string(path).map_err(file("reading", path))?;
    let mode = text.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map(|(mode, _)| mode.to_string());
    mode.ok_or_else(|| SupervisorError::Content { path: path.into(), what: format!("no mode in {text:?}") })
}

/// The kernel took the time from the hardware clock. One before the image was made is wrong for sure, and would
/// accept certificates that have long expired; the image's own date is then the better guess, and it is said.
fn settle_clock(release: &Release) -> Result<Option<String>, SupervisorError> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    if now >= release.built {
        return Ok(None);
    }
    let built = nix::sys::time::TimeSpec::new(release.built as i64, 0);
    clock_settime(ClockId::CLOCK_REALTIME, built)
        .map_err(|source| SupervisorError::System { action: "setting the clock", source })?;
    Ok(Some("the hardware clock is older than this image: set it, or replace its battery".into()))
}
