use std::net::IpAddr;
use std::time::Duration;

use ipc::List;
use ipc::control::{Address, By, Dhcp, Given, Line, LinkName, LinkReport, Order};

use super::model::Model;
use super::seen::{Held, Seen, Standing};
use super::step::Step;
use super::trouble::Trouble;

const HARDWARE: [u8; 6] = [0x52, 0x54, 0, 0x12, 0x34, 0x56];
const HOLDER: Option<u32> = Some(42);

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn link(index: u32, name: &str) -> Seen {
    Seen {
        index,
        name: name.into(),
        hardware: HARDWARE,
        up: true,
        carrier: true,
        addresses: Vec::new(),
        gateways: Vec::new(),
    }
}

fn held(address: &str, prefix: u8, permanent: bool) -> Held {
    Held { address: address.parse().unwrap(), prefix, standing: Standing::InUse, permanent }
}

fn given(address: &str, prefix: u8, gateway: Option<&str>, by: By) -> Given {
    let parse = |text: &str| text.parse::<IpAddr>().unwrap();
    Given { address: Address::new(parse(address), prefix, gateway.map(parse)).unwrap(), by }
}

fn report(link: &str, addresses: Vec<Given>, dhcp: Dhcp) -> LinkReport {
    let addresses = List::new("addresses", addresses).unwrap();
    LinkReport { link: LinkName::shortened(link), addresses, taken: List::default(), vlans: List::default(), dhcp }
}

fn leased() -> LinkReport {
    report("eth0", vec![given("10.0.2.15", 24, Some("10.0.2.2"), By::Dhcp)], Dhcp::Bound)
}

/// Takes the steps as the kernel does when it refuses nothing.
fn settle(model: &mut Model, steps: &[Step]) {
    for step in steps {
        if let Step::Give { index, .. } = step {
            model.given(*index);
        }
    }
}

#[test]
fn a_link_is_brought_up_handed_over_addressed_and_then_left_alone() {
    let mut model = Model::default();
    let mut eth0 = Seen { up: false, carrier: false, ..link(2, "eth0") };
    assert_eq!(model.see(vec![eth0.clone()], HOLDER, at(0)), [Step::Up { index: 2, name: "eth0".into() }]);
    eth0.up = true;
    let steps = model.see(vec![eth0.clone()], HOLDER, at(1));
    assert!(matches!(&steps[..], [Step::Give { index: 2, link }] if !link.carrier), "{steps:?}");
    settle(&mut model, &steps);
    eth0.carrier = true;
    let carrier = Step::Tell(Order::Carrier { link: LinkName::shortened("eth0"), up: true });
    assert_eq!(model.see(vec![eth0.clone()], HOLDER, at(2)), [carrier]);
    model.report(leased(), at(3));
    let wanted = leased().addresses.as_slice()[0].address;
    let configure = [Step::Configure { index: 2, addresses: vec![wanted] }];
    assert_eq!(model.see(vec![eth0.clone()], HOLDER, at(3)), configure);
    // Without its route it is not done.
    eth0.addresses = vec![held("10.0.2.15", 24, true)];
    assert_eq!(model.see(vec![eth0.clone()], HOLDER, at(4)), configure);
    eth0.gateways = vec!["10.0.2.2".parse().unwrap()];
    // What IPv6 gives itself is nobody's to take away.
    eth0.addresses.extend([held("fe80::1", 64, true), held("2001:db8::7", 64, false)]);
    assert_eq!(model.see(vec![eth0.clone()], HOLDER, at(5)), []);
    model.report(report("eth0", Vec::new(), Dhcp::Searching { seconds: 0, lost: true }), at(6));
    assert_eq!(model.see(vec![eth0], HOLDER, at(6)), [Step::Configure { index: 2, addresses: Vec::new() }]);
}

#[test]
fn a_new_process_is_handed_everything_again_and_addresses_stay_meanwhile() {
    let mut model = Model::default();
    let mut eth0 = link(2, "eth0");
    let steps = model.see(vec![eth0.clone()], HOLDER, at(0));
    settle(&mut model, &steps);
    model.report(leased(), at(0));
    (eth0.addresses, eth0.gateways) = (vec![held("10.0.2.15", 24, true)], vec!["10.0.2.2".parse().unwrap()]);
    assert_eq!(model.see(vec![eth0.clone()], HOLDER, at(1)), []);
    assert_eq!(model.see(vec![eth0.clone()], None, at(2)), []);
    let steps = model.see(vec![eth0], Some(43), at(3));
    assert!(matches!(&steps[..], [Step::Give { index: 2, .. }]), "{steps:?}");
}

