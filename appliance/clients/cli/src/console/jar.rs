//! The console's cookies. They stay here, and no browser has them: it would not send `__Host-` ones over plain HTTP, nor keep others from
//! whoever serves at another port of this machine. A browser has the one cookie of this proxy instead.

use std::collections::BTreeMap;

use cookie::Cookie;
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

use crate::console::limits;

/// Of one browser, as long as this program runs.
#[derive(Debug, Default)]
pub(crate) struct Jar(BTreeMap<String, String>);

impl Jar {
    /// Takes what an answer sets. A cookie that would not be sent back to the console alone, whole, is none of its, and is left out.
    pub(crate) fn keep(&mut self, answer: &HeaderMap) {
        for line in answer.get_all(SET_COOKIE) {
            let Some(cookie) = line.to_str().ok().and_then(|text| Cookie::parse(text).ok()) else { continue };
            if cookie.path() != Some("/") || cookie.domain().is_some() {
                continue;
            }
            let (name, value) = (cookie.name().to_string(), cookie.value().to_string());
            if cookie.max_age().is_some_and(|age| !age.is_positive()) {
                self.0.remove(&name);
                continue;
            }
            let has_room = self.0.len() < limits::COOKIES || self.0.contains_key(&name);
            if has_room && name.len() + value.len() <= limits::COOKIE_BYTES {
                self.0.insert(name, value);
            }
        }
    }

    /// Of a request to the console.
    pub(crate) fn put_into(&self, request: &mut HeaderMap) {
        let pairs: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if let Ok(value) = HeaderValue::from_str(&pairs.join("; "))
            && !pairs.is_empty()
        {
            request.insert(COOKIE, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(lines: &[&str]) -> Option<String> {
        let mut jar = Jar::default();
        for line in lines {
            let mut answer = HeaderMap::new();
            answer.append(SET_COOKIE, HeaderValue::from_str(line).unwrap());
            jar.keep(&answer);
        }
        let mut request = HeaderMap::new();
        jar.put_into(&mut request);
        request.get(COOKIE).map(|value| value.to_str().unwrap().to_string())
    }

    #[test]
    fn what_the_console_sets_comes_back_to_it() {
        let session = "__Host-session=ab12; Path=/; Secure; HttpOnly; SameSite=Strict";
        assert_eq!(after(&[session]).unwrap(), "__Host-session=ab12");
        let both = after(&[session, "__Host-language=zh; Path=/; Secure; Max-Age=31536000"]).unwrap();
        assert_eq!(both, "__Host-language=zh; __Host-session=ab12");
        assert_eq!(after(&[session, "__Host-session=cd; Path=/; Secure"]).unwrap(), "__Host-session=cd");
        assert_eq!(after(&[session, "__Host-session=; Path=/; Secure; Max-Age=0"]), None);
        for other in ["a=b; Path=/people", "a=b", "a=b; Path=/; Domain=box.example", "none"] {
            assert_eq!(after(&[other]), None, "{other}");
        }
    }

    #[test]
    fn a_jar_has_a_bound() {
        let many: Vec<String> = (0..2 * limits::COOKIES).map(|i| format!("c{i}=v; Path=/")).collect();
        let kept = after(&many.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
        assert_eq!(kept.split("; ").count(), limits::COOKIES);
        assert_eq!(after(&[&format!("a={}; Path=/", "x".repeat(limits::COOKIE_BYTES))]), None);
    }
}
