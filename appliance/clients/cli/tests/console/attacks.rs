//! What others on this machine, and other pages in the browser, may try.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::house::{House, Proxy};

const WAIT: Duration = Duration::from_secs(60);

/// Bytes, and what comes back until the end.
fn raw(proxy: &Proxy, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(proxy.address()).unwrap();
    stream.set_read_timeout(Some(WAIT)).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    // Who is cut off in the middle of sending hears of it in one way or the other.
    if let Err(e) = stream.read_to_end(&mut answer) {
        assert_eq!(e.kind(), std::io::ErrorKind::ConnectionReset, "{e}");
    }
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
}

#[test]
fn neither_other_pages_nor_other_people_are_let_in() {
    let house = House::new();
    let proxy = house.proxy();
    // Before its person came: no token, a wrong one.
    let mut thief = proxy.stranger();
    for path in ["/", "/people", "/authority.crt", "/assets/style.css"] {
        let page = thief.send("GET", path, None).unwrap();
        assert!(page.status == 403 && page.text().contains("coffer console"), "{path}: {}", page.status);
        assert_eq!(page.all("set-cookie").count(), 0);
    }
    let wrong = format!("{}0", &proxy.entrance[..proxy.entrance.len() - 1]);
    let other = format!("{}1", &proxy.entrance[..proxy.entrance.len() - 1]);
    for path in [wrong, other, "/-/enter".into()] {
        if path != proxy.entrance {
            assert_eq!(thief.send("GET", &path, None).unwrap().status, 403);
        }
    }
    let mut browser = proxy.browser();
    assert_eq!(browser.get("/").unwrap().status, 200);
    // Whoever sees the address later, in a history or over a shoulder, comes too late; and the person is told.
    let late = thief.send("GET", &proxy.entrance, None).unwrap();
    assert!(late.status == 403 && late.text().contains("opened before"), "{}", late.text());
    // The one that has the cookie is just sent on.
    assert_eq!(browser.send("GET", &proxy.entrance, None).unwrap().status, 303);

    // Rebinding: the browser has this address for a name of the attacker's, and would even send the cookie.
    let cookie = browser.cookie("coffer-console").unwrap().to_string();
    let port = proxy.address().port();
    for host in [format!("evil.example:{port}"), format!("127.0.0.1:{port}"), format!("localhost:{port}")] {
        let request =
            format!("GET / HTTP/1.1\r\nhost: {host}\r\ncookie: coffer-console={cookie}\r\nconnection: close\r\n\r\n");
        let answer = raw(&proxy, request.as_bytes());
        assert!(status(&answer) == 421 && !answer.contains("<html"), "{host}: {answer}");
    }
    // The control: the same with the proxy's own name.
    let own = &proxy.host;
    let request = format!(
        "GET /set-up/presence HTTP/1.1\r\nhost: {own}\r\ncookie: coffer-console={cookie}\r\nconnection: close\r\n\r\n"
    );
    let answer = raw(&proxy, request.as_bytes());
    assert!(status(&answer) == 200 && answer.contains("<html"), "{answer}");

    // Pages of other sites, with the cookie as if it were sent along.
    let same_site = ("sec-fetch-site".to_string(), "same-site".to_string());
    let foreign = ("origin".to_string(), format!("http://127.0.0.1:{port}"));
    let plain = browser.headers.clone();
    for (header, method) in [(&same_site, "GET"), (&foreign, "GET"), (&same_site, "POST"), (&foreign, "POST")] {
        browser.headers.retain(|(name, _)| *name != header.0);
        browser.headers.push(header.clone());
        let body = browser.form(&[("code", &house.presence())]);
        let page = browser.send(method, "/set-up/presence", (method == "POST").then_some(body.as_bytes())).unwrap();
        assert!(page.status == 403 && page.text().contains("another site"), "{method} {header:?}: {}", page.status);
        browser.headers = plain.clone();
    }
    // The control: without them the form is taken.
    let page = browser.post("/set-up/presence", &[("code", &house.presence())]).unwrap();
    assert_eq!(page.path, "/set-up/administrators");
}

#[test]
fn requests_have_bounds() {
    let house = House::new();
    let proxy = house.proxy();
    let mut browser = proxy.browser();
    browser.get("/").unwrap();
    let cookie = browser.cookie("coffer-console").unwrap().to_string();
    let own = proxy.host.clone();
    let head = |method: &str, more: &str| {
        format!(
            "{method} /set-up/presence HTTP/1.1\r\nhost: {own}\r\norigin: http://{own}\r\ncookie: coffer-console={cookie}\r\n{more}\r\n"
        )
    };
    let page = browser.send("POST", "/set-up/presence", Some("a".repeat(70_000).as_bytes())).unwrap();
    assert_eq!(page.status, 413);
    // Also one that does not say how large it is.
    let chunk = format!("8000\r\n{}\r\n", "a".repeat(0x8000));
    let chunked = head("POST", "transfer-encoding: chunked\r\n") + &chunk.repeat(3) + "0\r\n\r\n";
    assert_eq!(status(&raw(&proxy, chunked.as_bytes())), 413);
    let long = head("GET", &format!("x-long: {}\r\n", "a".repeat(20_000)));
    // Or it is cut off before it hears so.
    assert!([431, 0].contains(&status(&raw(&proxy, long.as_bytes()))));
    for method in ["PUT", "DELETE", "TRACE", "OPTIONS", "CONNECT"] {
        let answer = raw(&proxy, head(method, "connection: close\r\n").as_bytes());
        assert!([405, 421, 400].contains(&status(&answer)), "{method}: {answer}");
    }
    // Two requests where one was looked at: what two readers could take in two ways is refused.
    let smuggled = head("POST", "content-length: 3\r\ntransfer-encoding: chunked\r\nconnection: close\r\n")
        + "0\r\n\r\nGET /people HTTP/1.1\r\n\r\n";
    let answer = raw(&proxy, smuggled.as_bytes());
    assert!(answer.matches("HTTP/1.1 ").count() <= 1, "{answer}");
    // Headers that never end are cut off, and those who say nothing keep nobody out.
    let slow = raw(&proxy, head("GET", "").trim_end().as_bytes());
    assert!(slow.is_empty() || status(&slow) == 408, "{slow}");
    let silent: Vec<TcpStream> = (0..100).filter_map(|_| TcpStream::connect(proxy.address()).ok()).collect();
    assert!(silent.len() > 24);
    assert_eq!(browser.get("/").unwrap().status, 200);
}
