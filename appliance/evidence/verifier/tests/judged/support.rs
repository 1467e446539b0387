//! An auditor, with his nonce, his roots and his clock.

use evidence_box::{Machine, Vendor};
use verifier::{Input, Report, Roots, Unusable, appraise};

pub(crate) const NONCE: [u8; 32] = [0xa5; 32];

pub(crate) struct Auditor {
    pub(crate) vendor: Vendor,
    pub(crate) roots: Roots,
    pub(crate) reference: Vec<u8>,
    pub(crate) now: u64,
}

impl Auditor {
    /// Who trusts the maker of this machine's TPM, and this vendor.
    pub(crate) fn of(machine: &Machine, vendor: Vendor) -> Auditor {
        let mut roots = Roots::default();
        roots.add_endorsement_root(machine.root()).unwrap();
        roots.add_release_key(&vendor.public("release")).unwrap();
        roots.add_device_record_key(&vendor.public("device-record")).unwrap();
        let reference = vendor.signed_values(&Vendor::values());
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        Auditor { vendor, roots, reference, now }
    }

    pub(crate) fn input<'a>(&'a self, evidence: &'a [u8]) -> Input<'a> {
        Input {
            evidence,
            reference: Some(&self.reference),
            roots: &self.roots,
            nonce: &NONCE,
            now: self.now,
            previous: None,
            serial: None,
            channel: None,
            activation: None,
            allow_development: false,
        }
    }

    pub(crate) fn judge(&self, evidence: &[u8]) -> Result<Report, Unusable> {
        appraise(&self.input(evidence))
    }
}
