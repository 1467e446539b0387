//! What a page, a form and a cookie must withstand.

use std::io::{Read, Write};
use std::net::TcpStream;

use form_browser::{Browser, Page};

use crate::started::{Boxed, PASSWORD};

const PAGES: [&str; 14] = [
    "/",
    "/set-up/presence",
    "/set-up/checks",
    "/set-up/recovery-key",
    "/set-up/program",
    "/set-up/summary",
    "/sign-in",
    "/prove",
    "/people",
    "/keys",
    "/clients",
    "/audit",
    "/account",
    "/no-such-page",
];

fn protected(page: &Page) {
    let header = |name: &str| page.header(name).unwrap_or_else(|| panic!("{} has no {name}", page.path)).to_string();
    let policy = header("content-security-policy");
    for part in ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "require-trusted-types-for"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("x-frame-options"), "DENY");
    assert_eq!(header("referrer-policy"), "no-referrer");
    // A browser that was told so would not let anybody in after a factory reset.
    assert_eq!(page.header("strict-transport-security"), None);
    for cookie in page.all("set-cookie") {
        for part in ["__Host-", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"] {
            assert!(cookie.contains(part), "{cookie}");
        }
    }
}

#[test]
fn every_answer_is_protected_and_no_page_is_kept() {
    let boxed = Boxed::new();
    let (mut browser, _) = boxed.founded("an", false);
    for path in PAGES {
        let page = browser.send("GET", path, None).unwrap();
        protected(&page);
        assert_eq!(page.header("cache-control"), Some("no-store"), "{path}");
        assert!(page.status < 500, "{path}: {}", page.status);
    }
    let page = browser.get("/set-up/checks").unwrap();
    for (before, ending) in [("href=\"/assets/style", ".css\""), ("href=\"/assets/icon", ".svg\"")] {
        let text = page.text();
        let from = text.find(before).unwrap() + "href=\"".len();
        let path = text[from..].split('"').next().unwrap().to_string();
        let asset = browser.send("GET", &path, None).unwrap();
        protected(&asset);
        assert!(asset.status == 200 && asset.header("cache-control").unwrap().contains("immutable"), "{ending}");
    }
    for path in ["/assets/../Cargo.toml", "/assets/%2e%2e/%2e%2e/etc/passwd", "/%00", "/..", "//evil.example/"] {
        let page = browser.send("GET", path, None).unwrap();
        assert_eq!(page.status, 404, "{path}");
        protected(&page);
    }
    for method in ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"] {
        let page = browser.send(method, "/people", None).unwrap();
        assert_eq!(page.status, 405, "{method}");
        protected(&page);
    }
}

/// A form counts only with the token of this browser, from a page of this console, in its bounds.
#[test]
fn no_other_site_has_a_browser_do_anything() {
    let boxed = Boxed::new();
    let (mut browser, _) = boxed.founded("an", false);
    browser.get("/people").unwrap();
    let (token, invite) = (browser.token.clone(), [("name", "eve"), ("role", "")]);
    let refused = |browser: &mut Browser, why: &str| {
        let body = browser.form(&invite);
        let page = browser.send("POST", "/people", Some(body.as_bytes())).unwrap();
        assert!(page.status == 403 && page.text().contains("did not come from this console"), "{why}: {}", page.status);
        protected(&page);
    };
    browser.token = String::new();
    refused(&mut browser, "no token");
    let mut stranger = boxed.browser();
    stranger.get("/sign-in").unwrap();
    browser.token = stranger.token.clone();
    refused(&mut browser, "another browser's token");
    browser.token = token;
    let same_origin = browser.headers.clone();
    for foreign in [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("sec-fetch-site", "none")] {
        browser.headers = vec![("accept-language".into(), "en".into()), (foreign.0.into(), foreign.1.into())];
        refused(&mut browser, foreign.1);
    }
    let origin = ("origin".into(), "https://evil.example".into());
    browser.headers = vec![("accept-language".into(), "en".into()), origin];
    refused(&mut browser, "another origin");
    // And with all of it right it counts: the control.
    browser.headers = same_origin;
    assert_eq!(browser.post("/people", &invite).unwrap().status, 200);
}

