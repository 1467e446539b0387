//! Where a box is, as people give it: a name, or an address, of IPv6 with or without brackets.

use std::net::Ipv6Addr;

use crate::error::CliError;

/// The name or address alone, without brackets.
pub(crate) fn host(text: &str) -> Result<String, CliError> {
    let trimmed = text.trim();
    let refused = |why: &str| Err(CliError::Usage(format!("--host {text:?}: {why}")));
    if let Some(bracketed) = trimmed.strip_prefix('[') {
        return match bracketed.strip_suffix(']') {
            Some(inner) if is_ipv6(inner) => Ok(inner.into()),
            Some(_) => refused("what stands in brackets is no IPv6 address"),
            None => refused("the name or address alone; the port is for --port"),
        };
    }
    if trimmed.contains("://") || trimmed.contains('/') {
        return refused("the name or address alone, no URL");
    }
    if trimmed.contains(':') && !is_ipv6(trimmed) {
        return refused("the name or address alone; the port is for --port");
    }
    if trimmed.is_empty() || trimmed.contains(char::is_whitespace) {
        return refused("this is no name and no address");
    }
    Ok(trimmed.into())
}

/// Host and port as one text.
pub(crate) fn shown(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// With or without a zone, as fe80::1%eth0.
fn is_ipv6(text: &str) -> bool {
    let (address, zone) = text.split_once('%').unwrap_or((text, "any"));
    address.parse::<Ipv6Addr>().is_ok() && !zone.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_with_and_without_brackets() {
        for (text, found) in [
            ("box", "box"),
            ("192.0.2.7", "192.0.2.7"),
            ("::1", "::1"),
            ("[::1]", "::1"),
            (" [2001:db8::7] ", "2001:db8::7"),
            ("[fe80::1%eth0]", "fe80::1%eth0"),
        ] {
            assert_eq!(host(text).unwrap(), found);
        }
        for (text, why) in [
            ("box:9443", "--port"),
            ("[::1]:9443", "--port"),
            ("https://box", "URL"),
            ("[box]", "brackets"),
            ("", "no name"),
            ("a b", "no name"),
            ("[::1", "--port"),
            ("fe80::1%", "--port"),
        ] {
            let error = host(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
        assert_eq!([shown("::1", 5), shown("box", 5)], ["[::1]:5", "box:5"]);
    }
}
