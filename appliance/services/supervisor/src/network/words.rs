//! What there is to say of a link, in words.

use std::time::Duration;

use ipc::control::{By, Dhcp, LinkReport};

use super::seen::{Held, Seen, Standing};
use super::told::Told;

/// `now`: a search is told of as it stands; without it, as it was last told of.
pub(super) fn of(link: &Seen, told: Option<&Told>, now: Option<Duration>) -> String {
    if !link.carrier {
        return "no carrier: nothing answers at the other end of its cable".into();
    }
    let report = told.map(|told| &told.report);
    let mut held: Vec<(u8, String)> = link.addresses.iter().map(|held| (rank(held), address(held, report))).collect();
    held.sort();
    let held: Vec<String> = held.into_iter().map(|(_, words)| words).collect();
    let search = told.and_then(|told| search(told, now));
    if is_reachable(link) {
        return held.into_iter().chain(search).collect::<Vec<_>>().join(", ");
    }
    let search = search.into_iter().collect::<String>();
    let addressed = if held.is_empty() { String::new() } else { format!(" ({})", held.join(", ")) };
    match search.is_empty() {
        true => format!("no address yet{addressed}"),
        false => format!("no address, {search}{addressed}"),
    }
}

/// It has an address that is heard of beyond the link.
pub(super) fn is_reachable(link: &Seen) -> bool {
    link.carrier && link.addresses.iter().any(|held| held.is_global() && held.standing == Standing::InUse)
}

fn search(told: &Told, now: Option<Duration>) -> Option<String> {
    match &told.report.dhcp {
        Dhcp::Off | Dhcp::Bound => None,
        Dhcp::Refused { why } => Some(format!("a DHCP server's offer was refused ({why}), still trying")),
        Dhcp::Searching { seconds, lost } => {
            let since = now.map_or(0, |now| now.saturating_sub(told.at).as_secs());
            let seconds = u64::from(*seconds) + since;
            let lost = if *lost { "the lease ran out or was taken back, " } else { "" };
            Some(match seconds {
                0 => format!("{lost}looking for a DHCP server"),
                _ => format!("{lost}no DHCP server answered for {seconds} s, still trying"),
            })
        }
    }
}

fn address(held: &Held, report: Option<&LinkReport>) -> String {
    let given = report.into_iter().flat_map(|report| report.addresses.as_slice());
    let by = given.filter(|given| given.address.address() == held.address).map(|given| given.by).next();
    let source = match by {
        Some(By::Dhcp) => " by DHCP",
        Some(By::File) => " by its file",
        None if held.address.is_ipv6() && held.is_global() => " by router",
        None => "",
    };
    let is_taken = report.is_some_and(|report| report.taken.as_slice().contains(&held.address));
    let standing = match held.standing {
        Standing::InUse if is_taken => " (another host has it too)",
        Standing::InUse => "",
        Standing::Asked => " (is it free?)",
        Standing::Taken => " (another host has it)",
    };
    format!("{}/{}{source}{standing}", held.address, held.prefix)
}

/// The order in which addresses are told.
fn rank(held: &Held) -> u8 {
    match (held.address.is_ipv4(), held.is_global()) {
        (true, true) => 0,
        (true, false) => 1,
        (false, true) => 3,
        (false, false) => 2,
    }
}
