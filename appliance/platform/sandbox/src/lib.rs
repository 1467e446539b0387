//! Two halves of a jail. The supervisor starts a service without privileges and with the descriptors it needs ([`spawn`]);
//! the service opens its devices and then locks itself in ([`enter`]): Landlock, seccomp, and proof that no capability is left.

mod enter;
mod filters;
mod spawn;

pub use enter::{EnterError, Jail, break_out, enter};
pub use filters::FilterError;
pub use spawn::{Service, SpawnError, lock_socket_filter, passed, spawn};