#[test]
fn what_is_typed_stays_text_and_what_is_too_long_is_named() {
    let boxed = Boxed::new();
    let (mut browser, _) = boxed.founded("an", false);
    let nasty = "<script>alert(1)</script>\"'&";
    for (path, field) in [("/people", "name"), ("/set-up/program", "name"), ("/set-up/program", "role")] {
        browser.get(path).unwrap();
        let mut fields = vec![("name", "plain"), ("role", "operator")];
        fields.iter_mut().filter(|(name, _)| *name == field).for_each(|(_, value)| *value = nasty);
        let page = browser.post(path, &fields).unwrap();
        assert!(page.status >= 400 && page.status < 500, "{path} {field}: {}", page.status);
        assert!(!page.text().contains("<script>alert"), "{}", page.text());
    }
    let long = "a".repeat(40_000);
    let page = browser.post("/people", &[("name", &long), ("role", "")]).unwrap();
    assert!(page.status == 422 && page.text().contains("&#34;name&#34;"), "{}", page.status);
    let page = browser.send("POST", "/people", Some("a".repeat(70_000).as_bytes())).unwrap();
    assert_eq!(page.status, 413);
    // Nothing that was typed makes a header, or sends elsewhere.
    for back in
        ["//evil.example/", "https://evil.example/", "/\\evil.example", "/people\r\nset-cookie: a=b", "javascript:x"]
    {
        let body = browser.form(&[("language", "zh"), ("back", back)]);
        let page = browser.send("POST", "/language", Some(body.as_bytes())).unwrap();
        assert_eq!((page.status, page.header("location")), (303, Some("/")), "{back}");
    }
    assert!(browser.get("/people").unwrap().text().contains("<html lang=\"zh\">"));
}

#[test]
fn a_session_ends_everywhere_and_nobody_guesses_one() {
    let boxed = Boxed::new();
    let (mut browser, telephone) = boxed.founded("an", false);
    let session = browser.cookie("__Host-session").unwrap().to_string();
    assert_eq!(session.len(), 64);
    let mut thief = boxed.browser();
    thief.headers.push(("cookie".into(), format!("__Host-session={}", "0".repeat(64))));
    assert_eq!(thief.get("/people").unwrap().path, "/sign-in?back=/people");
    browser.get("/people").unwrap();
    browser.post("/sign-out", &[]).unwrap();
    assert_eq!(browser.cookie("__Host-session"), None);
    thief.headers.pop();
    thief.headers.push(("cookie".into(), format!("__Host-session={session}")));
    assert_eq!(thief.get("/people").unwrap().path, "/sign-in?back=/people", "it was signed out");
    // Another sign-in is another session.
    let code = telephone.shows();
    browser.post("/sign-in", &[("name", "an"), ("password", PASSWORD), ("code", &code)]).unwrap();
    assert_ne!(browser.cookie("__Host-session").unwrap(), session);
    // A wrong one waits, also with the right password.
    let mut guesser = boxed.browser();
    guesser.get("/sign-in").unwrap();
    for _ in 0..5 {
        let wrong = guesser.post("/sign-in", &[("name", "an"), ("password", "no horse"), ("code", "123456")]).unwrap();
        assert_eq!(wrong.status, 422);
    }
    let waits =
        guesser.post("/sign-in", &[("name", "an"), ("password", PASSWORD), ("code", &telephone.shows())]).unwrap();
    assert!(waits.status == 429 && waits.text().contains("Too many wrong tries"), "{}", waits.text());
}

/// Who opens connections and says nothing keeps nobody out.
#[test]
fn silent_connections_make_room() {
    let boxed = Boxed::new();
    let address = boxed.console.address;
    let silent: Vec<TcpStream> = (0..200).filter_map(|_| TcpStream::connect(address).ok()).collect();
    assert!(silent.len() > 128);
    assert_eq!(boxed.browser().get("/").unwrap().status, 200);
    // Plain HTTP gets no page.
    let mut plain = TcpStream::connect(address).unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nhost: box\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!String::from_utf8_lossy(&answer).contains("html"));
}
