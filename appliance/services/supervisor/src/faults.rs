//! What the end-to-end tests make a box do to itself, from its console. Built into no image but the test profile's.

use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use ipc::control::Order;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::console::Console;
use crate::network::Network;
use crate::services::Services;
use crate::watch::ImageTrial;

const FILLER: &str = "/data/filler";

pub(crate) fn inject(
    console: &mut Console,
    command: &str,
    argument: Option<&str>,
    services: &Services,
    network: &mut Network,
    image: &mut ImageTrial,
) {
    let service = argument.and_then(|name| services.find(name));
    match (command, service) {
        ("kill", Some(service)) => {
            let killed = kill(Pid::from_raw(service.pid() as i32), Signal::SIGKILL);
            console.say(&format!("fault: kill {}: {killed:?}", service.row().name));
        }
        ("break-sandbox", Some(service)) => service.order(&Order::BreakSandbox, None),
        ("inspect", None) => inspect(console),
        ("edu", None) => crate::edu::test(console),
        ("fill", None) => {
            let filled = fill();
            console.say(&format!("fault: filled: {filled:?}"));
        }
        ("unfill", None) => console.say(&format!("fault: emptied: {:?}", fs::remove_file(FILLER))),
        ("write-network-file", None) => write_network_file(console, argument.unwrap_or_default()),
        ("remove-pci", None) => pci(console, &format!("devices/{}/remove", argument.unwrap_or_default())),
        ("rescan-pci", None) => pci(console, "rescan"),
        ("end-trial", None) => image.end(),
        ("netlink", None) => network.refuse(argument == Some("refuses")),
        _ => console.say(
            "faults: kill SERVICE, break-sandbox SERVICE, inspect, edu, write-network-file JSON, netlink refuses|obeys, \
             remove-pci ADDRESS, rescan-pci, fill, unfill, end-trial",
        ),
    }
}

/// Takes all of the data volume's room.
fn fill() -> std::io::Result<()> {
    let mut file = fs::File::create(FILLER)?;
    for size in [1 << 20, 4096] {
        while file.write_all(&vec![0x5a; size]).is_ok() {}
    }
    file.sync_all()
}

/// As an administrator's tool will, once there is one.
fn write_network_file(console: &mut Console, text: &str) {
    let path = "/data/network/network.json";
    console.say(&format!("fault: {path}: {:?}", fs::write(path, text)));
}

/// A device goes, or what there is comes back.
fn pci(console: &mut Console, what: &str) {
    console.say(&format!("fault: {what}: {:?}", fs::write(Path::new("/sys/bus/pci").join(what), "1")));
}

/// Facts that only the inside can know, a line each, for the tests to read.
fn inspect(console: &mut Console) {
    console.say(&format!("inspect: write to /: {:?}", fs::write("/written", b"").map_err(|e| e.kind())));
    for folder in ["/data", "/run", "/dev"] {
        console.say(&format!("inspect: run from {folder}: {}", run_from(Path::new(folder))));
    }
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let swap = memory.lines().find_map(|l| l.strip_prefix("SwapTotal:")).unwrap_or("none").trim();
    console.say(&format!("inspect: swap {swap}"));
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse::<u32>().ok()) else { continue };
        let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        let field = |name: &str| status.lines().find_map(|l| l.strip_prefix(name)).unwrap_or("?").trim().to_string();
        // Kernel threads have no memory of their own.
        if status.contains("VmSize:") {
            console.say(&format!(
                "inspect: process {pid} {} uid {} CapPrm {} CapEff {} CapBnd {} NoNewPrivs {} Seccomp {} memory-of {} locked {}",
                field("Name:"),
                field("Uid:").split_whitespace().next().unwrap_or("?"),
                field("CapPrm:"),
                field("CapEff:"),
                field("CapBnd:"),
                field("NoNewPrivs:"),
                field("Seccomp:"),
                // Root's: nobody of its uid may read it (proc(5), PR_SET_DUMPABLE).
                fs::metadata(entry.path().join("mem")).map_or("?".into(), |m| m.uid().to_string()),
                field("VmLck:").replace(' ', ""),
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
