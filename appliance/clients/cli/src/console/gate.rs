//! Who may use this proxy: the one browser that came by the printed address. It decides on what stands at the head of a request.
//!
//! Other pages in that browser, other users of this machine, and whoever gives a name of their own this machine's address, may not.

use std::sync::atomic::{AtomicBool, Ordering};

use cookie::Cookie;
use data_encoding::HEXLOWER;
use http::header::{COOKIE, HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, Method};
use ring::rand::{SecureRandom, SystemRandom};
use secrets::Secret;

/// The path of the printed address.
const ENTRANCE: &str = "/-/enter";
const COOKIE_NAME: &str = "coffer-console";
const SECRET_BYTES: usize = 32;

pub(crate) struct Gate {
    /// Name and port, as a browser sends them.
    host: String,
    /// In the printed address; good once.
    token: Secret,
    /// What it becomes.
    cookie: Secret,
    is_used: AtomicBool,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The browser with the address: it gets the cookie.
    Enter,
    /// It has the cookie already.
    Home,
    Forward,
    Refuse(Refusal),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Another name than this proxy's leads here.
    Host,
    Method,
    /// A page of another site asks.
    Foreign,
    NoCookie,
    Token,
    TokenUsed,
    /// A browser that looks ahead, without its person.
    Ahead,
}

impl Gate {
    /// `host`: name and port.
    pub(crate) fn new(host: String) -> Option<Gate> {
        Some(Gate { host, token: random()?, cookie: random()?, is_used: AtomicBool::new(false) })
    }

    /// What a person opens. It has the token: it is for one terminal, and for no command line.
    pub(crate) fn address(&self) -> String {
        format!("http://{}{ENTRANCE}?{}", self.host, HEXLOWER.encode(self.token.expose()))
    }

    pub(crate) fn set_cookie(&self) -> String {
        let value = HEXLOWER.encode(self.cookie.expose());
        format!("{COOKIE_NAME}={value}; Path=/; HttpOnly; SameSite=Strict")
    }

    pub(crate) fn decide(&self, head: &Parts) -> Decision {
        let is_own = |name: Option<&str>| name == Some(self.host.as_str());
        let named = head.uri.authority().map(http::uri::Authority::as_str);
        if !is_own(only(&head.headers, HOST.as_str())) || !(named.is_none() || is_own(named)) {
            return Decision::Refuse(Refusal::Host);
        }
        if ![Method::GET, Method::HEAD, Method::POST].contains(&head.method) {
            return Decision::Refuse(Refusal::Method);
        }
        if head.uri.path() == ENTRANCE {
            return self.entering(head);
        }
        if !self.has_cookie(&head.headers) {
            return Decision::Refuse(Refusal::NoCookie);
        }
        match self.is_foreign(head) {
            true => Decision::Refuse(Refusal::Foreign),
            false => Decision::Forward,
        }
    }

    fn entering(&self, head: &Parts) -> Decision {
        let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
        if head.method != Method::GET || header("sec-fetch-dest").is_some_and(|to| to != "document") {
            return Decision::Refuse(Refusal::Method);
        }
        if header("sec-purpose").or_else(|| header("purpose")).is_some() {
            return Decision::Refuse(Refusal::Ahead);
        }
        let shown = HEXLOWER.decode(head.uri.query().unwrap_or_default().as_bytes()).unwrap_or_default();
        if !self.token.equals(&Secret::new(shown)) {
            return Decision::Refuse(Refusal::Token);
        }
        if self.has_cookie(&head.headers) {
            return Decision::Home;
        }
        match self.is_used.swap(true, Ordering::AcqRel) {
            true => Decision::Refuse(Refusal::TokenUsed),
            false => Decision::Enter,
        }
    }

    fn has_cookie(&self, headers: &HeaderMap) -> bool {
        let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut shown = lines.flat_map(Cookie::split_parse).flatten().filter(|cookie| cookie.name() == COOKIE_NAME);
        let is_ours =
            |value: &str| HEXLOWER.decode(value.as_bytes()).is_ok_and(|v| self.cookie.equals(&Secret::new(v)));
        shown.any(|cookie| is_ours(cookie.value()))
    }

    /// Whether a browser says that another site's page asks, or, of a form, does not say that one of ours does.
    fn is_foreign(&self, head: &Parts) -> bool {
        let has = |name: &str| head.headers.contains_key(name);
        let site = only(&head.headers, "sec-fetch-site");
        let origin = only(&head.headers, ORIGIN.as_str()).and_then(|origin| origin.strip_prefix("http://"));
        let is_own_origin = origin == Some(self.host.as_str());
        if head.method == Method::POST {
            return !is_own_origin || (has("sec-fetch-site") && site != Some("same-origin"));
        }
        // What a person types comes from no site.
        (has("origin") && !is_own_origin) || (has("sec-fetch-site") && !matches!(site, Some("same-origin" | "none")))
    }
}

/// The value of a header that is there once, and can be read.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut all = headers.get_all(name).iter();
    let first = all.next()?.to_str().ok()?;
    all.next().is_none().then_some(first)
}

fn random() -> Option<Secret> {
    let mut bytes = vec![0; SECRET_BYTES];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(Secret::new(bytes))
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
