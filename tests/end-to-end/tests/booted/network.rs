//! Boxes with other networks than one card with everything: what they make of it, what they say, and that they go on trying.

use std::time::Duration;

use end_to_end::{BOOT, Box, POWER_OFF, checks};
use harness::{Machine, Network};
use serde_json::json;

/// More than a search takes, on a busy machine.
const SEARCH: Duration = Duration::from_secs(180);

#[test]
fn a_box_with_two_cards() {
    checks::run("a_box_with_two_cards", |checks| {
        let made = Box::test();
        let settings = made.settings().networks(vec![Network::Hub(1), Network::Whole]);
        let mut machine = settings.start().unwrap();
        machine.control_with("set_link", &json!({ "name": "card0", "up": false })).unwrap();
        checks.step("only_the_second_has_a_link_and_the_box_comes_up", || {
            machine.console().wait_for("coffer: ready", BOOT).unwrap();
            machine.console().wait_for("network eth0: no carrier", SEARCH).unwrap();
            machine.console().wait_for("network eth1: 10.0.2.15/24 by DHCP", SEARCH).unwrap();
        });
        let client = checks.step("a_client_reaches_it_by_the_second", || made.enrolled(&machine));
        checks.check("a_link_that_comes_up_late_is_searched_for_a_server", || {
            link(&machine, "card0", true);
            wait_status(&machine, "network eth0: no address, no DHCP server answered for ");
            client.status().unwrap();
        });
        checks.check("a_card_that_vanishes_is_said_and_comes_back", || vanishes(&machine));
        checks.check("a_file_that_does_not_parse_is_said_and_dhcp_is_used", || {
            write_file(&machine, "{\"format\":9}");
            machine
                .console()
                .wait_for("network: /data/network/network.json is not used: it has format 9", BOOT)
                .unwrap();
            let status = status(&machine);
            assert!(status.iter().any(|l| l.contains("degraded: COF-2204")), "{status:#?}");
            assert!(status.iter().any(|l| l.contains("network eth1: 10.0.2.15/24")), "{status:#?}");
        });
        checks.check("static_addresses_and_a_vlan_by_the_file", || file(&machine));
        checks.check("netlink_that_refuses_is_said_and_the_box_goes_on", || refused(&machine));
        checks.step("power_off", || machine.power_off(POWER_OFF).unwrap());
    });
}

#[test]
fn a_box_in_a_network_of_ipv6_alone() {
    checks::run("a_box_in_a_network_of_ipv6_alone", |checks| {
        let made = Box::test();
        let machine = checks.step("boot", || made.boot(&made.settings().networks(vec![Network::Ipv6])));
        checks.check("a_router_gives_it_an_address_and_it_is_operational", || {
            let line = wait_status(&machine, " by router");
            assert!(
                line.contains("network eth0: fe80::") && line.contains(", fec0::5054:ff:fe12:3456/64 by router"),
                "{line}"
            );
            assert!(!status(&machine).iter().any(|line| line.contains("degraded: COF-22")));
        });
    });
}

#[test]
fn a_box_without_a_server() {
    checks::run("a_box_without_a_server", |checks| {
        let made = Box::test();
        let networks = vec![Network::Hub(1), Network::Hub(1)];
        let machine = checks.step("boot", || made.boot(&made.settings().networks(networks)));
        checks.check("it_says_that_nobody_answers_and_is_degraded", || {
            // The reason names one of them, as it is by then.
            for card in ["eth0", "eth1"] {
                let said = format!("network {card}: no address, no DHCP server answered for 3");
                machine.console().wait_for(&said, SEARCH).unwrap();
            }
            let lines = wait_lines(&machine, "degraded: COF-2203");
            let reason = lines.iter().find(|line| line.contains("degraded: COF-2203"));
            assert!(reason.is_some_and(|line| line.contains("still trying")), "{lines:#?}");
        });
        checks.check("a_server_appears_and_it_comes_up_by_itself", || {
            machine.control_with("netdev_add", &json!({ "type": "user", "id": "late" })).unwrap();
            let port = json!({ "type": "hubport", "id": "latehub", "hubid": 1, "netdev": "late" });
            machine.control_with("netdev_add", &port).unwrap();
            // Two cards in one network: each has an address of its own, and neither speaks for the other.
            wait_lines(&machine, "/24 by DHCP");
            assert!(!status(&machine).iter().any(|line| line.contains("degraded: COF-22")));
            for card in ["eth0", "eth1"] {
                let line = wait_status(&machine, &format!("network {card}: 10.0.2.1"));
                assert!(line.contains("/24 by DHCP") && !line.contains("another host"), "{line}");
            }
        });
    });
}

