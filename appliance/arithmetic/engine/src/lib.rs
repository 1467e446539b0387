//! Batches of modular arithmetic on the CPU and on the card, the same bytes from each.
//!
//! Numbers are little-endian 64-bit limbs, plain (not in Montgomery form) wherever they cross this crate's border.
//! Whatever may be secret (a modulus, an exponent, a base) is handled in time that depends on widths and counts alone;
//! only the exponents of [`MultiExp`], [`plaintext_product`] and [`Cpu::pow_public`] are public.
//!
//! Two [`Backend`]s: [`Cpu`] on the processor's cores, with AVX-512 IFMA, AVX2 or the scalar multiplier, and
//! [`CardBackend`], whose results pass the test of [`verify`] before anybody sees them. [`Engine`] shares a batch between
//! them by measured speed, and goes on with the CPU when the card fails.

#![forbid(unsafe_code)]

pub use backend::Backend;
pub use card_backend::{Accelerator, CardBackend, CardEvent, CardFacts, CardNews, CardState};
pub use control::{Control, unattended};
pub use cpu::Cpu;
pub use error::{CardTrouble, EngineError};
pub use fixed_base::FixedBase;
pub use inverse::{invert, invert_each};
pub use matrix::plaintext_product;
pub use modulus::Modulus;
pub use montgomery_lanes::Unit;
pub use multi_exp::MultiExp;
pub use numbers::{Numbers, read_be, write_be};
pub use products::products;
pub use scheduler::{CardStatus, Engine, EngineStatus};
pub use speeds::{Kind, Work};
pub use widths::{MAX_BITS, MIN_BITS};

mod backend;
mod card_backend;
mod control;
mod cpu;
mod cpu_backend;
mod error;
mod fixed_base;
mod inverse;
mod matrix;
mod modulus;
mod montgomery;
mod multi_exp;
mod numbers;
mod pow;
mod products;
mod scheduler;
mod speeds;
pub mod units;
pub mod verify;
mod widths;
