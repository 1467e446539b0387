//! The box's TPM: swtpm, with its state kept between boots.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use imager::tool::Tool;

use crate::HarnessError;
use crate::process::{Process, await_socket};

const SETUP_SECONDS: u64 = 60;

/// Starts the TPM whose state is in `folder`; a new one is made there, with its endorsement key certified and these PCR banks, if there
/// is none.
pub(crate) fn start(folder: &Path, banks: &str, socket: &Path, log: &Path) -> Result<Process, HarnessError> {
    let state = folder.join("state");
    if !state_file(folder).exists() {
        manufacture(folder, banks, &state)?;
    }
    let arguments = [
        "socket".into(),
        "--tpm2".into(),
        "--terminate".into(),
        "--tpmstate".into(),
        format!("dir={}", state.display()),
        "--ctrl".into(),
        format!("type=unixio,path={}", socket.display()),
    ];
    let mut process = Process::start("swtpm", &arguments, log, false)?;
    await_socket(&mut process, socket, log)?;
    Ok(process)
}

/// What outlives a power cut, of the TPM whose state is in `folder`.
pub(crate) fn state_file(folder: &Path) -> PathBuf {
    folder.join("state/tpm2-00.permall")
}

/// A TPM with the same state.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), HarnessError> {
    let (from, to) = (from.join("state"), to.join("state"));
    fs::create_dir_all(&to).map_err(HarnessError::file("make", &to))?;
    for entry in fs::read_dir(&from).map_err(HarnessError::file("list", &from))? {
        let path = entry.map_err(HarnessError::file("list", &from))?.path();
        fs::copy(&path, to.join(path.file_name().unwrap_or_default())).map_err(HarnessError::file("copy", path))?;
    }
    Ok(())
}

fn manufacture(folder: &Path, banks: &str, state: &Path) -> Result<(), HarnessError> {
    fs::create_dir_all(state).map_err(HarnessError::file("make", state))?;
    let folder = folder.canonicalize().map_err(HarnessError::file("find", folder))?;
    let put = |name: &str, text: String| -> Result<PathBuf, HarnessError> {
        let path = folder.join(name);
        fs::write(&path, text).map_err(HarnessError::file("write", &path))?;
        Ok(path)
    };
    // A certificate authority of its own in the same folder: nothing of the machine's is used or changed.
    let options = put(
        "localca.options",
        "--platform-manufacturer Coffer\n--platform-version 1\n--platform-model emulator\n".into(),
    )?;
    let authority = put(
        "localca.conf",
        format!(
            "statedir = {0}\nsigningkey = {0}/authority.key\nissuercert = {0}/authority.crt\ncertserial = {0}/authority.serial\n",
            folder.display()
        ),
    )?;
    let setup = put(
        "setup.conf",
        format!(
            "create_certs_tool = swtpm_localca\ncreate_certs_tool_config = {}\ncreate_certs_tool_options = {}\n",
            authority.display(),
            options.display()
        ),
    )?;
    let mut command = Command::new("swtpm_setup");
    command.args(["--tpm2", "--create-ek-cert", "--create-platform-cert", "--lock-nvram", "--overwrite"]);
    command.args(["--pcr-banks", banks, "--config"]).arg(setup).arg("--tpmstate").arg(state);
    Tool::new(command, SETUP_SECONDS).run()?;
    Ok(())
}
