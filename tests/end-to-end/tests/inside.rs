//! What the inside of a running box allows, and how it takes the death of its parts.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;

use end_to_end::{BOOT, Box, model};

#[test]
fn read_only_no_foreign_program_no_capability_and_every_jail_closed() {
    let made = Box::test();
    let machine = made.boot(&made.settings().card(model()));
    let console = machine.console();
    console.send_line("inspect").unwrap();
    console.wait_for("inspect: end", BOOT).unwrap();
    let lines: Vec<String> = console.lines().into_iter().filter(|l| l.contains("coffer: inspect: ")).collect();
    let line = |start: &str| lines.iter().find(|l| l.contains(start)).unwrap_or_else(|| panic!("no line {start:?}"));
    assert!(line("write to /").contains("Err(ReadOnlyFilesystem)"));
    for folder in ["/data", "/run", "/dev"] {
        let line = line(&format!("run from {folder}:"));
        assert!(line.contains("refused: PermissionDenied"), "{line}");
    }
    let processes: Vec<&String> = lines.iter().filter(|l| l.contains("inspect: process ")).collect();
    let names: BTreeSet<&str> = processes.iter().map(|l| l.split_whitespace().nth(4).unwrap()).collect();
    assert_eq!(names, BTreeSet::from(["computed", "init", "keyd"]), "{processes:#?}");
    for process in processes.iter().filter(|p| !p.contains(" init ")) {
        for want in [
            "CapPrm 0000000000000000",
            "CapEff 0000000000000000",
            "CapBnd 0000000000000000",
            "NoNewPrivs 1",
            "Seccomp 2",
        ] {
            assert!(process.contains(want), "{want}: {process}");
        }
    }
}

#[test]
fn a_forbidden_system_call_kills_the_service_and_is_said_and_it_comes_back() {
    let made = Box::test();
    let machine = made.boot(&made.settings());
    let console = machine.console();
    for service in ["computed", "keyd"] {
        console.mark();
        console.send_line(&format!("break-sandbox {service}")).unwrap();
        console
            .wait_for(&format!("service {service} was killed: it made a system call that its jail forbids"), BOOT)
            .unwrap();
        console.wait_for("coffer: ready", BOOT).unwrap();
    }
}

#[test]
fn a_killed_service_comes_back_and_serves() {
    let made = Box::test();
    let machine = made.boot(&made.settings());
    let client = made.enrolled(&machine);
    for service in ["computed", "keyd"] {
        machine.console().mark();
        machine.console().send_line(&format!("kill {service}")).unwrap();
        machine.console().wait_for(&format!("service {service} was killed by SIGKILL"), BOOT).unwrap();
        machine.console().wait_for("coffer: ready", BOOT).unwrap();
        client.status().unwrap();
    }
    assert_eq!(client.call(&["audit", "verify"], 60).unwrap()["chain"], "whole");
}

#[test]
fn the_image_holds_no_shell_and_no_interpreter() {
    let made = Box::of("dev");
    let manifest = std::fs::read_to_string(made.image.join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let files = manifest["files"].as_array().unwrap();
    let programs: BTreeSet<&str> = files
        .iter()
        .filter(|f| f["size"].is_u64())
        .map(|f| f["path"].as_str().unwrap())
        .filter(|p| !p.contains("/lib") && !p.starts_with("/etc/"))
        .collect();
    assert_eq!(programs, BTreeSet::from(["/bin/computed", "/bin/keyd", "/init", "/sbin/mke2fs"]));
    let shells = ["sh", "bash", "dash", "busybox", "python", "perl", "awk", "lua"];
    assert!(files.iter().all(|f| !shells.contains(&f["path"].as_str().unwrap().rsplit('/').next().unwrap())));
}
