use http::Request;

use super::*;

const HOST_NAME: &str = "coffer-7f3a12-0011.localhost:4711";

fn gate() -> Gate {
    Gate::new(HOST_NAME.into()).unwrap()
}

fn head(method: &str, path: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header("host", HOST_NAME);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

fn entrance(gate: &Gate) -> String {
    gate.address().split_once(HOST_NAME).unwrap().1.to_string()
}

/// As a browser sends it back.
fn cookie(gate: &Gate) -> String {
    gate.set_cookie().split(';').next().unwrap().to_string()
}

fn refused(why: Refusal) -> Decision {
    Decision::Refuse(why)
}

#[test]
fn the_printed_address_lets_one_browser_in_once() {
    let gate = gate();
    let path = entrance(&gate);
    let cookie = cookie(&gate);
    assert_eq!(gate.decide(&head("GET", "/", &[])), refused(Refusal::NoCookie));
    // A browser that looks ahead, a frame, a picture and a form do not use it up; nor does a wrong one.
    assert_eq!(gate.decide(&head("GET", &path, &[("sec-purpose", "prefetch;prerender")])), refused(Refusal::Ahead));
    assert_eq!(gate.decide(&head("GET", &path, &[("sec-fetch-dest", "image")])), refused(Refusal::Method));
    assert_eq!(gate.decide(&head("GET", &path, &[("sec-fetch-dest", "iframe")])), refused(Refusal::Method));
    assert_eq!(gate.decide(&head("POST", &path, &[])), refused(Refusal::Method));
    assert_eq!(gate.decide(&head("HEAD", &path, &[])), refused(Refusal::Method));
    for wrong in ["/-/enter", "/-/enter?", "/-/enter?00", &path[..path.len() - 2], &path.replace("enter?", "enter?00")]
    {
        assert_eq!(gate.decide(&head("GET", wrong, &[])), refused(Refusal::Token), "{wrong}");
    }
    let typed = [("sec-fetch-dest", "document"), ("sec-fetch-site", "none")];
    assert_eq!(gate.decide(&head("GET", &path, &typed)), Decision::Enter);
    assert_eq!(gate.decide(&head("GET", &path, &typed)), refused(Refusal::TokenUsed));
    assert_eq!(gate.decide(&head("GET", &path, &[("cookie", &cookie)])), Decision::Home);
    assert_eq!(gate.decide(&head("GET", "/", &[("cookie", &format!("a=b; {cookie}"))])), Decision::Forward);
    for wrong in
        ["coffer-console=", "coffer-console=zz", &cookie[..cookie.len() - 2], &cookie.replace("console", "other")]
    {
        assert_eq!(gate.decide(&head("GET", "/", &[("cookie", wrong)])), refused(Refusal::NoCookie), "{wrong}");
    }
    // Another run has another token and another cookie.
    let other = self::gate();
    assert_eq!(other.decide(&head("GET", "/", &[("cookie", &cookie)])), refused(Refusal::NoCookie));
    assert_eq!(other.decide(&head("GET", &path, &[])), refused(Refusal::Token));
}

#[test]
fn the_cookie_is_for_this_site_alone_and_for_no_script() {
    let cookie = gate().set_cookie();
    for part in ["; Path=/", "; HttpOnly", "; SameSite=Strict"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain") && !cookie.contains("Max-Age"), "{cookie}");
}

#[test]
fn another_name_that_leads_here_gets_nothing() {
    let gate = gate();
    let (path, cookie) = (entrance(&gate), cookie(&gate));
    for host in
        ["evil.example:4711", "127.0.0.1:4711", "[::1]:4711", "localhost:4711", "coffer-7f3a12-0011.localhost", ""]
    {
        for path in ["/", &path] {
            let decided = gate.decide(&head("GET", path, &[("host", host), ("cookie", &cookie)]));
            assert_eq!(decided, refused(Refusal::Host), "{host}");
        }
    }
    let twice = [("host", HOST_NAME), ("host", "evil.example"), ("cookie", cookie.as_str())];
    assert_eq!(gate.decide(&head("GET", "/", &twice)), refused(Refusal::Host));
    let absolute = head("GET", "http://evil.example/", &[("cookie", &cookie)]);
    assert_eq!(gate.decide(&absolute), refused(Refusal::Host));
    let own = head("GET", &format!("http://{HOST_NAME}/"), &[("cookie", &cookie)]);
    assert_eq!(gate.decide(&own), Decision::Forward);
}

#[test]
fn pages_of_other_sites_have_nothing_done() {
    let gate = gate();
    let cookie = cookie(&gate);
    let own = format!("http://{HOST_NAME}");
    let decided = |method: &str, more: &[(&str, &str)]| {
        gate.decide(&head(method, "/people", &[&[("cookie", cookie.as_str())], more].concat()))
    };
    for (method, more, expected) in [
        ("GET", vec![], Decision::Forward),
        ("GET", vec![("sec-fetch-site", "none")], Decision::Forward),
        ("GET", vec![("sec-fetch-site", "same-origin"), ("origin", &own)], Decision::Forward),
        ("GET", vec![("sec-fetch-site", "same-site")], refused(Refusal::Foreign)),
        ("GET", vec![("sec-fetch-site", "cross-site")], refused(Refusal::Foreign)),
        ("GET", vec![("sec-fetch-site", "none"), ("sec-fetch-site", "none")], refused(Refusal::Foreign)),
        ("GET", vec![("origin", "http://localhost:3000")], refused(Refusal::Foreign)),
        ("GET", vec![("origin", "null")], refused(Refusal::Foreign)),
        ("POST", vec![("origin", &own)], Decision::Forward),
        ("POST", vec![("origin", &own), ("sec-fetch-site", "same-origin")], Decision::Forward),
        ("POST", vec![], refused(Refusal::Foreign)),
        ("POST", vec![("sec-fetch-site", "same-origin")], refused(Refusal::Foreign)),
        ("POST", vec![("origin", &own), ("sec-fetch-site", "none")], refused(Refusal::Foreign)),
        ("POST", vec![("origin", "null"), ("sec-fetch-site", "same-origin")], refused(Refusal::Foreign)),
        ("POST", vec![("origin", "http://evil.example"), ("sec-fetch-site", "same-origin")], refused(Refusal::Foreign)),
        ("POST", vec![("origin", "https://coffer-7f3a12-0011.localhost:4711")], refused(Refusal::Foreign)),
        ("PUT", vec![("origin", &own)], refused(Refusal::Method)),
        ("OPTIONS", vec![], refused(Refusal::Method)),
        ("TRACE", vec![], refused(Refusal::Method)),
    ] {
        assert_eq!(decided(method, &more), expected, "{method} {more:?}");
    }
}
