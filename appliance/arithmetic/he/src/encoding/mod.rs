//! Numbers as residues modulo n, in the ways of other people's programs.
//!
//! A number is significand * 16^exponent; the significand is encrypted, the exponent travels in clear. Significands are
//! secret: encoding branches on none before its error. Exponents, and shifts made of them, are public. Decoding to a float
//! normalizes it, in time that tells how long its significand is.

pub use residues::Encoded;

pub mod fate;
pub mod phe;
mod residues;
pub(crate) mod scale;
