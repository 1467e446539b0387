//! The certificate that a browser is shown.

use crate::started::{Boxed, condition};

#[test]
fn the_screen_shows_what_the_browser_sees_and_another_address_another_certificate() {
    let boxed = Boxed::new();
    let mut before = boxed.browser();
    let page = before.get("/").unwrap();
    let digits: String = boxed_fingerprint(&page.text());
    assert_eq!(digits.len(), 64);
    boxed.console.told(condition(&["127.0.0.1", "192.168.7.8"]));
    let after = boxed.certificate();
    assert_ne!(after.replace(' ', ""), digits);
    // Who knew the old one hears nothing of the new one, and a browser that looks at the screen comes in.
    assert!(before.get("/").is_err());
    assert!(boxed.browser().get("/").unwrap().text().contains(&after[..4]));
    // An address that is gone, and one that comes back, change nothing.
    for addresses in [&["127.0.0.1"][..], &["127.0.0.1", "192.168.7.8"]] {
        boxed.console.told(condition(addresses));
        assert_eq!(boxed.browser().get("/").unwrap().status, 200);
    }
    let authority = boxed.browser().get("/authority.crt").unwrap();
    assert_eq!(authority.header("content-type"), Some("application/x-x509-ca-cert"));
    assert!(
        authority.header("content-disposition").unwrap().contains("coffer-") && authority.body.starts_with(&[0x30])
    );
}

/// As the page's foot has it.
fn boxed_fingerprint(text: &str) -> String {
    let from = text.find("class=\"fingerprint\"").unwrap();
    let foot = text[from..].split("</dd>").next().unwrap();
    let groups = foot.split("<span>").skip(1).map(|group| group.split('<').next().unwrap());
    groups.collect()
}