#[test]
fn a_card_that_is_gone_is_told_and_another_of_its_name_is_not_it() {
    let mut model = Model::default();
    let steps = model.see(vec![link(2, "eth0")], HOLDER, at(0));
    settle(&mut model, &steps);
    model.report(leased(), at(0));
    let gone = || Step::Tell(Order::LinkGone { link: LinkName::shortened("eth0") });
    let steps = model.see(vec![link(3, "eth0")], HOLDER, at(1));
    assert!(matches!(&steps[..], [told, Step::Give { index: 3, .. }] if *told == gone()), "{steps:?}");
    settle(&mut model, &steps);
    assert_eq!(model.see(Vec::new(), HOLDER, at(2)), [gone()]);
    model.report(leased(), at(3));
    assert_eq!(model.news(at(3)), Vec::<String>::new(), "nobody has ever been told of it");
    assert_eq!(model.links(at(3)), []);
}

#[test]
fn vlans_are_made_and_those_that_nobody_wants_go() {
    let mut model = Model::default();
    let eth0 = link(2, "eth0");
    let steps = model.see(vec![eth0.clone()], HOLDER, at(0));
    settle(&mut model, &steps);
    let seven = 7.try_into().unwrap();
    let vlans = List::new("VLANs", vec![seven]).unwrap();
    model.report(LinkReport { vlans, ..report("eth0", Vec::new(), Dhcp::Off) }, at(0));
    let make = Step::MakeVlan { parent: 2, id: seven, name: "eth0.7".into() };
    assert_eq!(model.see(vec![eth0.clone()], HOLDER, at(1)), [make]);
    let steps = model.see(vec![eth0.clone(), link(3, "eth0.7"), link(4, "eth0.8")], HOLDER, at(2));
    let [Step::Remove { index: 4 }, Step::Give { index: 3, link: vlan }, Step::Give { index: 4, .. }] = &steps[..]
    else {
        panic!("{steps:?}");
    };
    assert_eq!(vlan.vlan.as_ref().map(|vlan| (vlan.parent.as_str(), u16::from(vlan.id))), Some(("eth0", 7)));
}

#[test]
fn what_the_kernel_refuses_is_said_once_and_tried_again_later() {
    let mut model = Model::default();
    model.see(vec![Seen { up: false, ..link(2, "eth0") }], HOLDER, at(0));
    model.done(Some("it refuses".into()), at(0));
    assert!(model.news(at(0)).contains(&"network: it refuses; it is tried again".into()));
    for second in 1..10 {
        assert_eq!(model.see(vec![Seen { up: false, ..link(2, "eth0") }], HOLDER, at(second)), []);
        model.done(None, at(second));
        assert!(model.news(at(second)).is_empty());
        assert!(model.troubles(at(second)).contains(&Trouble::Netlink { why: "it refuses".into() }));
    }
    assert_eq!(model.see(vec![Seen { up: false, ..link(2, "eth0") }], HOLDER, at(10)).len(), 1);
    model.done(None, at(10));
    assert_eq!(model.troubles(at(10)), []);
}

#[test]
fn each_link_is_told_in_words() {
    let mut model = Model::default();
    let mut eth0 = link(2, "eth0");
    let eth1 = Seen { carrier: false, ..link(3, "eth1") };
    let eth2 = link(4, "eth2");
    eth0.addresses = vec![
        held("2001:db8::7", 64, false),
        held("fe80::1", 64, true),
        held("10.0.2.15", 24, true),
        held("10.0.2.77", 24, true),
    ];
    let seen = vec![eth0, eth1, eth2];
    model.see(seen.clone(), HOLDER, at(0));
    let both = vec![given("10.0.2.15", 24, None, By::Dhcp), given("10.0.2.77", 24, None, By::File)];
    model.report(report("eth0", both, Dhcp::Bound), at(0));
    model.report(report("eth2", Vec::new(), Dhcp::Searching { seconds: 30, lost: false }), at(30));
    model.see(seen, HOLDER, at(31));
    let eth0 = "10.0.2.15/24 by DHCP, 10.0.2.77/24 by its file, fe80::1/64, 2001:db8::7/64 by router";
    let eth1 = "no carrier: nothing answers at the other end of its cable";
    assert_eq!(
        model.news(at(31)),
        [
            format!("network eth0: {eth0}"),
            format!("network eth1: {eth1}"),
            "network eth2: no address, no DHCP server answered for 30 s, still trying".into()
        ]
    );
    // In the status it goes on counting, and is no news.
    assert!(model.news(at(60)).is_empty());
    let words: Vec<String> = model.links(at(60)).into_iter().map(|(_, words)| words).collect();
    assert_eq!(words, [eth0, eth1, "no address, no DHCP server answered for 60 s, still trying"]);
}

