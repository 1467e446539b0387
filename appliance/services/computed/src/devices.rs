//! Opening the cards, before the jail closes.

use attestation::own_log::{self, Loaded};
use card::{Card, Identity, LoadedCard};
use engine::{CardBackend, Engine};
use transport_vfio::{Bdf, DEFAULT_POOL, VfioTransport};

use crate::error::chain;

/// A card that is not used.
#[derive(Clone, Debug)]
pub struct Refused {
    pub card: String,
    pub reason: String,
}

/// An engine on the cards at these PCI addresses that pass their self-test, or on the CPU alone; and the cards that do not.
/// The strings are what the box's own log is to say of the cards that pass.
pub fn open_engine(addresses: &[String]) -> (Engine, Vec<Refused>, Vec<String>) {
    let (mut cards, mut refused, mut loaded) = (Vec::new(), Vec::new(), Vec::new());
    for address in addresses {
        match open_card(address) {
            Ok(card) => {
                loaded.push(measured(address, card.identity()));
                cards.push((address.clone(), card));
            }
            Err(reason) => refused.push(Refused { card: address.clone(), reason }),
        }
    }
    let engine = match (cards.is_empty(), refused.first()) {
        (false, _) => Engine::with_card(CardBackend::with_cards(cards)),
        (true, Some(first)) => Engine::without_card(first.sentence()),
        (true, None) => Engine::without_card("no card was found"),
    };
    (engine, refused, loaded)
}

impl Refused {
    pub(crate) fn sentence(&self) -> String {
        format!("the card at {} is not used: {}", self.card, self.reason)
    }
}

/// A card's build register has 32 bits: what stands in the log is the hash of its eight hexadecimal digits.
fn measured(address: &str, identity: &Identity) -> String {
    let (major, minor) = identity.map_version;
    let kind = format!("{:?}", identity.kind).to_lowercase();
    let build = own_log::digest(&format!("{:08x}", identity.build));
    Loaded::Card { address: address.into(), identity: format!("{kind}-{major}.{minor}"), build }.text()
}

fn open_card(address: &str) -> Result<LoadedCard<VfioTransport>, String> {
    let bdf: Bdf = address.parse().map_err(|e: transport_vfio::AddressError| chain(&e))?;
    let transport = VfioTransport::open(&bdf, DEFAULT_POOL).map_err(|e| chain(&e))?;
    Card::probe(transport).map_err(|e| chain(&e))
}
