use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, NameConstraints, SanType, date_time_ymd,
};
use rustls::{ClientConnection, ServerConfig, ServerConnection};

use super::*;

const NAME: &str = "coffer-7f3a12";

struct Ca {
    key: KeyPair,
    params: CertificateParams,
}

impl Ca {
    fn new(names: &[&str], network: &str) -> Ca {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Coffer console");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let names = names.iter().map(|name| GeneralSubtree::DnsName(name.to_string()));
        let network = CidrSubnet::from_addr_prefix(network.parse().unwrap(), 8);
        let permitted_subtrees = names.chain([GeneralSubtree::IpAddress(network)]).collect();
        params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
        Ca { key: KeyPair::generate().unwrap(), params }
    }

    fn authority(&self) -> Authority {
        Authority::check(self.params.self_signed(&self.key).unwrap().der().to_vec(), NAME).unwrap()
    }

    fn leaf(&self, names: &[&str], years: (i32, i32)) -> (Vec<u8>, KeyPair) {
        let mut params = CertificateParams::default();
        params.subject_alt_names = names
            .iter()
            .map(|name| match name.parse::<IpAddr>() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName((*name).try_into().unwrap()),
            })
            .collect();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        (params.not_before, params.not_after) = (date_time_ymd(years.0, 1, 1), date_time_ymd(years.1, 1, 1));
        let key = KeyPair::generate().unwrap();
        let issuer = Issuer::new(self.params.clone(), &self.key);
        (params.signed_by(&key, &issuer).unwrap().der().to_vec(), key)
    }
}

/// What becomes of a handshake, in memory.
fn shaken(config: ClientConfig, name: ServerName<'static>, leaf: Vec<u8>, key: &KeyPair) -> Result<(), Error> {
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let server = ServerConfig::builder_with_provider(tls::provider()).with_protocol_versions(&[&TLS13]).unwrap();
    let mut server = server.with_no_client_auth().with_single_cert(vec![leaf.into()], key).unwrap();
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    let mut server = ServerConnection::new(Arc::new(server)).unwrap();
    let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
    while client.is_handshaking() {
        let mut bytes = Vec::new();
        client.write_tls(&mut bytes).unwrap();
        server.read_tls(&mut bytes.as_slice()).unwrap();
        server.process_new_packets()?;
        let mut bytes = Vec::new();
        server.write_tls(&mut bytes).unwrap();
        client.read_tls(&mut bytes.as_slice()).unwrap();
        client.process_new_packets()?;
    }
    Ok(())
}

fn believed(ca: &Ca, host: &str, leaf: (Vec<u8>, KeyPair)) -> Result<(), NotBelieved> {
    let authority = ca.authority();
    let done = shaken(config(&authority, host).unwrap(), server_name(&authority).unwrap(), leaf.0, &leaf.1);
    done.map_err(|e| match e {
        Error::InvalidCertificate(CertificateError::Other(other)) => {
            other.0.downcast_ref::<NotBelieved>().unwrap().clone()
        }
        other => panic!("{other}"),
    })
}

fn is_issuer(found: Result<(), NotBelieved>) -> bool {
    matches!(found, Err(NotBelieved::Issuer(_)))
}

#[test]
fn the_boxs_own_certificate_is_believed_and_another_authoritys_is_not() {
    let (ca, other) = (Ca::new(&[NAME], "10.0.0.0"), Ca::new(&[NAME], "10.0.0.0"));
    let names = [NAME, "10.0.0.7"];
    assert_eq!(believed(&ca, "10.0.0.7", ca.leaf(&names, (2026, 2027))), Ok(()));
    // The same names, by an authority that looks the same.
    assert!(is_issuer(believed(&ca, "10.0.0.7", other.leaf(&names, (2026, 2027)))));
    // By no authority at all; and the authority's own certificate, as a server's.
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec![NAME.to_string()]).unwrap().self_signed(&key).unwrap().der().to_vec();
    assert!(is_issuer(believed(&ca, "10.0.0.7", (own, key))));
    // The control: who checks nothing believes it, so that it is the check that refuses.
    #[derive(Debug)]
    struct Gullible;
    let (leaf, key) = other.leaf(&names, (2026, 2027));
    impl ServerCertVerifier for Gullible {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            Ok(ServerCertVerified::assertion())
        }
        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Ok(HandshakeSignatureValid::assertion())
        }
        fn verify_tls13_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Ok(HandshakeSignatureValid::assertion())
        }
        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            vec![SignatureScheme::ECDSA_NISTP256_SHA256]
        }
    }
    let mut gullible = config(&ca.authority(), "10.0.0.7").unwrap();
    gullible.dangerous().set_certificate_verifier(Arc::new(Gullible));
    assert_eq!(shaken(gullible, server_name(&ca.authority()).unwrap(), leaf, &key), Ok(()));
}

#[test]
fn the_certificate_is_for_this_box_and_for_the_address_it_is_looked_for_at() {
    let ca = Ca::new(&[NAME], "10.0.0.0");
    let leaf = || ca.leaf(&[NAME, "10.0.0.7"], (2026, 2027));
    let moved = believed(&ca, "10.0.0.8", leaf()).unwrap_err();
    assert_eq!(moved, NotBelieved::Address { wanted: [10, 0, 0, 8].into(), found: "10.0.0.7".into() });
    assert!(moved.to_string().contains("10.0.0.7, and not for 10.0.0.8"));
    // Names, public addresses and loopback (something forwards) ask for the box's own name alone.
    for host in ["box.example", "8.8.8.8", "127.0.0.1", "::1", "2001:db8::7"] {
        assert_eq!(believed(&ca, host, leaf()), Ok(()), "{host}");
    }
    assert!(is_issuer(believed(&ca, "10.0.0.7", ca.leaf(&["coffer-000000", "10.0.0.7"], (2026, 2027)))));
    // Beyond what the authority may speak for.
    assert!(is_issuer(believed(&ca, "10.0.0.7", ca.leaf(&[NAME, "10.0.0.7", "www.example.com"], (2026, 2027)))));
    assert!(is_issuer(believed(&ca, "10.0.0.7", ca.leaf(&[NAME, "10.0.0.7", "8.8.8.8"], (2026, 2027)))));
}

#[test]
fn a_box_whose_clock_is_wrong_is_reached() {
    let ca = Ca::new(&[NAME], "10.0.0.0");
    for years in [(1971, 1972), (2026, 2027), (2090, 2091)] {
        assert_eq!(believed(&ca, "10.0.0.7", ca.leaf(&[NAME, "10.0.0.7"], years)), Ok(()), "{years:?}");
    }
}

#[test]
fn addresses_that_have_to_be_certified() {
    for (host, address) in [
        ("10.0.0.7", Some("10.0.0.7")),
        ("::ffff:10.0.0.7", Some("10.0.0.7")),
        ("fe80::1%eth0", Some("fe80::1")),
        ("100.64.0.1", Some("100.64.0.1")),
        ("100.128.0.1", None),
        ("172.32.0.1", None),
        ("127.0.0.1", None),
        ("box", None),
    ] {
        assert_eq!(certified_address(host), address.map(|a| a.parse().unwrap()), "{host}");
    }
}
