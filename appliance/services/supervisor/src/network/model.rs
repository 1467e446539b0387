//! What is known of links, and what is to be done about it. Pure: what the kernel and the service say comes in, steps and words go out.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use ipc::control::{ADDRESSES_MAX, LinkReport, Order};

use super::plan;
use super::seen::{Seen, Standing};
use super::step::Step;
use super::told::Told;
use super::trouble::Trouble;
use super::words;

/// After the kernel refused something, nothing is asked of it for so long.
const PAUSE: Duration = Duration::from_secs(10);
/// So long a box may be without an address before that is a trouble: a search takes its time.
const GRACE: Duration = Duration::from_secs(30);
/// Lines about links that may come at once; after them, one in so long. A cable that flaps must not fill the screen.
const LINES: u32 = 20;
const LINE_EVERY: Duration = Duration::from_secs(30);

#[derive(Debug, Default)]
pub(super) struct Model {
    links: BTreeMap<u32, Seen>,
    /// By the link's name: VLANs are told of before they are there.
    reports: BTreeMap<String, Told>,
    /// The service, and the links that it was handed, each with the carrier that it was told of.
    holder: Option<u32>,
    given: BTreeMap<u32, Given>,
    /// Why the file is not used, and which process says so.
    file: Option<(Option<u32>, String)>,
    refused: Option<String>,
    refused_before: Option<String>,
    pause_until: Duration,
    /// Since when no link has had an address.
    without: Option<Duration>,
    shown: BTreeMap<String, String>,
    lines: u32,
    line_at: Duration,
}

#[derive(Debug)]
struct Given {
    name: String,
    carrier: bool,
}

impl Model {
    /// What there is now; what is to be done about it.
    pub(super) fn see(&mut self, seen: Vec<Seen>, holder: Option<u32>, now: Duration) -> Vec<Step> {
        if holder != self.holder {
            // Another process: it has nothing yet.
            self.holder = holder;
            self.given.clear();
        }
        let before = std::mem::replace(&mut self.links, seen.into_iter().map(|link| (link.index, link)).collect());
        // Another card may have come to the name of one that is gone.
        let same: BTreeSet<&str> = self.links.values().filter(|l| is_in(&before, l)).map(|l| l.name.as_str()).collect();
        self.reports.retain(|name, _| same.contains(name.as_str()));
        let has_address = self.links.values().any(words::is_reachable);
        self.without = if has_address { None } else { self.without.or(Some(now)) };
        let mut steps = self.tell();
        if now >= self.pause_until {
            let links: Vec<&Seen> = self.links.values().collect();
            steps.extend(plan::steps(&links, &self.reports));
            let missing = links.iter().filter(|link| link.up && !self.given.contains_key(&link.index));
            let give = |link: &&&Seen| Some(Step::Give { index: link.index, link: plan::link(link)? });
            steps.extend(missing.filter(|_| self.holder.is_some()).filter_map(|link| give(&link)));
        }
        steps
    }

    /// The service has it.
    pub(super) fn given(&mut self, index: u32) {
        if let Some(link) = self.links.get(&index) {
            self.given.insert(index, Given { name: link.name.clone(), carrier: link.carrier });
        }
    }

    pub(super) fn report(&mut self, report: LinkReport, now: Duration) {
        let name = report.link.as_str().to_string();
        // What is said of a link that is gone is of no use, and what there is not has no bound.
        if self.links.values().any(|link| link.name == name) {
            self.reports.insert(name, Told { report, at: now });
        }
    }

    /// It holds as long as the process that says so. The line to show.
    pub(super) fn file_not_used(&mut self, why: String, holder: Option<u32>) -> String {
        self.file = Some((holder, why.clone()));
        format!("network: {why}")
    }

    /// All steps were taken, or this was refused.
    pub(super) fn done(&mut self, refused: Option<String>, now: Duration) {
        if refused.is_some() {
            self.pause_until = now + PAUSE;
            self.refused = refused;
        } else if now >= self.pause_until {
            self.refused = None;
        }
    }

