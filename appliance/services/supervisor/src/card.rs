//! Handing the cards to the service that has them: bound to vfio-pci, their nodes owned by its uid.

use box_state::{Code, Event, Reason};
use service_table::{Device, Table};
use transport_vfio::{Bdf, bind};

use crate::console::Console;
use crate::devices::{self, give};
use crate::error::chain;

/// The cards' PCI addresses. A box without a card, or whose cards can't be bound, computes on its processor.
pub(crate) fn bind(console: &mut Console, table: &Table) -> (Vec<String>, Vec<Event>) {
    let Some(row) = devices::owner(table, Device::Cards) else { return Default::default() };
    let found = match bind::find(card_csr::PCI_VENDOR, card_csr::PCI_DEVICE) {
        Ok(found) => found,
        Err(e) => {
            let reason = Reason::new(Code::CardNotUsed).detail(&format!("looking for cards: {}", chain(&e)));
            return (Vec::new(), vec![Event::Appeared(reason)]);
        }
    };
    if found.is_empty() {
        console.say("no card: computing on the processor");
    }
    let (mut bound, mut events) = (Vec::new(), Vec::new());
    for address in &found {
        match hand_over(address, row.uid) {
            Ok(()) => {
                console.say(&format!("card {address} bound to vfio-pci"));
                bound.push(address.to_string());
            }
            Err(e) => {
                let reason = Reason::new(Code::CardNotUsed).about(&address.to_string()).detail(&e);
                events.push(Event::Appeared(reason));
            }
        }
    }
    (bound, events)
}

fn hand_over(address: &Bdf, uid: u32) -> Result<(), String> {
    let group = bind::bind_to_vfio(address).map_err(|e| chain(&e))?;
    give(&group, uid).and_then(|()| give("/dev/vfio/vfio", uid)).map_err(|e| chain(&e))
}
