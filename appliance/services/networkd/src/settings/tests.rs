use ipc::control::{LinkName, Vlan};

use super::*;

fn link(name: &str, vlan: Option<u16>) -> Link {
    let vlan = vlan.map(|id| Vlan { parent: LinkName::shortened(name), id: id.try_into().unwrap() });
    Link { name: LinkName::shortened(name), hardware: [0x52, 0x54, 0, 0x12, 0x34, 0x56], carrier: true, vlan }
}

fn words(addresses: &[Address]) -> Vec<String> {
    addresses.iter().map(|a| format!("{a} {:?}", a.gateway().map(|g| g.to_string()))).collect()
}

#[test]
fn format_1_is_of_the_first_link_and_is_read_whole_or_not_at_all() {
    let good = br#"{"format":1,"address":"192.0.2.7","prefix":24,"gateway":"192.0.2.1"}"#;
    let settings = parse(good).unwrap();
    let plan = settings.plan(&link("eth0", None), true);
    assert_eq!(words(&plan.addresses), [r#"192.0.2.7/24 Some("192.0.2.1")"#]);
    assert!(!plan.dhcp);
    assert_eq!(settings.plan(&link("eth1", None), false), Plan::dhcp());
    for length in 0..good.len() {
        assert!(parse(&good[..length]).is_err(), "{length} bytes");
    }
    let refused = |text: &str| parse(text.as_bytes()).unwrap_err();
    assert!(matches!(refused(r#"{"format":3}"#), SettingsError::Format(3)));
    assert!(matches!(refused(r#"{"format":1,"address":"127.0.0.1","prefix":8}"#), SettingsError::Address(_)));
    assert!(matches!(refused(r#"{"format":1,"address":"192.0.2.7","prefix":24,"dns":"x"}"#), SettingsError::Form(_)));
}

#[test]
fn format_2_says_of_each_link_what_it_has() {
    let text = br#"{"format":2,"links":[
        {"link":"eth0","vlan":7,"addresses":["192.0.2.7/24","2001:db8::7/64"],"gateways":["192.0.2.1","fe80::1"]},
        {"hardware":"52:54:00:12:34:56","addresses":["198.51.100.7/24"],"dhcp":true},
        {"link":"eth2","vlan":9},
        {"link":"eth3","addresses":["2001:db8:3::7/64"]}],
        "time-servers":["192.0.2.9","2001:db8::9"]}"#;
    let settings = parse(text).unwrap();
    let vlan = settings.plan(&link("eth0", Some(7)), false);
    assert_eq!(words(&vlan.addresses), [r#"192.0.2.7/24 Some("192.0.2.1")"#, r#"2001:db8::7/64 Some("fe80::1")"#]);
    assert!(!vlan.dhcp && vlan.vlans.is_empty());
    // By its hardware address too.
    let card = settings.plan(&link("eth0", None), true);
    assert_eq!((words(&card.addresses).len(), card.dhcp, card.vlans.len()), (1, true, 1));
    let mut other = link("eth2", None);
    other.hardware = [2; 6];
    let carries = settings.plan(&other, false);
    assert!(!carries.dhcp && carries.addresses.is_empty() && carries.vlans == [9.try_into().unwrap()], "{carries:?}");
    other.name = LinkName::shortened("eth3");
    assert!(settings.plan(&other, false).dhcp, "an address of IPv6 alone");
    other.name = LinkName::shortened("eth4");
    assert_eq!(settings.plan(&other, false), Plan::dhcp());
    assert_eq!(settings.time_servers().len(), 2);
}

#[test]
fn what_does_not_hold_is_refused_with_its_reason() {
    let entry = |entry: &str| parse(format!(r#"{{"format":2,"links":[{entry}]}}"#).as_bytes()).unwrap_err().to_string();
    for (text, why) in [
        (r#"{"vlan":7}"#, "needs one of"),
        (r#"{"link":"eth0","hardware":"52:54:00:12:34:56"}"#, "needs one of"),
        (r#"{"link":"eth0.7"}"#, "no name"),
        (r#"{"link":"../../x"}"#, "no name"),
        (r#"{"link":"a-name-that-is-too-long"}"#, "no name"),
        (r#"{"hardware":"52:54:00:12:34"}"#, "no hardware address"),
        (r#"{"hardware":"52:54:00:12:34:+6"}"#, "no hardware address"),
        (r#"{"link":"eth0","vlan":0}"#, "no VLAN"),
        (r#"{"link":"eth0","vlan":4095}"#, "no VLAN"),
        (r#"{"link":"eth0","addresses":["192.0.2.7"]}"#, "length of its prefix"),
        (r#"{"link":"eth0","addresses":["127.0.0.1/8"]}"#, "no host's address"),
        (r#"{"link":"eth0","addresses":["fe80::1/64"]}"#, "no host's address"),
        (r#"{"link":"eth0","gateways":["192.0.2.1"]}"#, "none of its networks"),
        (r#"{"link":"eth0","addresses":["192.0.2.7/24"],"gateways":["198.51.100.1"]}"#, "none of its networks"),
        (r#"{"link":"eth0","addresses":["192.0.2.7/24"],"gateways":["192.0.2.1","192.0.2.2"]}"#, "two gateways"),
        (r#"{"link":"eth0"},{"link":"eth0"}"#, "entry 2: an entry before it"),
    ] {
        let said = entry(text);
        assert!(said.contains(why), "{text}: {said}");
    }
    let many = |what: &str, count: usize| vec![what; count].join(",");
    let addresses = format!(r#"{{"link":"eth0","addresses":[{}]}}"#, many(r#""192.0.2.7/24""#, 9));
    assert!(entry(&addresses).contains("9 addresses"));
    assert!(entry(&many(r#"{"link":"x"}"#, 33)).contains("33 entries"));
    let vlans: Vec<String> = (1..18).map(|id| format!(r#"{{"link":"x","vlan":{id}}}"#)).collect();
    assert!(entry(&vlans.join(",")).contains("17 VLANs"));
    assert!(parse(br#"{"format":2,"time-servers":["224.0.1.1"]}"#).is_err());
    assert!(parse(br#"{"format":2,"dns":["192.0.2.1"]}"#).is_err());
    assert!(matches!(parse(&vec![b' '; FILE_MAX + 1]), Err(SettingsError::Size { .. })));
}
