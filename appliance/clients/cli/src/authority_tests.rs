use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, CustomExtension, DnType, GeneralSubtree, IsCa, KeyPair,
    KeyUsagePurpose, NameConstraints,
};

use super::*;

const NAME: &str = "coffer-7f3a12";

fn dns(name: &str) -> GeneralSubtree {
    GeneralSubtree::DnsName(name.into())
}

fn net(address: &str, prefix: u8) -> GeneralSubtree {
    GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address.parse().unwrap(), prefix))
}

fn params(permitted: Vec<GeneralSubtree>) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, format!("Coffer console of {NAME}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.name_constraints = Some(NameConstraints { permitted_subtrees: permitted, excluded_subtrees: Vec::new() });
    params
}

fn good() -> Vec<GeneralSubtree> {
    vec![dns(NAME), dns("coffer-7f3a12.local"), net("10.0.0.0", 8), net("fd00::", 8)]
}

fn checked(params: CertificateParams) -> Result<Authority, AuthorityError> {
    Authority::check(params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec(), NAME)
}

fn too_much(permitted: Vec<GeneralSubtree>) -> String {
    match checked(params(permitted)) {
        Err(AuthorityError::TooMuch { found }) => found,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_authority_of_one_box_is_taken_and_described() {
    let authority = checked(params(good())).unwrap();
    assert_eq!(authority.permitted(), [NAME, "coffer-7f3a12.local", "10.0.0.0/8", "fd00::/8"]);
    assert_eq!(authority.names(), [NAME, "coffer-7f3a12.local", "coffer-7f3a12.internal"]);
    assert_eq!(authority.fingerprint().split(' ').count(), 16);
    let (_, pem) = x509_parser::pem::parse_x509_pem(authority.pem().as_bytes()).unwrap();
    assert_eq!(pem.contents, authority.der());
}

#[test]
fn one_that_may_speak_for_others_is_refused() {
    let mut unconstrained = params(good());
    unconstrained.name_constraints = None;
    assert_eq!(checked(unconstrained).unwrap_err(), AuthorityError::Unconstrained);
    // What is not mentioned is not constrained.
    assert_eq!(checked(params(vec![dns(NAME)])).unwrap_err(), AuthorityError::Unconstrained);
    assert_eq!(checked(params(vec![net("10.0.0.0", 8)])).unwrap_err(), AuthorityError::Unconstrained);
    for name in ["com", "", "example.com", "local", "coffer-7f3a13", "7f3a12", ".coffer-7f3a12", "coffer-7f3a12.com"] {
        assert_eq!(too_much([good(), vec![dns(name)]].concat()), name);
    }
    for (address, prefix) in
        [("0.0.0.0", 0), ("10.0.0.0", 7), ("8.8.8.0", 24), ("172.16.0.0", 11), ("::", 0), ("2000::", 3)]
    {
        assert!(too_much([good(), vec![net(address, prefix)]].concat()).ends_with(&format!("/{prefix}")), "{address}");
    }
    // Smaller networks within private ones are fine.
    for (address, prefix) in [("10.1.2.0", 24), ("192.168.0.0", 16), ("100.64.0.0", 10), ("fe80::", 10), ("fc00::", 7)]
    {
        assert!(checked(params([good(), vec![net(address, prefix)]].concat())).is_ok(), "{address}");
    }
    // A mask with a hole in it.
    let hole = CidrSubnet::V4([10, 0, 0, 0], [0xff, 0, 0xff, 0]);
    too_much([good(), vec![GeneralSubtree::IpAddress(hole)]].concat());
    let email = GeneralSubtree::Rfc822Name("example.com".into());
    too_much([good(), vec![email]].concat());
}

#[test]
fn one_that_could_do_more_than_issue_is_refused() {
    let with = |change: fn(&mut CertificateParams)| {
        let mut params = params(good());
        change(&mut params);
        checked(params).unwrap_err()
    };
    assert_eq!(with(|p| p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)), AuthorityError::NoAuthority);
    assert_eq!(with(|p| p.is_ca = IsCa::Ca(BasicConstraints::Constrained(1))), AuthorityError::NoAuthority);
    assert_eq!(with(|p| p.is_ca = IsCa::ExplicitNoCa), AuthorityError::NoAuthority);
    assert_eq!(with(|p| p.key_usages.clear()), AuthorityError::KeyUsage);
    assert_eq!(with(|p| p.key_usages.push(KeyUsagePurpose::DigitalSignature)), AuthorityError::KeyUsage);
    let unknown = |p: &mut CertificateParams| {
        let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
        extension.set_criticality(true);
        p.custom_extensions.push(extension);
    };
    assert_eq!(with(unknown), AuthorityError::Unknown { oid: "1.2.3.4".into() });
}

#[test]
fn what_was_changed_or_is_no_certificate_is_refused() {
    let der = params(good()).self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec();
    assert!(Authority::check(der.clone(), NAME).is_ok());
    assert!(matches!(Authority::check(der.clone(), "coffer-000000"), Err(AuthorityError::TooMuch { .. })));
    for name in ["", "coffer", "coffer-7f3a1", "coffer-7F3A12", "coffer-7f3a12.local", "com"] {
        assert!(matches!(Authority::check(der.clone(), name), Err(AuthorityError::HostName { .. })), "{name}");
    }
    let mut changed = der.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert!(Authority::check(changed, NAME).is_err());
    let mut more = der.clone();
    more.push(0);
    assert_eq!(Authority::check(more, NAME).unwrap_err(), AuthorityError::Unreadable);
    for length in [0, 1, 100, der.len() - 1] {
        assert_eq!(Authority::check(der[..length].to_vec(), NAME).unwrap_err(), AuthorityError::Unreadable);
    }
}
