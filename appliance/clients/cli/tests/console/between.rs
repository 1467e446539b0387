//! Somebody between the browser and the box, and boxes that are not the one of the code.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use data_encoding::HEXUPPER;
use form_browser::Browser;
use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::house::{House, refused};

/// A page of his own, with a certificate of his own for the box's names.
struct Middle {
    address: SocketAddr,
    fingerprint: String,
    /// What he was sent.
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Middle {
    fn new(name: &str) -> Middle {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_string(), "10.0.2.15".into(), "127.0.0.1".into()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let fingerprint = HEXUPPER.encode(ring::digest::digest(&ring::digest::SHA256, certificate.der()).as_ref());
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()));
        let config = config.with_protocol_versions(&[&rustls::version::TLS13]).unwrap().with_no_client_auth();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let config = Arc::new(config.with_single_cert(vec![certificate.der().clone()], key).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, heard) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let hears = heard.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let mut stream = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream);
                let mut buffer = [0; 4096];
                let Ok(read) = stream.read(&mut buffer) else { continue };
                hears.lock().unwrap().extend(&buffer[..read]);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 4\r\n\r\nmine");
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        });
        Middle { address, fingerprint, heard }
    }
}

/// Carries connections to wherever it is told to.
struct Switch {
    address: SocketAddr,
    to: Arc<Mutex<SocketAddr>>,
}

impl Switch {
    fn new(to: SocketAddr) -> Switch {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, to) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(to)));
        let towards = to.clone();
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let Ok(far) = TcpStream::connect(*towards.lock().unwrap()) else { continue };
                for (mut from, mut to) in [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far, near)] {
                    std::thread::spawn(move || {
                        let _ = std::io::copy(&mut from, &mut to);
                        let _ = to.shutdown(std::net::Shutdown::Write);
                    });
                }
            }
        });
        Switch { address, to }
    }
}

#[test]
fn who_stands_in_between_is_told_nothing() {
    let house = House::new();
    let name = house.boxed.served.device_id()[..6].to_string();
    let middle = Middle::new(&format!("coffer-{name}"));
    // He serves whoever believes him: the control.
    let page = Browser::new(middle.address, &middle.fingerprint).get("/").unwrap();
    assert_eq!(page.text(), "mine");
    middle.heard.lock().unwrap().clear();
    // From the start.
    let port = middle.address.port().to_string();
    let said = refused(&mut house.asks("console", Some(&house.code), &["--console-port", &port]));
    assert!(said.contains("is not believed") && said.contains("nothing was sent there"), "{said}");
    // And when he comes later.
    let switch = Switch::new(house.boxed.console.address);
    let mut proxy = house.proxy_to(switch.address.port(), &[]);
    let mut browser = proxy.browser();
    browser.get("/").unwrap();
    *switch.to.lock().unwrap() = middle.address;
    let body = browser.form(&[("code", &house.presence())]);
    let page = browser.send("POST", "/set-up/presence", Some(body.as_bytes())).unwrap();
    assert!(page.status == 502 && page.text().contains("is not believed") && page.text().contains("可能有人在中间"));
    assert!(!page.text().contains("mine"), "{}", page.text());
    assert_eq!(middle.heard.lock().unwrap().as_slice(), b"");
    // He goes, and the box is back.
    *switch.to.lock().unwrap() = house.boxed.console.address;
    assert_eq!(
        browser.post("/set-up/presence", &[("code", &house.presence())]).unwrap().path,
        "/set-up/administrators"
    );
    // Nobody at all.
    *switch.to.lock().unwrap() = free();
    let page = browser.send("GET", "/", None).unwrap();
    assert!(page.status == 502 && page.text().contains("cannot be reached"), "{}", page.text());
    proxy.interrupt();
    let (_, told) = proxy.ended();
    assert!(told.contains("is not believed"), "{told}");
}

#[test]
fn another_box_than_the_codes_is_refused() {
    let (house, other) = (House::new(), House::new());
    let port = house.boxed.console.address.port().to_string();
    for what in ["console", "trust"] {
        let said = refused(&mut house.asks(what, Some(&other.code), &[]));
        assert!(said.contains("another box answers there than the one of this code"), "{said}");
        // One that was typed wrong, one that is none, and none at all.
        let wrong = house.code.replacen(
            house.code.chars().next().unwrap(),
            if house.code.starts_with('0') { "1" } else { "0" },
            1,
        );
        let said = refused(&mut house.asks(what, Some(&wrong), &[]));
        assert!(said.contains("than the one of this code"), "{said}");
        let said = refused(&mut house.asks(what, Some("1234"), &[]));
        assert!(said.contains("first four groups") && said.contains("has 4"), "{said}");
        let said = refused(&mut house.asks(what, None, &[]));
        assert!(said.contains("--code"), "{said}");
        let mut nowhere = house.program();
        let said = refused(nowhere.args([what, "127.0.0.1", "--code", &house.code, "--enrol-port", "1"]));
        assert!(said.contains("connecting to 127.0.0.1:1"), "{said}");
        let said = refused(house.program().args([what, "https://127.0.0.1", "--code", &house.code]));
        assert!(said.contains("no URL"), "{said}");
    }
    // The code's own box, and another one's console.
    let others = other.boxed.console.address.port().to_string();
    let said = refused(&mut house.asks("console", Some(&house.code), &["--console-port", &others]));
    assert!(said.contains("is not believed"), "{said}");
    let closed = free().port().to_string();
    let said = refused(&mut house.asks("console", Some(&house.code), &["--console-port", &closed]));
    assert!(said.contains("cannot be reached"), "{said}");
    // An enrolled machine knows its box, and no other one.
    assert!(house.enrol().status.success());
    let mut elsewhere = house.program();
    let enrol_port = other.enrolment.port().to_string();
    let arguments = ["console", "127.0.0.1", "--enrol-port", &enrol_port, "--console-port", &port];
    let said = refused(elsewhere.args(arguments));
    assert!(said.contains("another box answers there"), "{said}");
}

/// Nobody listens there.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
