//! People among themselves, at the console.

use accounts::PairingCode;
use form_browser::{Browser, Page, Telephone};

use crate::served::Person;
use crate::started::{Boxed, PASSWORD, account, post};

pub(crate) fn invited(boxed: &Boxed, by: &mut Browser, name: &str) -> (Browser, Telephone) {
    by.get("/people").unwrap();
    let page = by.post("/people", &[("name", name), ("role", "")]).unwrap();
    accepted(boxed, &page, name)
}

/// With the code that this page shows.
pub(crate) fn accepted(boxed: &Boxed, page: &Page, name: &str) -> (Browser, Telephone) {
    let code = page.of_class("secret shown").unwrap_or_else(|| panic!("{}", page.text()));
    let mut browser = boxed.browser();
    let page = browser.get("/invitation").unwrap();
    let telephone = Telephone::scanned(&page.of_class("secret").unwrap());
    let mut fields = account(&page, &telephone, name);
    fields.push(("invitation".into(), code));
    let page = post(&mut browser, "/invitation", &fields);
    // Whoever may goes on with the set-up.
    assert!(["/", "/set-up/checks"].contains(&page.path.as_str()), "{}", page.text());
    (browser, telephone)
}

pub(crate) fn sign_in(browser: &mut Browser, name: &str, password: &str, code: &str) -> Page {
    browser.get("/sign-in").unwrap();
    browser.post("/sign-in", &[("name", name), ("password", password), ("code", code)]).unwrap()
}

#[test]
fn roles_are_given_taken_and_never_by_oneself() {
    let boxed = Boxed::new();
    let (mut an, _) = boxed.founded("an", false);
    let (mut bo, telephone) = invited(&boxed, &mut an, "bo");
    assert!(bo.get("/people").unwrap().text().contains("no role"));
    let page = an.post("/people/roles", &[("name", "bo"), ("operator", "yes"), ("metrics", "yes")]).unwrap();
    assert!(page.path == "/people" && page.text().contains("operator, monitoring"), "{}", page.text());
    // Rights that change end the sessions of their person.
    assert_eq!(bo.get("/people").unwrap().title(), "Sign in");
    let oneself = an.post("/people/roles", &[("name", "an"), ("audit-administrator", "yes")]).unwrap();
    assert!(oneself.status == 422 && oneself.text().contains("roles to themselves"), "{}", oneself.text());
    let both = [("name", "bo"), ("audit-administrator", "yes"), ("operator", "yes")];
    let both = an.post("/people/roles", &both).unwrap();
    assert!(both.status == 422 && both.text().contains("exclude each other"), "{}", both.text());

    let page = an.post("/people/standing", &[("name", "bo"), ("what", "suspend")]).unwrap();
    assert!(page.text().contains("suspended"), "{}", page.text());
    assert_eq!(sign_in(&mut bo, "bo", PASSWORD, &telephone.shows()).status, 422);
    an.post("/people/standing", &[("name", "bo"), ("what", "resume")]).unwrap();
    let page = an.post("/people/standing", &[("name", "bo"), ("what", "reset")]).unwrap();
    let (_, _) = accepted(&boxed, &page, "bo");
    let page = an.post("/people/standing", &[("name", "bo"), ("what", "remove")]).unwrap();
    assert!(page.path == "/people" && !page.text().contains("<h2>bo</h2>"), "{}", page.text());
    for wrong in [("bo", "suspend"), ("an", "explode"), ("", "remove")] {
        an.get("/people").unwrap();
        let page = an.post("/people/standing", &[("name", wrong.0), ("what", wrong.1)]).unwrap();
        assert_eq!(page.status, 422, "{wrong:?}");
    }
    let last = an.post("/people/standing", &[("name", "an"), ("what", "remove")]).unwrap();
    assert!(last.status >= 400 && last.text().contains("<h2>an</h2>"), "{}", last.text());
}

