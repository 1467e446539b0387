//! Batches of modular arithmetic on the CPU and on the card, the same bytes from each.
//!
//! Numbers are little-endian 64-bit limbs, plain (not in Montgomery form) wherever they cross this crate's border.
//! Whatever may be secret (a modulus, an exponent, a base) is handled in time that depends on widths and counts alone;
//! only [`multi_exp`]'s exponents are public.
//!
//! Two [`Backend`]s: [`Portable`] on the CPU's cores, and [`CardBackend`], whose results pass the test of [`verify`]
//! before anybody sees them. [`Engine`] chooses, and goes on with the CPU when the card fails.

#![forbid(unsafe_code)]

pub use backend::{Backend, Control, unattended};
pub use card_backend::{Accelerator, CardBackend, CardFacts};
pub use error::{CardTrouble, EngineError};
pub use fixed_base::FixedBase;
pub use inverse::{invert, invert_all};
pub use modulus::{MAX_BITS, MIN_BITS, Modulus};
pub use multi_exp::{MultiExp, column_products};
pub use numbers::{Numbers, read_be, write_be};
pub use portable::Portable;
pub use scheduler::{CardStatus, Engine, EngineStatus};

mod backend;
mod card_backend;
mod error;
mod fixed_base;
mod inverse;
mod modulus;
mod montgomery;
pub mod multi_exp;
mod numbers;
mod portable;
mod scheduler;
pub mod verify;
