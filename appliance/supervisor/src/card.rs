//! Handing the card to computed: bound to vfio-pci, its nodes owned by computed's uid.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use protocols::control::BoxFacts;
use transport_vfio::bind;

use crate::console::Console;
use crate::error::{SupervisorError, chain, file};
use crate::services::COMPUTED_UID;

/// The card's PCI address. A box without a card, or whose card can't be bound, computes on its processor.
pub(crate) fn bind(console: &mut Console, facts: &mut BoxFacts) -> Option<String> {
    match try_bind(facts) {
        Ok(Some(address)) => {
            console.say(&format!("card {address} bound to vfio-pci"));
            Some(address)
        }
        Ok(None) => {
            console.say("no card: computing on the processor");
            None
        }
        Err(e) => {
            facts.degraded.push(format!("the card: {e}"));
            None
        }
    }
}

fn try_bind(facts: &mut BoxFacts) -> Result<Option<String>, String> {
    let found = bind::find(card_csr::PCI_VENDOR, card_csr::PCI_DEVICE).map_err(|e| chain(&e))?;
    let Some(address) = found.first() else { return Ok(None) };
    if found.len() > 1 {
        facts.degraded.push(format!("{} cards found, only {address} is used", found.len()));
    }
    let group = bind::bind_to_vfio(address).map_err(|e| chain(&e))?;
    give(&group).and_then(|()| give(Path::new("/dev/vfio/vfio"))).map_err(|e| chain(&e))?;
    Ok(Some(address.to_string()))
}

fn give(node: &Path) -> Result<(), SupervisorError> {
    chown(node, Some(COMPUTED_UID), Some(COMPUTED_UID)).map_err(file("giving to computed", node))?;
    fs::set_permissions(node, fs::Permissions::from_mode(0o600)).map_err(file("giving to computed", node))
}
