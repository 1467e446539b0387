//! Opening the card, before the jail closes.

use card::Card;
use engine::{CardBackend, Engine};
use transport_vfio::{Bdf, DEFAULT_POOL, VfioTransport};

use crate::error::chain;

/// An engine on the card at this PCI address, or on the CPU alone, and then why.
pub fn open_engine(address: Option<&str>) -> (Engine, Option<String>) {
    let Some(address) = address else {
        return (Engine::without_card("no card was found"), None);
    };
    match open_card(address) {
        Ok(engine) => (engine, None),
        Err(reason) => {
            let reason = format!("the card at {address} is not used: {reason}");
            (Engine::without_card(reason.clone()), Some(reason))
        }
    }
}

fn open_card(address: &str) -> Result<Engine, String> {
    let bdf: Bdf = address.parse().map_err(|e: transport_vfio::VfioError| chain(&e))?;
    let transport = VfioTransport::open(&bdf, DEFAULT_POOL).map_err(|e| chain(&e))?;
    let card = Card::probe(transport).map_err(|e| chain(&e))?;
    Ok(Engine::with_card(CardBackend::new(card)))
}
