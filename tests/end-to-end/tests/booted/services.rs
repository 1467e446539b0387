//! What the services of a box may do and say, by the words of one that the test profile adds.

use std::collections::BTreeMap;
use std::time::Duration;

use end_to_end::BOOT;
use harness::Machine;

const PROBE: &str = "coffer: probe: ";

/// From inside: no descriptor but its own, nobody else's files, no connection, no call that its row does not grant.
pub(crate) fn probe(machine: &Machine) {
    let console = machine.console();
    let said = |what: &str| console.wait_value(&format!("{PROBE}{what}"), BOOT).unwrap();
    assert_eq!(said("descriptors "), "0 /dev/null, 1 pipe, 2 pipe, 3 socket");
    assert_eq!(said("own folder: "), "possible");
    for path in
        ["/data/keyd", "/data/compute", "/data/audit", "/proc/meminfo", "/etc/coffer/services.json", "/bin/keyd"]
    {
        assert_eq!(said(&format!("{path}: ")), "refused, PermissionDenied", "{path}");
    }
    assert_eq!(said("/dev/tpmrm0: "), "refused, PermissionDenied");
    assert_eq!(said("connection: "), "refused, PermissionDenied");
    assert_eq!(said("memory: "), "refused");
    assert_eq!(said("a call that is not granted: "), "refused");
    // What it said of cards and addresses was not its to say.
    assert!(console.find("says the probe").is_none() && console.find("198.51.100.7").is_none());
}

/// It wrote a line of 10 kB with what steers a terminal, and eight thousand lines.
pub(crate) fn talk(machine: &Machine) {
    let console = machine.console();
    let long = console.wait_for("[31mlong", BOOT).unwrap();
    // The harness takes real escape sequences out: what is left was made printable.
    assert!(long.contains("probe: ?[2J?[31mlong long") && long.contains("...") && long.len() < 300, "{long}");
    console.wait_for("lines left out", BOOT).unwrap();
    let lines = console.lines().iter().filter(|line| line.contains("probe: flood ")).count();
    assert!((1..100).contains(&lines), "{lines} lines of a flood");
}

/// By DHCP from the emulator; set by the supervisor on the word of the one service that may give it.
pub(crate) fn address(machine: &Machine) {
    let network = machine.console().wait_value("coffer: network eth0: 10.0.2.15/24 by DHCP", BOOT).unwrap();
    assert!(network.is_empty() || network.starts_with(", "), "{network}");
}

/// Names and process ids of the services.
pub(crate) fn pids(machine: &Machine) -> BTreeMap<String, String> {
    let console = machine.console();
    console.mark();
    console.send_line("inspect").unwrap();
    console.wait_for("inspect: end", Duration::from_secs(60)).unwrap();
    let lines = console.lines();
    let last = lines.iter().rposition(|l| l.contains("inspect: write to /")).unwrap();
    let words = lines[last..].iter().filter_map(|line| line.split_once("inspect: process ")).map(|(_, words)| words);
    let process = |words: &str| {
        let mut words = words.split_whitespace();
        let (pid, name) = (words.next()?, words.next()?);
        Some((name.trim_end_matches("-service").to_string(), pid.to_string()))
    };
    words.filter_map(process).collect()
}

/// The names of those with another process.
pub(crate) fn changed(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    after.iter().filter(|(name, pid)| before.get(*name) != Some(pid)).map(|(name, _)| name.clone()).collect()
}
