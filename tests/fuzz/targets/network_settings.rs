//! The file with the network's settings: what is read gives each link addresses that a host can have (the type says so), and no more of them
//! than the supervisor takes.
#![no_main]

use ipc::control::{ADDRESSES_MAX, Link, LinkName, VLANS_MAX, Vlan};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let Ok(settings) = networkd::settings::parse(text) else { return };
    let name = |text: &str| LinkName::new("link", text).expect("a short one");
    let mut link = Link { name: name("eth0"), hardware: [0x52, 0x54, 0, 0x12, 0x34, 0x56], carrier: true, vlan: None };
    let plan = settings.plan(&link, true);
    for id in plan.vlans.iter().copied() {
        link.vlan = Some(Vlan { parent: name("eth0"), id });
        assert!(settings.plan(&link, false).vlans.is_empty());
    }
    assert!(plan.vlans.len() <= VLANS_MAX && plan.addresses.len() + usize::from(plan.dhcp) <= ADDRESSES_MAX);
    assert!(settings.time_servers().len() <= 4);
});
