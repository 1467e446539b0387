//! The file that gives the box a static address.

use std::fs;
use std::io::ErrorKind;
use std::net::Ipv4Addr;

use serde::Deserialize;

use crate::error::{SupervisorError, file};

/// On the data volume; without it the address comes by DHCP.
const SETTINGS: &str = "/data/supervisor/network.json";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StaticAddress {
    pub(crate) address: Ipv4Addr,
    pub(crate) prefix: u8,
    pub(crate) gateway: Option<Ipv4Addr>,
}

/// `None`: there is no such file.
pub(crate) fn read() -> Result<Option<StaticAddress>, SupervisorError> {
    match fs::read_to_string(SETTINGS) {
        Ok(text) => serde_json::from_str(&text)
            .map(Some)
            .map_err(|e| SupervisorError::Content { path: SETTINGS.into(), what: e.to_string() }),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(file("reading", SETTINGS)(e)),
    }
}
