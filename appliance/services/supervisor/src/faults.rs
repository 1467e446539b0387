//! What the end-to-end tests make a box do to itself, from its console. Built into no image but the test profile's.

use std::fs;
use std::path::Path;
use std::process::Command;

use ipc::control::Order;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::console::Console;
use crate::services::Services;

pub(crate) fn inject(console: &mut Console, command: &str, argument: Option<&str>, services: &Services) {
    let service = argument.and_then(|name| services.find(name));
    match (command, service) {
        ("kill", Some(service)) => {
            let killed = kill(Pid::from_raw(service.pid() as i32), Signal::SIGKILL);
            console.say(&format!("fault: kill {}: {killed:?}", service.row().name));
        }
        ("break-sandbox", Some(service)) => service.order(&Order::BreakSandbox, None),
        ("inspect", None) => inspect(console),
        ("edu", None) => crate::edu::test(console),
        _ => console.say("faults: kill SERVICE, break-sandbox SERVICE, inspect, edu"),
    }
}

/// Facts that only the inside can know, a line each, for the tests to read.
fn inspect(console: &mut Console) {
    console.say(&format!("inspect: write to /: {:?}", fs::write("/written", b"").map_err(|e| e.kind())));
    for folder in ["/data", "/run", "/dev"] {
        console.say(&format!("inspect: run from {folder}: {}", run_from(Path::new(folder))));
    }
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse::<u32>().ok()) else { continue };
        let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        let field = |name: &str| status.lines().find_map(|l| l.strip_prefix(name)).unwrap_or("?").trim().to_string();
        // Kernel threads have no memory of their own.
        if status.contains("VmSize:") {
            console.say(&format!(
                "inspect: process {pid} {} uid {} CapPrm {} CapEff {} CapBnd {} NoNewPrivs {} Seccomp {}",
                field("Name:"),
                field("Uid:").split_whitespace().next().unwrap_or("?"),
                field("CapPrm:"),
                field("CapEff:"),
                field("CapBnd:"),
                field("NoNewPrivs:"),
                field("Seccomp:")
            ));
        }
    }
    console.say("inspect: end");
}

fn run_from(folder: &Path) -> String {
    let copy = folder.join("copied-program");
    let outcome = fs::copy("/sbin/mke2fs", &copy).and_then(|_| Command::new(&copy).arg("-V").status());
    // It may not have been copied at all.
    let _ = fs::remove_file(&copy);
    match outcome {
        Ok(status) => format!("it ran: {status}"),
        Err(e) => format!("refused: {:?}", e.kind()),
    }
}
