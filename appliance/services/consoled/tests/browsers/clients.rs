//! Programs and their certificates before the people at the console.

use data_encoding::HEXUPPER;
use ipc::keyd::{Reply, Request};
use ring::digest::{SHA256, digest};

use crate::people::{accepted, invited};
use crate::served::{Person, code, name};
use crate::started::{Boxed, PASSWORD};

#[test]
fn programs_are_shown_with_their_certificates_and_one_is_revoked() {
    let boxed = Boxed::new();
    let served = &boxed.served;
    let root = served.administrator();
    served.client(&root, "alice", "operator");
    let carol = Person::new("carol", code("carol"));
    served.ask(root.new_code(served, &carol, "auditor"));
    let Reply::Certificate(certificate) = served.ask(carol.enrol_request()) else { panic!() };
    let fingerprint = HEXUPPER.encode(digest(&SHA256, certificate.der.as_slice()).as_ref());
    let (mut an, telephone) = boxed.founded("an", false);
    let page = an.get("/clients").unwrap();
    let text = page.text();
    assert_eq!((page.status, page.title().as_str()), (200, "Clients and certificates"), "{text}");
    for part in [
        "<h2>alice</h2>",
        "<h2>carol</h2>",
        "Own keys and jobs",
        "Status and audit log",
        "not used yet",
        "in use",
        &fingerprint,
        certificate.client.serial.as_str(),
        "href=\"/programs\"",
        "href=\"/clients\"",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("not known"), "{text}");
    let serial = served.clients().iter().find(|client| client.name == *"alice").unwrap().serial.clone();
    let is_revoked = || served.clients().iter().any(|client| client.name == *"alice" && client.revoked);
    let refused = |an: &mut form_browser::Browser, fields: &[(&str, &str)], status: u16, words: &str| {
        let page = an.post("/clients/revoke", fields).unwrap();
        assert!(page.status == status && page.text().contains(words), "{fields:?}: {}: {}", page.status, page.text());
        assert!(!is_revoked(), "{fields:?}");
    };
    let right = [("serial", serial.as_str()), ("typed", "alice")];
    served.keyd.pass(301);
    refused(&mut an, &right, 200, "It is still you?");
    let proof = [("password", PASSWORD), ("code", &telephone.shows()), ("back", "/clients")];
    assert_eq!(an.post("/prove", &proof).unwrap().path, "/clients");
    refused(&mut an, &[("serial", serial.as_str()), ("typed", "carol")], 422, "is not its name");
    refused(&mut an, &[("serial", "00"), ("typed", "alice")], 404, "is not here any more");
    let token = std::mem::take(&mut an.token);
    refused(&mut an, &right, 403, "did not come from this console");
    an.token = token;
    let page = an.post("/clients/revoke", &right).unwrap();
    assert!(page.status == 200 && page.text().contains("The program alice is revoked"), "{}", page.text());
    assert!(is_revoked());
    assert_eq!(an.post("/clients/revoke", &right).unwrap().status, 404, "once");
    let lines = served.log.lines.lock().unwrap().clone();
    assert_eq!(lines.iter().filter(|line| *line == "@an: revoke client").count(), 1, "{lines:?}");
    an.headers = vec![("accept-language".into(), "zh".into()), ("sec-fetch-site".into(), "same-origin".into())];
    let text = an.get("/clients").unwrap().text();
    for part in ["<h1>客户端与证书</h1>", "已吊销", "接入时间"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // A proof of keyd's own callers is still asked for: the person's session is none.
    let refusal = served.refusal(Request::Revoke {
        serial: name("00"),
        proof: root.proof(served, accounts::statement::Action::ReadAuditLog),
    });
    assert!(refusal.text().contains("proof"), "{refusal:?}");
}

#[test]
fn who_may_not_is_told_so() {
    let boxed = Boxed::new();
    let (mut an, _) = boxed.founded("an", true);
    assert!(an.get("/clients").unwrap().text().contains("No program was let in yet"));
    let (mut deng, _) = invited(&boxed, &mut an, "deng");
    let page = deng.get("/clients").unwrap();
    assert!(
        page.status == 403 && page.text().contains("system administrator, security administrator"),
        "{}",
        page.text()
    );
    assert!(!page.text().contains("href=\"/clients\""), "{}", page.text());
    an.get("/people").unwrap();
    let page = an.post("/people", &[("name", "bo"), ("role", "security-administrator")]).unwrap();
    let (mut bo, _) = accepted(&boxed, &page, "bo");
    assert_eq!(bo.get("/clients").unwrap().status, 200);
    let page = bo.post("/clients/revoke", &[("serial", "00"), ("typed", "x")]).unwrap();
    assert!(page.status == 403 && page.text().contains("system administrator"), "{}", page.text());
}
