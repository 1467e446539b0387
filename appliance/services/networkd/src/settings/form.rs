//! The file's form, as it is written.

use std::net::{IpAddr, Ipv4Addr};

use serde::Deserialize;

/// Read first: what else there is depends on it.
#[derive(Deserialize)]
pub(super) struct Format {
    pub(super) format: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct One {
    #[serde(rename = "format")]
    _format: u32,
    pub(super) address: Ipv4Addr,
    pub(super) prefix: u8,
    pub(super) gateway: Option<Ipv4Addr>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Two {
    #[serde(rename = "format")]
    _format: u32,
    #[serde(default)]
    pub(super) links: Vec<Entry>,
    #[serde(default)]
    pub(super) time_servers: Vec<IpAddr>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) link: Option<String>,
    pub(super) hardware: Option<String>,
    pub(super) vlan: Option<u16>,
    pub(super) dhcp: Option<bool>,
    #[serde(default)]
    pub(super) addresses: Vec<String>,
    #[serde(default)]
    pub(super) gateways: Vec<IpAddr>,
}
