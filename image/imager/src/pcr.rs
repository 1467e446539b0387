//! PCR 11 as systemd-stub and our PID 1 extend it, computed ahead.
//!
//! systemd, docs/TPM2_PCR_MEASUREMENTS.md and systemd-measure(1): for each section of the unified kernel image, in this order, PCR 11
//! is extended with the hash of its name with the terminating zero, then with the hash of its content; then with a word a boot phase.

use object::read::pe::PeFile64;
use object::{Object, ObjectSection};

use crate::digest::sha256;
use crate::error::ImagerError;

/// UnifiedSection in systemd's src/fundamental/uki.h; .pcrsig is the one that is not measured, for it signs the result.
const MEASURED: [&str; 13] = [
    ".linux", ".osrel", ".cmdline", ".initrd", ".ucode", ".splash", ".dtb", ".uname", ".sbat", ".pcrpkey", ".profile",
    ".dtbauto", ".hwids",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pcr(pub [u8; 32]);

impl Pcr {
    pub fn zero() -> Pcr {
        Pcr([0; 32])
    }

    /// TPM 2.0 part 1, 17.2: new = H(old || digest).
    #[must_use]
    pub fn extended(self, data: &[u8]) -> Pcr {
        Pcr(sha256(&[self.0, sha256(data)].concat()))
    }

    /// A colon between the phases, as ukify and systemd-measure write them. Phases are extended without a terminating zero.
    #[must_use]
    pub fn after_phases(self, path: &str) -> Pcr {
        path.split(':').fold(self, |pcr, phase| pcr.extended(phase.as_bytes()))
    }

    pub fn hex(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.0)
    }
}

/// The value that systemd-stub leaves in PCR 11 after it measured this image.
pub fn of_uki(image: &[u8]) -> Result<Pcr, ImagerError> {
    let mut pcr = Pcr::zero();
    for name in MEASURED {
        if let Some(content) = section(image, name)? {
            pcr = pcr.extended(format!("{name}\0").as_bytes()).extended(&content);
        }
    }
    Ok(pcr)
}

/// A section's content, as long as it is in memory; `None`: there is none, or it is empty.
pub fn section(image: &[u8], name: &str) -> Result<Option<Vec<u8>>, ImagerError> {
    let bad =
        |e: object::read::Error| ImagerError::Pe { what: "the unified kernel image".into(), problem: e.to_string() };
    let file = PeFile64::parse(image).map_err(bad)?;
    let Some(section) = file.section_by_name(name) else { return Ok(None) };
    let mut content = section.data().map_err(bad)?.to_vec();
    content.resize(section.size() as usize, 0);
    Ok(Some(content).filter(|c| !c.is_empty()))
}