    /// What changed since this was last asked, a line each.
    pub(super) fn news(&mut self, now: Duration) -> Vec<String> {
        let mut lines = Vec::new();
        if self.refused != self.refused_before {
            lines.extend(self.refused.iter().map(|why| format!("network: {why}; it is tried again")));
            self.refused_before = self.refused.clone();
        }
        let current: BTreeMap<String, String> =
            self.links.values().map(|link| (link.name.clone(), words::of(link, self.told(link), None))).collect();
        for (name, words) in &current {
            if self.shown.get(name) != Some(words) && self.may_show(now) {
                lines.push(format!("network {name}: {words}"));
                self.shown.insert(name.clone(), words.clone());
            }
        }
        for name in self.shown.keys().filter(|name| !current.contains_key(*name)) {
            lines.push(format!("network {name}: it is gone"));
        }
        self.shown.retain(|name, _| current.contains_key(name));
        lines
    }

    /// Each link with what there is to say of it.
    pub(super) fn links(&self, now: Duration) -> Vec<(String, String)> {
        let mut all: Vec<(String, String)> =
            self.links.values().map(|link| (link.name.clone(), words::of(link, self.told(link), Some(now)))).collect();
        all.sort();
        all
    }

    /// In use, in order; those that hold on one link alone and need its name are left out.
    pub(super) fn addresses(&self) -> Vec<IpAddr> {
        let held = self.links.values().flat_map(|link| &link.addresses);
        let named =
            held.filter(|held| held.standing == Standing::InUse && (held.address.is_ipv4() || held.is_global()));
        let mut all: Vec<IpAddr> = named.map(|held| held.address).collect();
        all.sort_unstable();
        all.dedup();
        all.truncate(ADDRESSES_MAX);
        all
    }

    pub(super) fn troubles(&self, now: Duration) -> Vec<Trouble> {
        let mut all: Vec<Trouble> = self.refused.iter().map(|why| Trouble::Netlink { why: why.clone() }).collect();
        let file = self.file.iter().filter(|(holder, _)| *holder == self.holder);
        all.extend(file.map(|(_, why)| Trouble::FileNotUsed { why: why.clone() }));
        if self.without.is_none_or(|since| now.saturating_sub(since) < GRACE) {
            return all;
        }
        if self.links.is_empty() {
            all.push(Trouble::NoCard);
        } else if self.links.values().all(|link| !link.carrier) {
            all.push(Trouble::NoCarrier { links: self.links.values().map(|link| link.name.clone()).collect() });
        } else {
            let live = self.links.values().filter(|link| link.carrier);
            all.extend(live.map(|link| Trouble::NoAddress {
                link: link.name.clone(),
                words: words::of(link, self.told(link), None),
            }));
        }
        all
    }

    fn told(&self, link: &Seen) -> Option<&Told> {
        self.reports.get(&link.name)
    }

    /// What the service must hear: links that are gone, carriers that came or went.
    fn tell(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        self.given.retain(|index, given| {
            let there = self.links.get(index).is_some_and(|link| link.name == given.name);
            if !there {
                steps.extend(plan::name(&given.name).map(|link| Step::Tell(Order::LinkGone { link })));
            }
            there
        });
        for (index, given) in &mut self.given {
            let Some(link) = self.links.get(index).filter(|link| link.carrier != given.carrier) else { continue };
            given.carrier = link.carrier;
            let up = link.carrier;
            steps.extend(plan::name(&link.name).map(|link| Step::Tell(Order::Carrier { link, up })));
        }
        steps
    }

    /// One more line.
    fn may_show(&mut self, now: Duration) -> bool {
        let due = u32::try_from(now.saturating_sub(self.line_at).as_millis() / LINE_EVERY.as_millis()).unwrap_or(LINES);
        self.lines = self.lines.saturating_sub(due);
        self.line_at = if self.lines == 0 { now } else { self.line_at + LINE_EVERY * due };
        let may = self.lines < LINES;
        self.lines += u32::from(may);
        may
    }
}

fn is_in(links: &BTreeMap<u32, Seen>, link: &Seen) -> bool {
    links.get(&link.index).is_some_and(|before| before.name == link.name)
}
