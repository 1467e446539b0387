//! Single tries, each with its outcome in words.

use std::fs;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

pub(crate) const WAIT: Duration = Duration::from_secs(10);
/// More than a pipe holds.
const LINES: usize = 8_000;

/// What it was started with.
pub(crate) fn descriptors() -> String {
    let mut found: Vec<String> = Vec::new();
    for entry in fs::read_dir("/proc/self/fd").into_iter().flatten().flatten() {
        let target = fs::read_link(entry.path()).map_or("?".into(), |path| path.display().to_string());
        // The listing itself is one.
        if !target.ends_with("/fd") {
            let kind = target.split(':').next().unwrap_or_default();
            found.push(format!("{} {kind}", entry.file_name().to_string_lossy()));
        }
    }
    found.sort();
    format!("descriptors {}", found.join(", "))
}

/// Its own folder, and what is not its own.
pub(crate) fn files(own: &Path) -> Vec<String> {
    let kept = own.join("kept");
    let mut said = vec![format!("own folder: {}", outcome(fs::write(&kept, b"x").and_then(|()| fs::read(&kept))))];
    for path in
        ["/data/keyd", "/data/compute", "/data/audit", "/proc/meminfo", "/etc/coffer/services.json", "/bin/keyd"]
    {
        // A folder is refused as a file is, before it is looked at.
        said.push(format!("{path}: {}", outcome(fs::read(path))));
    }
    said.push(format!("/dev/tpmrm0: {}", outcome(fs::OpenOptions::new().read(true).write(true).open("/dev/tpmrm0"))));
    said
}

/// To the emulator's own gateway.
pub(crate) fn connection() -> String {
    let to = SocketAddr::from(([10, 0, 2, 2], 80));
    format!("connection: {}", outcome(TcpStream::connect_timeout(&to, WAIT)))
}

/// More than its row gives.
pub(crate) fn memory() -> String {
    let mut much: Vec<u8> = Vec::new();
    format!("memory: {}", if much.try_reserve_exact(1 << 30).is_ok() { "given" } else { "refused" })
}

/// Lines that nobody asked for: a long one that would steer a terminal, and then very many.
pub(crate) fn flood() {
    let mut output = io::stdout().lock();
    let long = format!("\u{1b}[2J\u{1b}[31m{}", "long ".repeat(2000));
    // Nobody may read it: that is not this program's to say.
    let _ = writeln!(output, "{long}");
    for count in 0..LINES {
        let _ = writeln!(output, "flood {count}");
    }
}

fn outcome<T>(result: io::Result<T>) -> String {
    match result {
        Ok(_) => "possible".into(),
        Err(e) => format!("refused, {:?}", e.kind()),
    }
}
