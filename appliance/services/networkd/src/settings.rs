//! The file that gives the box an address of its own choice, in the service's folder:
//! `{"format": 1, "address": "192.0.2.7", "prefix": 24, "gateway": "192.0.2.1"}`, the gateway if there is one.

use std::net::Ipv4Addr;

use ipc::control::{Address, AddressError};
use serde::Deserialize;

/// Its name.
pub const FILE: &str = "network.json";
const FORMAT: u32 = 1;

#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("it does not have the form of settings")]
    Form(#[from] serde_json::Error),
    #[error("it has format {0}; this release reads format {FORMAT}")]
    Format(u32),
    #[error("its address")]
    Address(#[from] AddressError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    format: u32,
    address: Ipv4Addr,
    prefix: u8,
    gateway: Option<Ipv4Addr>,
}

pub fn parse(text: &[u8]) -> Result<Address, SettingsError> {
    let settings: Settings = serde_json::from_slice(text)?;
    if settings.format != FORMAT {
        return Err(SettingsError::Format(settings.format));
    }
    Ok(Address::new(settings.address, settings.prefix, settings.gateway)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whole_or_not_at_all() {
        let good = br#"{"format":1,"address":"192.0.2.7","prefix":24,"gateway":"192.0.2.1"}"#;
        assert_eq!(parse(good).unwrap().to_string(), "192.0.2.7/24");
        assert!(parse(br#"{"format":1,"address":"192.0.2.7","prefix":24}"#).unwrap().gateway().is_none());
        for length in 0..good.len() {
            assert!(parse(&good[..length]).is_err(), "{length} bytes");
        }
        let refused = |text: &str| parse(text.as_bytes()).unwrap_err();
        assert!(matches!(refused(r#"{"format":2,"address":"192.0.2.7","prefix":24}"#), SettingsError::Format(2)));
        assert!(matches!(refused(r#"{"format":1,"address":"127.0.0.1","prefix":8}"#), SettingsError::Address(_)));
        assert!(matches!(
            refused(r#"{"format":1,"address":"192.0.2.7","prefix":24,"dns":"x"}"#),
            SettingsError::Form(_)
        ));
    }
}
