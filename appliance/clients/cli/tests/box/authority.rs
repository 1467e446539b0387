//! Authorities that no browser should be made to trust, whatever a box says of them.

use std::sync::atomic::Ordering;

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, GeneralSubtree, IsCa, KeyPair, KeyUsagePurpose,
    NameConstraints,
};

use crate::desk::Desk;
use crate::support::console::host_name;

fn authority(permitted: Option<Vec<GeneralSubtree>>) -> Vec<u8> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Coffer console");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.name_constraints =
        permitted.map(|permitted_subtrees| NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
    params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
}

fn own() -> Vec<GeneralSubtree> {
    let network = CidrSubnet::from_addr_prefix([10, 0, 0, 0].into(), 8);
    vec![GeneralSubtree::DnsName(host_name()), GeneralSubtree::IpAddress(network)]
}

/// `coffer console` or `coffer trust` at a box whose console has this authority; and how often keyd was asked.
fn asked_at(certificate: Vec<u8>, what: &str) -> (bool, String, usize) {
    let desk = Desk::new();
    *desk.box_.keyd.console.certificate.lock().unwrap() = certificate;
    let (code, port) = (desk.box_.code("admin"), desk.box_.enrolment.port().to_string());
    let file = desk.folder.path().join("box.pem").display().to_string();
    let mut arguments = vec![what, "127.0.0.1", "--enrol-port", &port, "--code", &code];
    if what == "trust" {
        arguments.extend(["--out", &file]);
    }
    let mut text = String::new();
    let mut is_done = false;
    for _ in 0..3 {
        let output = desk.run(&arguments);
        (is_done, text) = (output.status.success(), crate::desk::text(&output));
        assert_eq!(desk.folder.path().join("box.pem").exists(), is_done && what == "trust");
    }
    (is_done, text, desk.box_.keyd.console.asked.load(Ordering::Relaxed))
}

#[test]
fn an_authority_that_could_speak_for_others_is_neither_written_nor_believed() {
    let everything = CidrSubnet::from_addr_prefix([0, 0, 0, 0].into(), 0);
    let more = |subtree: GeneralSubtree| authority(Some([own(), vec![subtree]].concat()));
    for (certificate, why) in [
        (authority(None), "no name constraints"),
        (authority(Some(vec![GeneralSubtree::DnsName(host_name())])), "no name constraints"),
        (more(GeneralSubtree::DnsName("com".into())), "may speak for com"),
        (more(GeneralSubtree::IpAddress(everything)), "may speak for 0.0.0.0/0"),
        (vec![0x30, 0], "no X.509 certificate"),
    ] {
        for what in ["console", "trust"] {
            let (is_done, said, _) = asked_at(certificate.clone(), what);
            assert!(!is_done && said.contains("not one to trust") && said.contains(why), "{what}: {said}");
        }
    }
    // The control.
    let (is_done, said, asked) = asked_at(authority(Some(own())), "trust");
    assert!(is_done && said.contains("may speak for coffer-001122"), "{said}");
    // However often strangers ask, keyd is asked once.
    assert_eq!(asked, 1);
}

#[test]
fn a_box_without_a_console_says_so() {
    let (is_done, said, asked) = asked_at(Vec::new(), "trust");
    assert!(!is_done && said.contains("no console"), "{said}");
    // What failed is asked for again.
    assert_eq!(asked, 3);
}
