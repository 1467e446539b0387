//! What can be wrong with the network.

use box_state::{Code, Event, Reason};

/// Each is a reason for which the box is not all that it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// No link at all.
    NoCard,
    /// None of these links has anything at the other end of its cable.
    NoCarrier { links: Vec<String> },
    /// No link has an address; this one could have one, and what there is to say of it.
    NoAddress { link: String, words: String },
    /// The file with the settings is there, and does not hold.
    FileNotUsed { why: String },
    /// The kernel refuses what it is asked for.
    Netlink { why: String },
}

/// What of the network is a reason now, and what is none (any more).
pub(crate) fn events(troubles: &[Trouble]) -> Vec<Event> {
    let reasons: Vec<Reason> = troubles.iter().map(reason).collect();
    let codes =
        [Code::NoNetworkCard, Code::NoNetworkLink, Code::NoAddress, Code::NetworkFileNotUsed, Code::NetworkRefused];
    let is_over = |code: &Code| !reasons.iter().any(|reason| reason.code() == *code);
    let over = codes.into_iter().filter(is_over).map(|code| Event::Gone(code, String::new()));
    over.collect::<Vec<_>>().into_iter().chain(reasons.iter().cloned().map(Event::Appeared)).collect()
}

fn reason(trouble: &Trouble) -> Reason {
    match trouble {
        Trouble::NoCard => Reason::new(Code::NoNetworkCard),
        Trouble::NoCarrier { links } => Reason::new(Code::NoNetworkLink).detail(&links.join(", ")),
        Trouble::NoAddress { link, words } => Reason::new(Code::NoAddress).detail(&format!("{link}: {words}")),
        Trouble::FileNotUsed { why } => Reason::new(Code::NetworkFileNotUsed).detail(why),
        Trouble::Netlink { why } => Reason::new(Code::NetworkRefused).detail(why),
    }
}
