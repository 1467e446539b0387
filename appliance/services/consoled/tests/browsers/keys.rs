//! The box's keys before the people at the console: who sees them, and who ends one.

use ipc::keyd::{KeyKind, Limits, Operation, Reply, Request};
use ipc::{List, Name};

use crate::people::invited;
use crate::served::{Person, Served, name};
use crate::started::{Boxed, PASSWORD};

fn made(served: &Served, owner: &Person, called: &str, limits: Limits) -> Name {
    let operations = List::new("operations", vec![Operation::Encrypt, Operation::Decrypt]).unwrap();
    let (owner, called) = (owner.name.clone(), name(called));
    match served.ask(Request::CreateKey { owner, name: called, kind: KeyKind::ElGamal, operations, limits }) {
        Reply::Key(info) => info.id,
        other => panic!("{other:?}"),
    }
}

fn is_there(served: &Served, owner: &Person, id: &Name) -> bool {
    let request = Request::FindKey { id: id.clone(), client: owner.name.clone() };
    matches!(served.ask(request), Reply::Key(_))
}

const DUAL: Limits = Limits { uses_max: 5, expires: 0, dual_control: true };

#[test]
fn every_key_is_shown_to_whoever_may_and_to_nobody_else() {
    let boxed = Boxed::new();
    let root = boxed.served.administrator();
    let alice = boxed.served.client(&root, "alice", "operator");
    let id = made(&boxed.served, &alice, "payroll", DUAL);
    made(&boxed.served, &root, "spare", Limits { expires: 4_000_000_000, ..Limits::default() });
    assert!(matches!(boxed.served.ask(alice.destroy(&boxed.served, &id)), Reply::Asked(_)));
    let (mut an, _) = boxed.founded("an", false);
    let page = an.get("/keys").unwrap();
    let text = page.text();
    assert_eq!((page.status, page.title().as_str()), (200, "Keys"), "{text}");
    for part in [
        "<h2>payroll</h2>",
        "<h2>spare</h2>",
        "alice",
        "elgamal, 255 bits",
        "encrypt, decrypt",
        "0 times",
        "5 times",
        "on: its end takes two",
        "its end, asked for by alice, until",
        "2096-10-02 07:06Z",
        "href=\"/keys\"",
        "does not end from this page",
        "type its name: spare",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    an.headers = vec![("accept-language".into(), "zh".into()), ("sec-fetch-site".into(), "same-origin".into())];
    let text = an.get("/keys").unwrap().text();
    for part in ["<h1>密钥</h1>", "elgamal，255 位", "加密, 解密", "双人控制", "销毁，由 alice 申请"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    // Somebody without the role: a page that says so, in its language, and no way there in the menu.
    an.headers = vec![("accept-language".into(), "en".into()), ("sec-fetch-site".into(), "same-origin".into())];
    let (mut bo, _) = invited(&boxed, &mut an, "bo");
    let page = bo.get("/keys").unwrap();
    assert!(
        page.status == 403 && page.text().contains("It takes one of these: security administrator"),
        "{}",
        page.text()
    );
    assert!(!page.text().contains("payroll") && !page.text().contains("href=\"/keys\""), "{}", page.text());
    assert!(page.text().contains("href=\"/people\""), "it has a menu: {}", page.text());
    bo.headers = vec![("accept-language".into(), "zh".into()), ("sec-fetch-site".into(), "same-origin".into())];
    assert!(bo.get("/keys").unwrap().text().contains("需要以下角色之一：安全管理员"));
    bo.get("/people").unwrap();
    let page = bo.post("/keys/destroy", &[("id", id.as_str()), ("typed", "payroll")]).unwrap();
    assert_eq!(page.status, 403, "{}", page.text());
    let mut stranger = boxed.browser();
    assert_eq!(stranger.get("/keys").unwrap().title(), "Sign in");
}

#[test]
fn of_three_administrators_two_see_keys_and_one_ends_them() {
    let boxed = Boxed::new();
    let (mut an, _) = boxed.founded("an", true);
    let page = an.get("/keys").unwrap();
    assert!(
        page.status == 403 && page.text().contains("security administrator, audit administrator"),
        "{}",
        page.text()
    );
    let mut other = |called: &str, role: &str| {
        an.get("/people").unwrap();
        let page = an.post("/people", &[("name", called), ("role", role)]).unwrap();
        crate::people::accepted(&boxed, &page, called).0
    };
    let (mut bo, mut cai) = (other("bo", "security-administrator"), other("cai", "audit-administrator"));
    for browser in [&mut bo, &mut cai] {
        let page = browser.get("/keys").unwrap();
        assert!(page.status == 200 && page.text().contains("There is no key here"), "{}", page.text());
    }
    let destroyed = |browser: &mut form_browser::Browser| {
        browser.post("/keys/destroy", &[("id", "0123"), ("typed", "payroll")]).unwrap().status
    };
    assert_eq!((destroyed(&mut bo), destroyed(&mut cai)), (404, 403));
}

#[test]
fn a_key_ends_by_its_name_and_by_both_factors_proven_just_now() {
    let boxed = Boxed::new();
    let root = boxed.served.administrator();
    let alice = boxed.served.client(&root, "alice", "operator");
    let id = made(&boxed.served, &alice, "payroll", Limits::default());
    let dual = made(&boxed.served, &alice, "shared", DUAL);
    let (mut an, telephone) = boxed.founded("an", false);
    an.get("/keys").unwrap();
    let (id, dual) = (id.as_str(), dual.as_str());
    let there = |id: &str| is_there(&boxed.served, &alice, &name(id));
    let refused = |an: &mut form_browser::Browser, fields: &[(&str, &str)], status: u16, words: &str| {
        let page = an.post("/keys/destroy", fields).unwrap();
        assert!(page.status == status && page.text().contains(words), "{fields:?}: {}: {}", page.status, page.text());
        assert!(there(id) && there(dual), "{fields:?}");
    };
    // Too long ago: both factors first, and nothing is done.
    boxed.served.keyd.pass(301);
    refused(&mut an, &[("id", id), ("typed", "payroll")], 200, "It is still you?");
    let proof = [("password", PASSWORD), ("code", &telephone.shows()), ("back", "/keys")];
    assert_eq!(an.post("/prove", &proof).unwrap().path, "/keys");
    refused(&mut an, &[("id", id), ("typed", "Payroll")], 422, "is not its name");
    refused(&mut an, &[("id", id), ("typed", "<script>alert(1)</script>")], 422, "&#60;script&#62;");
    refused(&mut an, &[("id", id)], 422, "typed");
    refused(&mut an, &[("id", "0123"), ("typed", "payroll")], 404, "is not here any more");
    // Two people's matter stays one, whoever asks.
    refused(&mut an, &[("id", dual), ("typed", "shared")], 409, "under dual control");
    assert!(boxed.served.requests().is_empty());
    let token = std::mem::take(&mut an.token);
    refused(&mut an, &[("id", id), ("typed", "payroll")], 403, "did not come from this console");
    an.token = token;
    let page = an.post("/keys/destroy", &[("id", id), ("typed", "payroll")]).unwrap();
    assert!(page.status == 200 && page.text().contains("The key payroll is destroyed"), "{}", page.text());
    assert!(!there(id) && there(dual) && !page.text().contains("<h2>payroll</h2>"), "{}", page.text());
    let lines = boxed.served.log.lines.lock().unwrap().clone();
    assert_eq!(lines.iter().filter(|line| *line == "@an: destroy key").count(), 1, "{lines:?}");
    let details = boxed.served.log.details.lock().unwrap().join("\n");
    assert!(details.contains("\"name\":\"payroll\",\"owner\":\"alice\""), "{details}");
}

#[test]
fn many_keys_come_page_by_page() {
    let boxed = Boxed::new();
    let root = boxed.served.administrator();
    for n in 0..53 {
        made(&boxed.served, &root, &format!("k{n:02}"), Limits::default());
    }
    let (mut an, _) = boxed.founded("an", false);
    let first = an.get("/keys").unwrap().text();
    assert!(first.contains("<h2>k49</h2>") && !first.contains("<h2>k50</h2>"));
    assert!(first.contains("href=\"/keys?owner=administrator&#38;name=k49\""), "{first}");
    let rest = an.get("/keys?owner=administrator&name=k49").unwrap().text();
    assert!(rest.contains("<h2>k52</h2>") && rest.matches("<h2>k").count() == 3, "{rest}");
    let long = "a".repeat(100);
    assert!(an.get(&format!("/keys?owner={long}")).unwrap().status >= 400);
}
