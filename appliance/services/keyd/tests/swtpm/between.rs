//! Somebody between keyd and a software TPM: a bus on which a TPM answers late, or answers that it fails.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use tss_esapi::tcti_ldr::TctiNameConf;

use crate::support::SoftwareTpm;

/// What is done with a command.
pub(crate) enum Deed {
    Pass,
    /// It is carried to the TPM after so long.
    Late(Duration),
    /// It is not carried: this response code comes back.
    Answer(u32),
    /// Nothing comes back any more: the bus is cut.
    Cut,
}

/// TPM 2.0 part 2, 6.6.
pub(crate) const FAILURE: u32 = 0x101;
pub(crate) const TESTING: u32 = 0x90a;

/// A way to the TPM on which `deed` decides about each command; it ends with the test's process.
pub(crate) fn between(software: &SoftwareTpm, deed: impl Fn() -> Deed + Send + Sync + 'static) -> TctiNameConf {
    on_the_way(software, deed, |_| {})
}

/// A way to the TPM on which somebody hears every command and every response.
pub(crate) fn listened(software: &SoftwareTpm) -> (TctiNameConf, Arc<Mutex<Vec<u8>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = heard.clone();
    (on_the_way(software, || Deed::Pass, move |packet| ear.lock().unwrap().extend(packet)), heard)
}

fn on_the_way(
    software: &SoftwareTpm,
    deed: impl Fn() -> Deed + Send + Sync + 'static,
    hear: impl Fn(&[u8]) + Send + Sync + 'static,
) -> TctiNameConf {
    let (here, there, deed, hear) = (TempDir::new().unwrap(), software.socket(), Arc::new(deed), Arc::new(hear));
    let socket = here.path().join("tpm");
    let listen = |path| UnixListener::bind(path).unwrap();
    let (commands, control, their_control) = (listen(socket.clone()), listen(controls(&socket)), controls(&there));
    thread::spawn(move || {
        let _lasts_as_long = here;
        for ours in commands.incoming().flatten() {
            let (there, deed, hear) = (there.clone(), deed.clone(), hear.clone());
            thread::spawn(move || carry(ours, &there, &*deed, &*hear));
        }
    });
    thread::spawn(move || {
        for ours in control.incoming().flatten() {
            let theirs = UnixStream::connect(&their_control).unwrap();
            for (mut from, mut to) in
                [(ours.try_clone(), theirs.try_clone()), (Ok(theirs), Ok(ours))].map(|(a, b)| (a.unwrap(), b.unwrap()))
            {
                thread::spawn(move || {
                    let _ = io::copy(&mut from, &mut to);
                    // One side has ended: swtpm waits for the end of a connection before it looks at the next one.
                    let _ = to.shutdown(Shutdown::Both);
                });
            }
        }
    });
    TctiNameConf::from_str(&format!("swtpm:path={}", socket.display())).unwrap()
}

/// What is asked beside the commands has a socket of its own, whose name tpm2-tss knows.
fn controls(socket: &Path) -> PathBuf {
    socket.with_extension("ctrl")
}

/// Commands of one connection, until either side hangs up.
fn carry(mut ours: UnixStream, there: &Path, deed: &dyn Fn() -> Deed, hear: &dyn Fn(&[u8])) -> io::Result<()> {
    let mut theirs = UnixStream::connect(there)?;
    loop {
        let command = packet(&mut ours)?;
        match deed() {
            Deed::Pass => {}
            Deed::Late(late) => thread::sleep(late),
            Deed::Answer(code) => {
                // TPM_ST_NO_SESSIONS, ten bytes, the code.
                ours.write_all(&[&[0x80, 1, 0, 0, 0, 10], &code.to_be_bytes()[..]].concat())?;
                continue;
            }
            Deed::Cut => return Ok(()),
        }
        theirs.write_all(&command)?;
        let response = packet(&mut theirs)?;
        [&command, &response].into_iter().for_each(|packet| hear(packet));
        ours.write_all(&response)?;
    }
}

/// A command or a response: its length stands at byte 2.
fn packet(stream: &mut UnixStream) -> io::Result<Vec<u8>> {
    let mut packet = vec![0; 10];
    stream.read_exact(&mut packet)?;
    let size = u32::from_be_bytes(packet[2..6].try_into().unwrap());
    packet.resize(size as usize, 0);
    stream.read_exact(&mut packet[10..])?;
    Ok(packet)
}
