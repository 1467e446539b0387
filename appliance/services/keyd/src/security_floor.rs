//! What the vendor's older releases open: nothing, once the box does not fall back to them any more.

use ipc::Name;
use ipc::auditd::Weight;
use serde_json::json;

use crate::chain;
use crate::serve::Keyd;
use crate::tpm::Tpm;

impl Keyd {
    /// Has the TPM open nothing any more for releases of a lower security version than this; the log tells of it. What cannot be raised is
    /// said, and tried again at the next start.
    pub fn raise_security_floor(&self, version: u8) {
        let keyd = self.clone();
        let work = move |tpm: &mut Tpm| {
            let [_, ready] = &keyd.0.policies;
            match tpm.raise_security_floor(ready, version) {
                Ok(true) => {
                    let detail = json!({ "version": version });
                    // Over already, so that there is nothing to wait for.
                    keyd.0.audit.record(Weight::Relief, &Name::default(), "security version raised", &detail, drop);
                }
                Ok(false) => {}
                Err(e) => eprintln!("keyd: the security version was not raised to {version}: {}", chain(&e)),
            }
        };
        if self.0.tpm.push("supervisor", work).is_err() {
            eprintln!("keyd: too much to do for the TPM: the security version was not raised to {version}");
        }
    }
}