#[test]
fn a_lost_telephone_another_password_and_other_browsers() {
    let boxed = Boxed::new();
    let (mut an, telephone) = boxed.founded("an", false);
    an.get("/account").unwrap();
    let page = an.post("/account/codes", &[]).unwrap();
    let text = page.text();
    let codes: Vec<&str> = text.split("<li>").skip(1).map(|item| item.split('<').next().unwrap()).collect();
    assert_eq!(codes.len(), 8);
    let mut other = boxed.browser();
    assert_eq!(sign_in(&mut other, "an", PASSWORD, codes[0]).path, "/set-up/checks");
    assert_eq!(sign_in(&mut boxed.browser(), "an", PASSWORD, codes[0]).status, 422, "it was used");
    an.get("/account").unwrap();
    assert!(an.post("/account/sessions", &[]).unwrap().text().contains("everywhere else"));
    assert_eq!(other.get("/account").unwrap().title(), "Sign in");

    let new = "another horse battery";
    let different = an.post("/account/password", &[("password", new), ("again", PASSWORD)]).unwrap();
    assert!(different.status == 422 && different.path == "/account/password", "{}", different.text());
    let short = an.post("/account/password", &[("password", "short"), ("again", "short")]).unwrap();
    assert!(short.status == 422 && short.text().contains("12 characters"), "{}", short.text());
    assert_eq!(an.post("/account/password", &[("password", new), ("again", new)]).unwrap().path, "/sign-in");
    assert_eq!(sign_in(&mut an, "an", PASSWORD, &telephone.shows()).status, 422);
    assert_eq!(sign_in(&mut an, "an", new, codes[1]).path, "/set-up/checks");
}

#[test]
fn whoever_is_signed_in_takes_evidence_for_an_auditor() {
    let boxed = Boxed::new();
    let (mut an, _) = boxed.founded("an", false);
    an.get("/attestation").unwrap();
    for wrong in ["", "00", &"0".repeat(33), &"0".repeat(66), "not hexadecimal, and long enough..."] {
        let page = an.post("/attestation", &[("nonce", wrong)]).unwrap();
        assert_eq!((page.status, page.title().as_str()), (422, "Attestation"), "{wrong}");
    }
    let nonce = "A1".repeat(32);
    let file = an.post("/attestation", &[("nonce", &nonce)]).unwrap();
    assert_eq!(file.header("content-type"), Some("application/cbor"), "{}", file.text());
    assert!(file.header("content-disposition").unwrap().contains("-evidence.cbor"));
    let evidence = attestation::Evidence::from_bytes(&file.body).unwrap();
    assert_eq!(evidence.nonce, vec![0xa1; 32]);
    let mut stranger = boxed.browser();
    stranger.get("/sign-in").unwrap();
    assert_eq!(stranger.post("/attestation", &[("nonce", &nonce)]).unwrap().title(), "Sign in");
}

/// Of three administrators, too: by presence one place is filled, and the screen's code makes no program an administrator.
#[test]
fn whoever_stands_before_the_box_makes_an_administrator() {
    for three in [false, true] {
        let boxed = Boxed::new();
        let mut nobody = boxed.browser();
        assert_eq!(nobody.get("/lost").unwrap().path, "/set-up/presence", "there is nobody yet");
        boxed.founded("an", three);
        let mut browser = boxed.browser();
        browser.get("/lost").unwrap();
        let invite = |browser: &mut Browser, code: &str| {
            let fields = [("code", code), ("name", "bo"), ("role", "security-administrator")];
            browser.post("/lost", &fields).unwrap()
        };
        let wrong = invite(&mut browser, "0000-0000-0000");
        assert!(wrong.status == 422 && wrong.text().contains("4 more tries"), "{}", wrong.text());
        let shown = boxed.code_of_the_screen();
        let page = invite(&mut browser, &shown);
        let (mut bo, _) = accepted(&boxed, &page, "bo");
        assert!(bo.get("/people").unwrap().text().contains("security administrator"));
        assert_eq!(invite(&mut browser, &shown).status, 422, "a code counts once");
        let [line, about] = boxed.served.keyd.screen_code().unwrap();
        let code = PairingCode::parse(line.strip_prefix("pairing code ").unwrap()).unwrap();
        let enrolled = Person::new("root", code.key().unwrap()).enrols(&boxed.served);
        assert_eq!(enrolled.is_err(), three, "{about}");
        let lines = boxed.served.log.lines.lock().unwrap().join("\n");
        assert!(lines.contains("invited by whoever stands before the box"), "{lines}");
    }
}
