//! swtpm, with an endorsement certificate of an authority of its own.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::commands::Tpm;

pub struct SoftwareTpm {
    on: Option<software_tpm::SoftwareTpm>,
    folder: TempDir,
}

impl SoftwareTpm {
    /// A new one, from its maker.
    pub fn manufacture() -> SoftwareTpm {
        let folder = TempDir::new().unwrap();
        let at = folder.path();
        let put = |name: &str, text: String| -> PathBuf {
            fs::write(at.join(name), text).unwrap();
            at.join(name)
        };
        let options =
            put("options", "--platform-manufacturer Coffer\n--platform-version 1\n--platform-model test\n".into());
        let text = format!(
            "statedir = {0}\nsigningkey = {0}/authority.key\nissuercert = {0}/authority.crt\ncertserial = {0}/serial\n",
            at.display()
        );
        let authority = put("authority.conf", text);
        let setup = put(
            "setup.conf",
            format!(
                "create_certs_tool = swtpm_localca\ncreate_certs_tool_config = {}\ncreate_certs_tool_options = {}\n",
                authority.display(),
                options.display()
            ),
        );
        fs::create_dir(at.join("state")).unwrap();
        let mut command = Command::new("swtpm_setup");
        command.args(["--tpm2", "--create-ek-cert", "--overwrite", "--pcr-banks", "sha1,sha256"]);
        command.arg("--config").arg(setup).arg("--tpmstate").arg(at.join("state"));
        let done = command.output().expect("swtpm_setup (scripts/in-root has it)");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
        SoftwareTpm { on: None, folder }
    }

    /// Power-on. What was on before is switched off.
    pub fn power_on(&mut self) -> Tpm {
        self.power_cut();
        let on = software_tpm::SoftwareTpm::power_on(&self.folder.path().join("state"));
        let stream = UnixStream::connect(on.socket()).unwrap();
        self.on = Some(on);
        Tpm::new(stream)
    }

    /// Without an order that says so before ([`Tpm::shutdown`]), it does not know how far its clock was.
    pub fn power_cut(&mut self) {
        self.on = None;
    }

    /// Certificates of its maker's authority, PEM: one that vouches for itself, and one that vouches for the TPM.
    pub fn authority(&self) -> (PathBuf, PathBuf) {
        let at: &Path = self.folder.path();
        (at.join("swtpm-localca-rootca-cert.pem"), at.join("authority.crt"))
    }
}
