//! The kernel's settings for links. IPv6 is the kernel's own work: it asks routers and gives a link addresses by what they say; what it may
//! believe of it is said here.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::error::{SupervisorError, file};

const LINK: [(&str, &str); 23] = [
    // A router may say which networks there are, and that it is one; and nothing that steers single hosts.
    ("ipv6/conf/LINK/disable_ipv6", "0"),
    ("ipv6/conf/LINK/forwarding", "0"),
    ("ipv6/conf/LINK/accept_ra", "1"),
    ("ipv6/conf/LINK/accept_ra_defrtr", "1"),
    ("ipv6/conf/LINK/accept_ra_pinfo", "1"),
    ("ipv6/conf/LINK/accept_ra_rtr_pref", "0"),
    ("ipv6/conf/LINK/accept_redirects", "0"),
    ("ipv6/conf/LINK/accept_source_route", "0"),
    ("ipv6/conf/LINK/autoconf", "1"),
    ("ipv6/conf/LINK/max_addresses", "16"),
    // A server is to be found again: no addresses that change, and routers are asked for ever.
    ("ipv6/conf/LINK/use_tempaddr", "0"),
    ("ipv6/conf/LINK/addr_gen_mode", "0"),
    ("ipv6/conf/LINK/router_solicitations", "-1"),
    // Whether an address is free is asked, and one that is not is not used.
    ("ipv6/conf/LINK/accept_dad", "1"),
    ("ipv6/conf/LINK/dad_transmits", "1"),
    // Two cards may be in one network: an answer may come by either, and each speaks for its own addresses alone.
    ("ipv4/conf/LINK/rp_filter", "2"),
    ("ipv4/conf/LINK/arp_ignore", "1"),
    ("ipv4/conf/LINK/arp_announce", "2"),
    // And where the cable of one is out, the other one's way is taken.
    ("ipv4/conf/LINK/ignore_routes_with_linkdown", "1"),
    ("ipv6/conf/LINK/ignore_routes_with_linkdown", "1"),
    ("ipv4/conf/LINK/accept_redirects", "0"),
    ("ipv4/conf/LINK/send_redirects", "0"),
    ("ipv4/conf/LINK/accept_source_route", "0"),
];

/// For links that come, and for what is not a link's.
pub(super) fn settle_defaults() -> Result<(), SupervisorError> {
    // A listener for IPv6 hears IPv4 too.
    set("ipv6/bindv6only", "0")?;
    settle("default")?;
    // A link believes routers once it is settled by name, and not before.
    set("ipv6/conf/default/accept_ra", "0")
}

/// For one that was there before, or that another one's settings were made for.
pub(super) fn settle_link(name: &str, index: u32) -> Result<(), SupervisorError> {
    settle(name)?;
    // Of two routers on two links, the one on the first is used while it is there.
    set(&format!("ipv6/conf/{name}/ra_defrtr_metric"), &super::netlink::metric(index).to_string())
}

fn settle(name: &str) -> Result<(), SupervisorError> {
    // A name with a point in it is one folder.
    LINK.iter().try_for_each(|(setting, value)| set(&setting.replace("LINK", name), value))
}

fn set(setting: &str, value: &str) -> Result<(), SupervisorError> {
    let path = Path::new("/proc/sys/net").join(setting);
    match fs::write(&path, value) {
        // A kernel without IPv6, or a link that has just gone.
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        other => other.map_err(file("setting", path)),
    }
}
