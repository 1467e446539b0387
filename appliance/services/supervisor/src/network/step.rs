//! What the plan asks of the kernel and of the service.

use ipc::control::{Address, Link, Order, VlanId};

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    Up {
        index: u32,
        name: String,
    },
    MakeVlan {
        parent: u32,
        id: VlanId,
        name: String,
    },
    /// A VLAN that nobody wants any more.
    Remove {
        index: u32,
    },
    /// Gives the link these addresses, their gateways, and none else.
    Configure {
        index: u32,
        addresses: Vec<Address>,
    },
    /// Hands the link to the service, with a socket.
    Give {
        index: u32,
        link: Link,
    },
    /// To the service.
    Tell(Order),
}
