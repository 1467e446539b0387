//! The certificate that browsers see, judged by openssl.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use ipc::keyd::{ConsoleCertificate, Refusal, Reply, Request};
use ipc::{Bytes, Caller, List};
use rcgen::{CertificateParams, CustomExtension, KeyPair};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use tempfile::TempDir;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::served::{WAIT, caller, served, transcript};
use crate::support::{SoftwareTpm, Vendor};

const NAME_CONSTRAINTS: &str = "2.5.29.30";
const DAY_S: i64 = 24 * 3600;

fn csr(key: &KeyPair) -> Bytes<{ ipc::keyd::CSR_MAX }> {
    // Whatever it asks for, keyd decides the names.
    let params = CertificateParams::new(vec!["www.example.com".into()]).unwrap();
    Bytes::new("csr", params.serialize_request(key).unwrap().der().to_vec()).unwrap()
}

fn certified(console: &Caller<Reply>, addresses: &[&str]) -> Result<ConsoleCertificate, Refusal> {
    let addresses: Vec<IpAddr> = addresses.iter().map(|a| a.parse().unwrap()).collect();
    let request = Request::CertifyConsole {
        csr: csr(&KeyPair::generate().unwrap()),
        addresses: List::new("addresses", addresses).unwrap(),
    };
    match console.call(&request, WAIT).unwrap().0 {
        Reply::ConsoleCertificate(certificate) => Ok(certificate),
        Reply::Refused(refusal) => Err(refusal),
        other => panic!("{other:?}"),
    }
}

fn pem(folder: &Path, name: &str, der: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, der).unwrap();
    let status =
        Command::new("openssl").args(["x509", "-inform", "DER", "-in"]).arg(&path).arg("-out").arg(&path).status();
    assert!(status.unwrap().success());
    path
}

/// Whether openssl takes the leaf for this purpose.
fn verifies(folder: &Path, authority: &Path, leaf: &Path, option: &str, value: &str) -> bool {
    let mut verify = Command::new("openssl");
    verify.args(["verify", "-x509_strict", "-purpose", "sslserver", option, value, "-CAfile"]);
    let output = verify.arg(authority).arg(leaf).current_dir(folder).output().unwrap();
    println!("{}", String::from_utf8_lossy(&output.stderr));
    output.status.success()
}

#[test]
fn a_browser_is_shown_this_box_and_no_other_name() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let policy = vendor.policy([0; 32]);
    let first = served(&software, &policy, &folder);
    let console = caller(&first.keyd, "consoled", &["certify-console", "identity"], drop);
    let made = certified(&console, &["10.0.2.15", "8.8.8.8", "fe80::1", "::ffff:192.168.7.8"]).unwrap();
    let Reply::Identity(identity) = console.call(&Request::Identity, WAIT).unwrap().0 else { panic!() };
    let name = identity.host_name();

    let (_, leaf) = X509Certificate::from_der(made.leaf.as_slice()).unwrap();
    let validity = leaf.validity();
    assert_eq!(validity.not_after.timestamp() - validity.not_before.timestamp(), 397 * DAY_S);
    let (_, authority) = X509Certificate::from_der(made.authority.as_slice()).unwrap();
    let constraints = authority.extensions().iter().find(|e| e.oid.to_id_string() == NAME_CONSTRAINTS).unwrap();
    assert!(constraints.critical);

    let (authority, leaf) =
        (pem(folder.path(), "authority", made.authority.as_slice()), pem(folder.path(), "leaf", made.leaf.as_slice()));
    let takes = |option, value: &str| verifies(folder.path(), &authority, &leaf, option, value);
    for host in [name.clone(), format!("{name}.local"), format!("{name}.internal")] {
        assert!(takes("-verify_hostname", &host), "{host}");
    }
    for address in ["10.0.2.15", "fe80::1", "192.168.7.8"] {
        assert!(takes("-verify_ip", address), "{address}");
    }
    assert!(!takes("-verify_hostname", "www.example.com") && !takes("-verify_ip", "8.8.8.8"));

    // Another start has the same authority, so that who trusts it goes on doing so.
    drop((console, first));
    let software = software.reboot();
    let second = served(&software, &policy, &folder);
    let console = caller(&second.keyd, "consoled", &["certify-console"], drop);
    assert_eq!(certified(&console, &[]).unwrap().authority.as_slice(), made.authority.as_slice());
}

