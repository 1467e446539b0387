//! Handing the cards to computed: bound to vfio-pci, their nodes owned by computed's uid.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use ipc::control::BoxFacts;
use transport_vfio::{Bdf, bind};

use crate::console::Console;
use crate::error::{SupervisorError, chain, file};
use crate::programs::COMPUTED_UID;

/// The cards' PCI addresses. A box without a card, or whose cards can't be bound, computes on its processor.
pub(crate) fn bind(console: &mut Console, facts: &mut BoxFacts) -> Vec<String> {
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
        match hand_over(address) {
            Ok(()) => {
                console.say(&format!("card {address} bound to vfio-pci"));
                bound.push(address.to_string());
            }
            Err(e) => facts.degraded.push(format!("the card at {address}: {e}")),
        }
    }
    bound
}

fn hand_over(address: &Bdf) -> Result<(), String> {
    let group = bind::bind_to_vfio(address).map_err(|e| chain(&e))?;
    give(&group).and_then(|()| give(Path::new("/dev/vfio/vfio"))).map_err(|e| chain(&e))
}

fn give(node: &Path) -> Result<(), SupervisorError> {
    chown(node, Some(COMPUTED_UID), Some(COMPUTED_UID)).map_err(file("giving to computed", node))?;
    fs::set_permissions(node, fs::Permissions::from_mode(0o600)).map_err(file("giving to computed", node))
}
