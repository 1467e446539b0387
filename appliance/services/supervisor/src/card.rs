//! Handing the cards to the service that has them: bound to vfio-pci, their nodes owned by its uid.

use ipc::control::BoxFacts;
use service_table::{Device, Table};
use transport_vfio::{Bdf, bind};

use crate::console::Console;
use crate::devices::{self, give};
use crate::error::chain;

/// The cards' PCI addresses. A box without a card, or whose cards can't be bound, computes on its processor.
pub(crate) fn bind(console: &mut Console, facts: &mut BoxFacts, table: &Table) -> Vec<String> {
    let Some(row) = devices::owner(table, Device::Cards) else { return Vec::new() };
    let found = match bind::find(card_csr::PCI_VENDOR, card_csr::PCI_DEVICE) {
        Ok(found) => found,
        Err(e) => {
            facts.degraded.push(format!("looking for cards: {}", chain(&e)));
            return Vec::new();
        }
    };
    if found.is_empty() {
        console.say("no card: computing on the processor");
    }
    let mut bound = Vec::new();
    for address in &found {
        match hand_over(address, row.uid) {
            Ok(()) => {
                console.say(&format!("card {address} bound to vfio-pci"));
                bound.push(address.to_string());
            }
            Err(e) => facts.degraded.push(format!("the card at {address}: {e}")),
        }
    }
    bound
}

fn hand_over(address: &Bdf, uid: u32) -> Result<(), String> {
    let group = bind::bind_to_vfio(address).map_err(|e| chain(&e))?;
    give(&group, uid).and_then(|()| give("/dev/vfio/vfio", uid)).map_err(|e| chain(&e))
}