/// The kernel takes the card away, as it does with one that has failed.
fn vanishes(machine: &Machine) {
    let console = machine.console();
    let address = "0000:00:02.0";
    console.mark();
    console.send_line(&format!("remove-pci {address}")).unwrap();
    let gone = console.wait_for_any(&["network eth0: it is gone", "network eth1: it is gone"], SEARCH).unwrap();
    console.mark();
    console.send_line("rescan-pci").unwrap();
    let name = if gone.0 == 0 { "eth0" } else { "eth1" };
    console.wait_for(&format!("network {name}: "), SEARCH).unwrap();
    wait_status(machine, "network eth1: 10.0.2.15/24 by DHCP");
}

/// By the second card, beside DHCP, so that the box is still reached.
fn file(machine: &Machine) {
    let entries = r#"{"link":"eth1","dhcp":true,"addresses":["10.0.2.77/24","fec0::77/64"]},{"link":"eth1","vlan":7,"addresses":["192.0.2.7/24"],"gateways":["192.0.2.1"]}"#;
    write_file(machine, &format!(r#"{{"format":2,"links":[{entries}]}}"#));
    let line = wait_status(machine, "network eth1.7: 192.0.2.7/24 by its file");
    assert!(!line.contains("DHCP"), "{line}");
    let line = wait_status(machine, "10.0.2.77/24 by its file");
    assert!(line.contains("10.0.2.15/24 by DHCP") && line.contains("fec0::77/64 by its file"), "{line}");
    assert!(!status(machine).iter().any(|line| line.contains("degraded: COF-2204")));
    write_file(machine, r#"{"format":2}"#);
    machine.console().wait_for("network eth1.7: it is gone", SEARCH).unwrap();
}

fn refused(machine: &Machine) {
    let console = machine.console();
    console.mark();
    console.send_line("netlink refuses").unwrap();
    console.wait_for("netlink refuses, as a test wants it to; it is tried again", SEARCH).unwrap();
    assert!(status(machine).iter().any(|line| line.contains("degraded: COF-2205")));
    console.send_line("netlink obeys").unwrap();
    let until = std::time::Instant::now() + SEARCH;
    while status(machine).iter().any(|line| line.contains("degraded: COF-2205")) {
        assert!(std::time::Instant::now() < until, "it stays refused");
        std::thread::sleep(Duration::from_secs(2));
    }
}

fn link(machine: &Machine, card: &str, up: bool) {
    machine.control_with("set_link", &json!({ "name": card, "up": up })).unwrap();
}

/// Of the next start of the network's service.
fn write_file(machine: &Machine, text: &str) {
    let console = machine.console();
    console.mark();
    console.send_line(&format!("write-network-file {text}")).unwrap();
    console.wait_for("fault: /data/network/network.json: Ok", BOOT).unwrap();
    console.send_line("kill networkd").unwrap();
    console.wait_for("coffer: ready", BOOT).unwrap();
}

/// The answer to `status`, a line each.
fn status(machine: &Machine) -> Vec<String> {
    let console = machine.console();
    let before = console.lines().len();
    console.send_line("status").unwrap();
    let until = std::time::Instant::now() + Duration::from_secs(60);
    loop {
        let lines = console.lines();
        let from = lines.iter().enumerate().skip(before).find(|(_, l)| l.contains("coffer: status ")).map(|(at, _)| at);
        // The watchdog's line ends what is always there; reasons follow it at once.
        if from.is_some_and(|from| lines[from..].iter().any(|line| line.contains("coffer: watchdog "))) {
            std::thread::sleep(Duration::from_millis(500));
            return console.lines()[from.unwrap_or(0)..].to_vec();
        }
        assert!(std::time::Instant::now() < until, "no answer to status");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Until a line of `status` contains this.
fn wait_status(machine: &Machine, text: &str) -> String {
    wait_lines(machine, text).into_iter().find(|line| line.contains(text)).unwrap()
}

fn wait_lines(machine: &Machine, text: &str) -> Vec<String> {
    let until = std::time::Instant::now() + SEARCH;
    loop {
        let lines = status(machine);
        if lines.iter().any(|line| line.contains(text)) {
            return lines;
        }
        assert!(std::time::Instant::now() < until, "no {text:?} in {lines:#?}");
        std::thread::sleep(Duration::from_secs(2));
    }
}