/// The authority's own key, stolen, would still not speak for others: the same constraints around a key that this test has.
#[test]
fn what_the_authority_would_sign_for_others_no_browser_takes() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let served = served(&software, &vendor.policy([0; 32]), &folder);
    let console = caller(&served.keyd, "consoled", &["certify-console"], drop);
    let made = certified(&console, &[]).unwrap();
    let (_, authority) = X509Certificate::from_der(made.authority.as_slice()).unwrap();
    let constraints = authority.extensions().iter().find(|e| e.oid.to_id_string() == NAME_CONSTRAINTS).unwrap();
    let key = KeyPair::generate().unwrap();
    for (is_constrained, takes_it) in [(true, false), (false, true)] {
        let mut params = CertificateParams::default();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
        params.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
        if is_constrained {
            let mut same = CustomExtension::from_oid_content(&[2, 5, 29, 30], constraints.value.to_vec());
            same.set_criticality(true);
            params.custom_extensions.push(same);
        }
        let authority = params.self_signed(&key).unwrap();
        let issuer = rcgen::Issuer::new(params, &key);
        let mut leaf = CertificateParams::new(vec!["www.example.com".into()]).unwrap();
        leaf.distinguished_name.push(rcgen::DnType::CommonName, "www.example.com");
        leaf.use_authority_key_identifier_extension = true;
        leaf.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        let leaf = leaf.signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap();
        let (authority, leaf) = (pem(folder.path(), "ca", authority.der()), pem(folder.path(), "other", leaf.der()));
        assert_eq!(verifies(folder.path(), &authority, &leaf, "-verify_hostname", "www.example.com"), takes_it);
    }
}

#[test]
fn nobody_else_is_certified() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let served = served(&software, &vendor.policy([0; 32]), &folder);
    let other = caller(&served.keyd, "computed", &["identity"], drop);
    assert!(matches!(certified(&other, &[]), Err(Refusal::NotAllowed(_))));
    let console = caller(&served.keyd, "consoled", &["certify-console"], drop);
    let key = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let request = Request::CertifyConsole { csr: csr(&key), addresses: List::default() };
    let Reply::Refused(refusal) = console.call(&request, WAIT).unwrap().0 else { panic!() };
    assert!(refusal.text().contains("another kind of key"), "{refusal:?}");
}

/// What a pairing code pins says which authority it is, and whoever carries that cannot say another one.
#[test]
fn the_authority_is_signed_by_the_key_that_a_code_pins() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let served = served(&software, &vendor.policy([0; 32]), &folder);
    let Reply::Identity(identity) = served.ask(Request::Identity) else { panic!() };
    // Before any console was certified, and after.
    let told = || match served.ask(Request::ConsoleAuthority) {
        Reply::ConsoleAuthority { certificate, signature } => (certificate.into_vec(), signature.into_vec()),
        other => panic!("{other:?}"),
    };
    let (certificate, signature) = told();
    let console = caller(&served.keyd, "consoled", &["certify-console"], drop);
    assert_eq!(certified(&console, &[]).unwrap().authority.as_slice(), certificate);
    assert_eq!(told().0, certificate);
    let (_, service) = X509Certificate::from_der(identity.service.as_slice()).unwrap();
    let key = service.public_key().subject_public_key.data.as_ref();
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key);
    let statement = |device_id: &str, certificate: &[u8]| {
        accounts::statement::console_authority(device_id, &identity.host_name(), certificate)
    };
    let device_id = identity.device_id.as_str();
    assert!(key.verify(&statement(device_id, &certificate), &signature).is_ok());
    assert!(key.verify(&statement("ffffffffffffffff", &certificate), &signature).is_err());
    assert!(key.verify(&statement(device_id, &certificate[1..]), &signature).is_err());

    // The channel that has handshakes signed gets no statement signed.
    let mut other = transcript().into_vec();
    other[70] ^= 1;
    for message in [statement(device_id, b"mine"), other, transcript().as_slice()[..120].to_vec(), Vec::new()] {
        let message = Bytes::new("a message", message).unwrap();
        let refusal = served.refusal(Request::SignTls { message });
        assert!(refusal.text().contains("TLS 1.3"), "{refusal:?}");
    }
    assert!(matches!(served.ask(Request::SignTls { message: transcript() }), Reply::Signature(_)));
    // Who may not ask is told nothing.
    let Reply::Refused(Refusal::NotAllowed(_)) = console.call(&Request::ConsoleAuthority, WAIT).unwrap().0 else {
        panic!()
    };
}
