//! Opening the cards, before the jail closes.

use card::{Card, LoadedCard};
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
pub fn open_engine(addresses: &[String]) -> (Engine, Vec<Refused>) {
    let (mut cards, mut refused) = (Vec::new(), Vec::new());
    for address in addresses {
        match open_card(address) {
            Ok(card) => cards.push((address.clone(), card)),
            Err(reason) => refused.push(Refused { card: address.clone(), reason }),
        }
    }
    let engine = match (cards.is_empty(), refused.first()) {
        (false, _) => Engine::with_card(CardBackend::with_cards(cards)),
        (true, Some(first)) => Engine::without_card(first.sentence()),
        (true, None) => Engine::without_card("no card was found"),
    };
    (engine, refused)
}

impl Refused {
    pub(crate) fn sentence(&self) -> String {
        format!("the card at {} is not used: {}", self.card, self.reason)
    }
}

fn open_card(address: &str) -> Result<LoadedCard<VfioTransport>, String> {
    let bdf: Bdf = address.parse().map_err(|e: transport_vfio::AddressError| chain(&e))?;
    let transport = VfioTransport::open(&bdf, DEFAULT_POOL).map_err(|e| chain(&e))?;
    Card::probe(transport).map_err(|e| chain(&e))
}
