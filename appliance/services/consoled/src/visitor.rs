//! A browser: what it brings with each request, and what it is given to bring.

use data_encoding::HEXLOWER;
use http::header::{ACCEPT_LANGUAGE, COOKIE, ORIGIN};
use http::{HeaderMap, HeaderValue};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use secrets::Secret;
use texts::Language;

use crate::error::ConsoleError;

/// A session of a person's, and that somebody stood before the box: bytes of keyd's, hexadecimal.
pub(crate) const SESSION: &str = "__Host-session";
pub(crate) const PRESENCE: &str = "__Host-presence";
/// What tokens of forms belong to.
const VISITOR: &str = "__Host-visitor";
const LANGUAGE: &str = "__Host-language";
const YEAR_S: u64 = 365 * 24 * 3600;
/// Of a cookie's value that counts.
const VALUE_MAX: usize = 128;

pub(crate) struct Visitor {
    pub(crate) language: Language,
    /// IPv4 as such.
    pub(crate) from: std::net::IpAddr,
    pub(crate) session: Option<Secret>,
    pub(crate) presence: Option<Secret>,
    id: Vec<u8>,
    /// It brought no id.
    pub(crate) is_new: bool,
}

impl Visitor {
    pub(crate) fn new(headers: &HeaderMap, from: std::net::IpAddr) -> Result<Visitor, ConsoleError> {
        let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let language = cookie(headers, LANGUAGE).and_then(|tag| Language::parse(&tag));
        let bytes = |name| cookie(headers, name).and_then(|value| HEXLOWER.decode(value.as_bytes()).ok());
        let known = bytes(VISITOR).filter(|id| id.len() == 16);
        let is_new = known.is_none();
        let id = known.map_or_else(random, Ok)?;
        Ok(Visitor {
            language: language.unwrap_or_else(|| Language::accepted(accepted)),
            from: from.to_canonical(),
            session: bytes(SESSION).map(Secret::new),
            presence: bytes(PRESENCE).map(Secret::new),
            id,
            is_new,
        })
    }

    /// For the forms of this browser's pages.
    pub(crate) fn token(&self, key: &hmac::Key) -> String {
        HEXLOWER.encode(hmac::sign(key, &self.id).as_ref())
    }

    pub(crate) fn is_token(&self, key: &hmac::Key, token: &str) -> bool {
        HEXLOWER.decode(token.as_bytes()).is_ok_and(|token| hmac::verify(key, &self.id, &token).is_ok())
    }

    pub(crate) fn cookie(&self) -> HeaderValue {
        kept(VISITOR, &HEXLOWER.encode(&self.id))
    }
}

/// Whether a browser says that this request comes from a page of another site. One that says nothing has its token looked at all the same.
/// `host`: of HTTP/2, where it is no header.
pub(crate) fn is_foreign(headers: &HeaderMap, host: Option<&str>) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site != "same-origin";
    }
    let from = headers.get(ORIGIN).map(|origin| origin.to_str().ok().and_then(|o| o.strip_prefix("https://")));
    from.is_some_and(|from| from.is_none() || from != host.or(text("host")))
}

/// For the session of the browser alone.
pub(crate) fn secret_cookie(name: &str, secret: &Secret) -> HeaderValue {
    set(name, &HEXLOWER.encode(secret.expose()), "")
}

pub(crate) fn language_cookie(language: Language) -> HeaderValue {
    kept(LANGUAGE, language.tag())
}

pub(crate) fn no_cookie(name: &str) -> HeaderValue {
    set(name, "", "; Max-Age=0")
}

fn kept(name: &str, value: &str) -> HeaderValue {
    set(name, value, &format!("; Max-Age={YEAR_S}"))
}

fn set(name: &str, value: &str, more: &str) -> HeaderValue {
    let text = format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Strict{more}");
    // Names are ours, and values hexadecimal or a language's tag.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

/// HTTP/2 may split the header (RFC 9113 8.2.3).
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, value)| *found == name && value.len() <= VALUE_MAX).map(|(_, value)| value.to_string())
}

fn random() -> Result<Vec<u8>, ConsoleError> {
    let mut id = vec![0; 16];
    SystemRandom::new().fill(&mut id).map_err(|_| ConsoleError::Random)?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn requests_of_other_sites_are_told_from_ours() {
        for (pairs, foreign) in [
            (vec![("sec-fetch-site", "same-origin")], false),
            (vec![("sec-fetch-site", "cross-site"), ("origin", "https://box:8443"), ("host", "box:8443")], true),
            (vec![("sec-fetch-site", "same-site")], true),
            (vec![("origin", "https://box:8443"), ("host", "box:8443")], false),
            (vec![("origin", "https://evil.example"), ("host", "box:8443")], true),
            (vec![("origin", "http://box:8443"), ("host", "box:8443")], true),
            (vec![("origin", "null"), ("host", "box:8443")], true),
            (vec![("host", "box:8443")], false),
        ] {
            assert_eq!(is_foreign(&headers(&pairs), None), foreign, "{pairs:?}");
        }
        let origin = headers(&[("origin", "https://box:8443")]);
        assert!(
            !is_foreign(&origin, Some("box:8443"))
                && is_foreign(&origin, Some("other:8443"))
                && is_foreign(&origin, None)
        );
    }

    #[test]
    fn a_token_is_of_one_browser_and_one_start() {
        let key = |byte| hmac::Key::new(hmac::HMAC_SHA256, &[byte; 32]);
        let visitor = |id: &str| {
            let cookie = format!("a=b; {VISITOR}={id}");
            Visitor::new(&headers(&[("cookie", &cookie)]), [127, 0, 0, 1].into()).unwrap()
        };
        let (one, other) = (visitor(&"ab".repeat(16)), visitor(&"cd".repeat(16)));
        let token = one.token(&key(1));
        assert!(one.is_token(&key(1), &token) && !one.is_new);
        assert!(!other.is_token(&key(1), &token) && !one.is_token(&key(2), &token) && !one.is_token(&key(1), ""));
        assert!(visitor("zz").is_new && visitor(&"ab".repeat(15)).is_new);
    }

    #[test]
    fn cookies_are_not_for_scripts_other_sites_or_plain_http() {
        let value = secret_cookie(SESSION, &Secret::new(vec![1; 32]));
        let value = value.to_str().unwrap();
        for part in ["__Host-", "Path=/;", "Secure", "HttpOnly", "SameSite=Strict"] {
            assert!(value.contains(part), "{value}");
        }
        assert!(!value.contains("Domain"));
    }
}
