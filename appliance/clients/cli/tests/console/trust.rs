//! What browsers are given to trust.

use std::process::Command;

use crate::house::{House, Proxy, done, refused};

fn der(pem: &std::path::Path) -> Vec<u8> {
    let output = Command::new("openssl").args(["x509", "-outform", "DER", "-in"]).arg(pem).output().unwrap();
    assert!(output.status.success());
    output.stdout
}

#[test]
fn the_authority_that_is_written_is_the_consoles_own() {
    let house = House::new();
    let said = done(&mut house.asks("trust", Some(&house.pin()), &[]));
    let name = format!("coffer-{}", &house.boxed.served.device_id()[..6]);
    assert_eq!(said["box"], name.as_str());
    let path = Proxy::path(&house.home, &format!("{name}.pem"));
    // The console hands out the same, to whoever compared its fingerprint with the screen.
    assert_eq!(der(&path), house.boxed.browser().get("/authority.crt").unwrap().body);
    let permitted: Vec<&str> = said["permitted"].as_array().unwrap().iter().map(|p| p.as_str().unwrap()).collect();
    for expected in [name.as_str(), &format!("{name}.local"), "10.0.0.0/8", "192.168.0.0/16", "fe80::/10"] {
        assert!(permitted.contains(&expected), "{permitted:?}");
    }
    assert!(!permitted.contains(&"0.0.0.0/0"));
    let fingerprint =
        Command::new("openssl").args(["x509", "-noout", "-fingerprint", "-sha256", "-in"]).arg(&path).output();
    let digits =
        String::from_utf8(fingerprint.unwrap().stdout).unwrap().trim().rsplit('=').next().unwrap().replace(':', "");
    assert_eq!(said["sha256"].as_str().unwrap().replace(' ', ""), digits);
    assert_eq!(done(&mut house.asks("trust", Some(&house.code), &[]))["unchanged"], true);

    // Another box's stays where it is, until it is said.
    let other = House::new();
    let out = path.display().to_string();
    let kept = std::fs::read(&path).unwrap();
    let said = refused(&mut other.asks("trust", Some(&other.code), &["--out", &out]));
    assert!(said.contains(&name) && said.contains("another box's") && said.contains("--replace"), "{said}");
    assert_eq!(std::fs::read(&path).unwrap(), kept);
    done(&mut other.asks("trust", Some(&other.code), &["--out", &out, "--replace"]));
    assert_eq!(der(&path), other.boxed.browser().get("/authority.crt").unwrap().body);
    // An enrolled machine needs no code, and the code of all this was not used up.
    assert!(house.enrol().status.success());
    done(&mut house.asks("trust", None, &["--out", "mine.pem"]));
}

#[test]
fn without_the_browsers_own_program_it_is_said_what_to_do_by_hand() {
    let house = House::new();
    let empty = Proxy::path(&house.home, "empty");
    std::fs::create_dir(&empty).unwrap();
    let mut command = house.asks("trust", Some(&house.code), &["--install"]);
    let said = refused(command.env("PATH", &empty));
    assert!(said.contains("libnss3-tools") && said.contains("By hand"), "{said}");
    // Nothing was begun.
    assert_eq!(std::fs::read_dir(house.home.path()).unwrap().count(), 1);
    let said = refused(house.program().args(["trust", "--remove"]));
    assert!(said.contains("coffer-XXXXXX"), "{said}");
}