#[test]
fn an_address_that_another_host_has_is_no_address() {
    let mut model = Model::default();
    let mut eth0 = link(2, "eth0");
    eth0.addresses = vec![Held { standing: Standing::Taken, ..held("2001:db8::7", 64, true) }];
    model.see(vec![eth0.clone()], HOLDER, at(0));
    model.report(report("eth0", vec![given("2001:db8::7", 64, None, By::File)], Dhcp::Off), at(0));
    model.see(vec![eth0], HOLDER, at(31));
    assert_eq!(model.links(at(31))[0].1, "no address yet (2001:db8::7/64 by its file (another host has it))");
    assert!(matches!(&model.troubles(at(31))[..], [Trouble::NoAddress { .. }]));
}

#[test]
fn a_box_without_an_address_is_in_trouble_after_a_while_and_says_which() {
    let mut model = Model::default();
    let troubles = |model: &mut Model, seen: Vec<Seen>, second: u64| {
        model.see(seen, HOLDER, at(second));
        model.troubles(at(second))
    };
    assert_eq!(troubles(&mut model, Vec::new(), 0), []);
    assert_eq!(troubles(&mut model, Vec::new(), 31), [Trouble::NoCard]);
    let dead = |index, name| Seen { carrier: false, ..link(index, name) };
    let both = vec!["eth0".to_string(), "eth1".into()];
    assert_eq!(troubles(&mut model, vec![dead(2, "eth0"), dead(3, "eth1")], 32), [Trouble::NoCarrier { links: both }]);
    let why = Line::shortened("10.0.2.0/24: it is none");
    model.report(report("eth1", Vec::new(), Dhcp::Refused { why }), at(33));
    let found = troubles(&mut model, vec![dead(2, "eth0"), link(3, "eth1")], 33);
    let [Trouble::NoAddress { link: name, words }] = &found[..] else { panic!("{found:?}") };
    assert!(name == "eth1" && words.contains("offer was refused (10.0.2.0/24: it is none)"), "{words}");
    // One address of either kind on any link is enough; one of the link alone is not.
    let with = |address: &str| Seen { addresses: vec![held(address, 64, false)], ..link(3, "eth1") };
    assert_eq!(troubles(&mut model, vec![dead(2, "eth0"), with("fe80::1")], 34).len(), 1);
    assert_eq!(troubles(&mut model, vec![dead(2, "eth0"), with("2001:db8::1")], 35), []);
    // And then there is time again.
    assert_eq!(troubles(&mut model, vec![dead(2, "eth0"), link(3, "eth1")], 36), []);
    model.file_not_used("why".into(), HOLDER);
    assert_eq!(model.troubles(at(36)), [Trouble::FileNotUsed { why: "why".into() }]);
    // The next process may be heard before it is seen.
    model.file_not_used("why".into(), Some(43));
    assert_eq!(model.troubles(at(36)), []);
    model.see(vec![with("2001:db8::1")], Some(43), at(36));
    assert_eq!(model.troubles(at(36)), [Trouble::FileNotUsed { why: "why".into() }]);
    model.see(Vec::new(), Some(44), at(37));
    assert_eq!(model.troubles(at(37)), [], "another process may read another file");
}

#[test]
fn a_cable_that_flaps_does_not_fill_the_screen() {
    let mut model = Model::default();
    let mut lines = 0;
    for second in 0..3600 {
        model.see(vec![Seen { carrier: second % 2 == 0, ..link(2, "eth0") }], HOLDER, at(second));
        lines += model.news(at(second)).len();
    }
    assert!((100..=145).contains(&lines), "{lines}");
}
