//! What goes through, and what becomes of it: headers that nobody here knows stay out, in both directions.

use std::net::IpAddr;

use http::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING,
    CONTENT_LANGUAGE, CONTENT_TYPE, ETAG, HOST, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION,
    ORIGIN, REFERRER_POLICY, RETRY_AFTER, USER_AGENT, VARY,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Uri, response};
use http_body_util::Full;
use hyper::body::Bytes;

use crate::address::shown;

const TO_THE_BOX: [HeaderName; 7] =
    [ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CONTENT_TYPE, IF_MODIFIED_SINCE, IF_NONE_MATCH, USER_AGENT];
/// What a browser says of where a request comes from; the gate has looked at it.
const FETCH: [&str; 4] = ["sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "sec-fetch-user"];
const TO_THE_BROWSER: [HeaderName; 10] = [
    ALLOW,
    CACHE_CONTROL,
    CONTENT_DISPOSITION,
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_TYPE,
    ETAG,
    LAST_MODIFIED,
    RETRY_AFTER,
    VARY,
];
/// What a page forbids itself. Not among them, and so not passed on: Strict-Transport-Security, Alt-Svc, Refresh, Link, Set-Cookie.
const PROTECTION: [&str; 6] = [
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
];

/// Where the console is, and by which other names and addresses it may speak of itself.
pub(crate) struct Place {
    /// As in `Host` and `Origin`.
    authority: String,
    port: u16,
    names: Vec<String>,
}

/// The console's answer leads to somebody else.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the console sends the browser to {to:?}, which is not its own address: the browser was not told")]
pub(crate) struct LeadsAway {
    pub(crate) to: String,
}

impl Place {
    pub(crate) fn new(host: &str, port: u16, names: Vec<String>, addresses: &[IpAddr]) -> Place {
        let host = host.split('%').next().unwrap_or(host);
        let names = names.into_iter().chain(addresses.iter().map(ToString::to_string)).chain([host.to_string()]);
        let names = names.map(|name| name.to_ascii_lowercase()).collect();
        Place { authority: shown(host, port), port, names }
    }

    /// As the console wants it. Cookies are put in by who keeps them.
    pub(crate) fn request(&self, head: &Parts, body: Bytes) -> Result<Request<Full<Bytes>>, http::Error> {
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut request = Request::builder().method(head.method.clone()).uri(path).body(Full::new(body))?;
        let headers = request.headers_mut();
        for name in TO_THE_BOX.into_iter().chain(FETCH.map(HeaderName::from_static)) {
            if let Some(value) = head.headers.get(&name) {
                headers.insert(name, value.clone());
            }
        }
        headers.insert(HOST, HeaderValue::from_str(&self.authority)?);
        if head.method == Method::POST {
            headers.insert(ORIGIN, HeaderValue::from_str(&format!("https://{}", self.authority))?);
        }
        Ok(request)
    }

    /// As the browser gets it.
    pub(crate) fn answer(&self, head: &response::Parts) -> Result<HeaderMap, LeadsAway> {
        let mut headers = HeaderMap::new();
        for name in TO_THE_BROWSER.into_iter().chain(PROTECTION.map(HeaderName::from_static)) {
            for value in head.headers.get_all(&name) {
                headers.append(&name, value.clone());
            }
        }
        // With "no-referrer" browsers say "null" of where a form comes from, and here it is looked at.
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        if let Some(to) = head.headers.get(LOCATION) {
            headers.insert(LOCATION, self.location(to)?);
        }
        Ok(headers)
    }

    fn location(&self, value: &HeaderValue) -> Result<HeaderValue, LeadsAway> {
        let away = || LeadsAway { to: String::from_utf8_lossy(value.as_bytes()).chars().take(200).collect() };
        let to = value.to_str().map_err(|_| away())?;
        if is_path(to) {
            return Ok(value.clone());
        }
        let uri: Uri = to.parse().map_err(|_| away())?;
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let is_own = uri.scheme_str() == Some("https")
            && uri.port_u16().unwrap_or(443) == self.port
            && self.names.contains(&host)
            && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        match is_own && is_path(path) {
            true => HeaderValue::from_str(path).map_err(|_| away()),
            false => Err(away()),
        }
    }
}

/// A path of the same site: browsers take a second slash, of either kind, for another site's name.
fn is_path(to: &str) -> bool {
    to.starts_with('/') && !to[1..].starts_with(['/', '\\']) && !to.contains(|c: char| c.is_ascii_control())
}

#[cfg(test)]
mod tests {
    use http::Response;

    use super::*;

    fn place() -> Place {
        let names = vec!["coffer-7f3a12".into(), "coffer-7f3a12.local".into()];
        Place::new("10.0.0.7", 8443, names, &["fd00::7".parse().unwrap()])
    }

    fn answered(headers: &[(&str, &str)]) -> Result<HeaderMap, LeadsAway> {
        let mut answer = Response::builder();
        for (name, value) in headers {
            answer = answer.header(*name, *value);
        }
        place().answer(&answer.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn no_answer_leads_out_of_the_proxy() {
        let location =
            |to: &str| answered(&[("location", to)]).map(|headers| headers[LOCATION].to_str().unwrap().to_string());
        for (to, path) in [
            ("/people", "/people"),
            ("/sign-in?back=/people", "/sign-in?back=/people"),
            ("https://10.0.0.7:8443/people", "/people"),
            ("https://10.0.0.7:8443", "/"),
            ("https://COFFER-7f3a12.local:8443/a?b=c", "/a?b=c"),
            ("https://[fd00::7]:8443/", "/"),
        ] {
            assert_eq!(location(to).unwrap(), path, "{to}");
        }
        for to in [
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example/",
            "https://10.0.0.7/",
            "http://10.0.0.7:8443/",
            "https://10.0.0.7:8443@evil.example:8443/",
            "https://x@10.0.0.7:8443/",
            "https://10.0.0.8:8443/",
            "https://10.0.0.7:8443//evil.example",
            "javascript:alert(1)",
            "people",
            "",
        ] {
            assert_eq!(location(to), Err(LeadsAway { to: to.into() }));
        }
    }

    #[test]
    fn what_would_bind_the_browser_to_the_box_or_elsewhere_stays_out() {
        let headers = answered(&[
            ("strict-transport-security", "max-age=31536000"),
            ("alt-svc", "h2=\":8443\""),
            ("refresh", "0; url=https://evil.example"),
            ("link", "<https://evil.example>; rel=preload"),
            ("set-cookie", "__Host-session=ab; Path=/; Secure"),
            ("access-control-allow-origin", "*"),
            ("content-type", "text/html"),
            ("content-security-policy", "default-src 'none'"),
            ("referrer-policy", "no-referrer"),
        ]);
        let mut names: Vec<String> = headers.as_ref().unwrap().keys().map(ToString::to_string).collect();
        names.sort();
        assert_eq!(names, ["content-security-policy", "content-type", "referrer-policy"]);
        assert_eq!(headers.unwrap()[REFERRER_POLICY], "same-origin");
    }

    #[test]
    fn the_console_sees_its_own_name_and_nothing_of_the_proxy() {
        let request = Request::builder().method("POST").uri("/people?x=1");
        let request = [
            ("host", "coffer-7f3a12-0011.localhost:4711"),
            ("origin", "http://coffer-7f3a12-0011.localhost:4711"),
            ("cookie", "coffer-console=00; __Host-session=mine"),
            ("sec-fetch-site", "same-origin"),
            ("accept-language", "zh"),
            ("x-forwarded-for", "10.0.0.1"),
            ("referer", "http://coffer-7f3a12-0011.localhost:4711/-/enter?00"),
            ("content-type", "application/x-www-form-urlencoded"),
        ]
        .into_iter()
        .fold(request, |request, (name, value)| request.header(name, value));
        let head = request.body(()).unwrap().into_parts().0;
        let made = place().request(&head, Bytes::from_static(b"a=b")).unwrap();
        let text: Vec<String> = made.headers().iter().map(|(n, v)| format!("{n}: {}", v.to_str().unwrap())).collect();
        assert_eq!(
            (made.uri().to_string().as_str(), made.headers()[HOST].to_str().unwrap()),
            ("/people?x=1", "10.0.0.7:8443")
        );
        assert_eq!(made.headers()[ORIGIN], "https://10.0.0.7:8443");
        assert_eq!(made.headers()["sec-fetch-site"], "same-origin");
        assert!(
            !text.iter().any(|line| line.contains("4711") || line.contains("cookie") || line.contains("forwarded")),
            "{text:?}"
        );
    }
}
