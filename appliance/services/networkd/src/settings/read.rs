//! From the file's text to settings that hold.

use std::net::IpAddr;

use ipc::control::{ADDRESSES_MAX, Address, LinkName, VLANS_MAX, VlanId};

use super::form::{self, Format};
use super::{ENTRIES_MAX, Entry, EntryError, FILE_MAX, Plan, Settings, SettingsError, TIME_SERVERS_MAX, Which};

/// A network of either kind.
const GATEWAYS_MAX: usize = ADDRESSES_MAX;

/// All of it, or a reason.
pub fn parse(text: &[u8]) -> Result<Settings, SettingsError> {
    if text.len() > FILE_MAX {
        return Err(SettingsError::Size { size: text.len() });
    }
    match serde_json::from_slice::<Format>(text)?.format {
        1 => one(serde_json::from_slice(text)?),
        2 => two(serde_json::from_slice(text)?),
        other => Err(SettingsError::Format(other)),
    }
}

fn one(file: form::One) -> Result<Settings, SettingsError> {
    let address = Address::new(file.address.into(), file.prefix, file.gateway.map(IpAddr::V4))?;
    let plan = Plan { dhcp: false, addresses: vec![address], vlans: Vec::new() };
    Ok(Settings { entries: vec![Entry { which: Which::First, vlan: None, plan }], time_servers: Vec::new() })
}

fn two(file: form::Two) -> Result<Settings, SettingsError> {
    let within = |what: &'static str, count: usize, max: usize| {
        if count > max { Err(SettingsError::TooMany { what, count, max }) } else { Ok(()) }
    };
    within("entries of links", file.links.len(), ENTRIES_MAX)?;
    within("time servers", file.time_servers.len(), TIME_SERVERS_MAX)?;
    if let Some(server) = file.time_servers.iter().find(|s| s.is_unspecified() || s.is_loopback() || s.is_multicast()) {
        return Err(SettingsError::TimeServer(*server));
    }
    let mut entries: Vec<Entry> = Vec::new();
    for (index, written) in file.links.into_iter().enumerate() {
        let at = |problem| SettingsError::Entry { number: index + 1, problem };
        let entry = entry(written).map_err(at)?;
        if entries.iter().any(|e| e.which == entry.which && e.vlan == entry.vlan) {
            return Err(at(EntryError::Twice));
        }
        entries.push(entry);
    }
    // A link may be meant by its name and by its hardware address: in all, so that no link has more.
    within("VLANs", entries.iter().filter(|entry| entry.vlan.is_some()).count(), VLANS_MAX)?;
    Ok(Settings { entries, time_servers: file.time_servers })
}

fn entry(written: form::Entry) -> Result<Entry, EntryError> {
    let which = match (written.link, written.hardware) {
        (Some(name), None) if is_name(&name) => Which::Named(name),
        (Some(name), None) => return Err(EntryError::Name(name)),
        (None, Some(text)) => Which::Hardware(hardware(&text).ok_or(EntryError::Hardware(text))?),
        _ => return Err(EntryError::Which),
    };
    let vlan = written.vlan.map(VlanId::try_from).transpose().map_err(EntryError::Vlan)?;
    entry_within("addresses", written.addresses.len(), ADDRESSES_MAX)?;
    entry_within("gateways", written.gateways.len(), GATEWAYS_MAX)?;
    let mut addresses = written.addresses.iter().map(|text| address(text)).collect::<Result<Vec<_>, _>>()?;
    for gateway in written.gateways {
        lead(&mut addresses, gateway)?;
    }
    let dhcp = written.dhcp.unwrap_or(!addresses.iter().any(|a| a.address().is_ipv4()));
    // The lease needs a place of its own.
    entry_within("addresses beside DHCP's", addresses.len() + usize::from(dhcp), ADDRESSES_MAX)?;
    Ok(Entry { which, vlan, plan: Plan { dhcp, addresses, vlans: Vec::new() } })
}

/// Gives the gateway to the network that it is in.
fn lead(addresses: &mut [Address], gateway: IpAddr) -> Result<(), EntryError> {
    let fits = |a: &Address| Address::new(a.address(), a.prefix(), Some(gateway)).ok();
    let mut taken = None;
    for address in addresses.iter_mut() {
        let Some(led) = fits(address) else { continue };
        match address.gateway() {
            None => {
                *address = led;
                return Ok(());
            }
            Some(other) => taken = Some(other),
        }
    }
    Err(taken.map_or(EntryError::Gateway(gateway), |other| EntryError::Gateways(other, gateway)))
}

fn address(text: &str) -> Result<Address, EntryError> {
    let parts = text.split_once('/').and_then(|(address, prefix)| Some((address.parse().ok()?, prefix.parse().ok()?)));
    let (address, prefix): (IpAddr, u8) = parts.ok_or_else(|| EntryError::Notation(text.into()))?;
    Address::new(address, prefix, None).map_err(EntryError::Address)
}

/// Six bytes in hexadecimal: "52:54:00:12:34:56".
fn hardware(text: &str) -> Option<[u8; 6]> {
    let is_byte = |part: &&str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit());
    let bytes = text.split(':').map(|part| u8::from_str_radix(Some(part).filter(is_byte)?, 16).ok());
    bytes.collect::<Option<Vec<u8>>>()?.try_into().ok()
}

/// A card's: a point is in the names of VLANs alone.
fn is_name(name: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    !name.is_empty() && LinkName::new("name", name).is_ok() && name.bytes().all(is_part)
}

fn entry_within(what: &'static str, count: usize, max: usize) -> Result<(), EntryError> {
    if count > max { Err(EntryError::TooMany { what, count, max }) } else { Ok(()) }
}
