use rcgen::{BasicConstraints, CertificateParams, CidrSubnet, DnType, GeneralSubtree, IsCa, KeyPair, KeyUsagePurpose};

use super::*;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, format!("Coffer console of {name}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let network = CidrSubnet::from_addr_prefix([10, 0, 0, 0].into(), 8);
    let permitted_subtrees = vec![GeneralSubtree::DnsName(name.into()), GeneralSubtree::IpAddress(network)];
    params.name_constraints = Some(rcgen::NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
    let der = params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec();
    Authority::check(der, name).unwrap()
}

#[test]
fn another_certificate_is_replaced_when_it_is_said_and_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("box.pem");
    let (ours, changed, other) = (authority("coffer-7f3a12"), authority("coffer-7f3a12"), authority("coffer-000000"));
    assert_eq!(write(&path, &ours, false).unwrap(), Written::New);
    assert_eq!(write(&path, &ours, false).unwrap(), Written::Same);
    let kept = fs::read(&path).unwrap();
    for (authority, why) in [(&changed, "has changed since"), (&other, "another box's")] {
        let said = write(&path, authority, false).unwrap_err().to_string();
        assert!(said.contains(why) && said.contains(&ours.fingerprint()) && said.contains("--replace"), "{said}");
        assert_eq!(fs::read(&path).unwrap(), kept);
    }
    assert_eq!(write(&path, &other, true).unwrap(), Written::Replaced);
    assert_eq!(fs::read(&path).unwrap(), other.pem().as_bytes());
    // What is no certificate is not ours to overwrite either; nothing is left beside it.
    fs::write(&path, "notes").unwrap();
    assert!(write(&path, &ours, false).unwrap_err().to_string().contains("no certificate"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert!(write(&folder.path().join("nowhere").join("box.pem"), &ours, true).is_err());
}
