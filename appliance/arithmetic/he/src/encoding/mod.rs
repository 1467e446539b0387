//! Numbers as residues modulo n, in the ways of other people's programs.
//!
//! A number is significand * 16^exponent; the significand is encrypted, the exponent travels in clear. Significands are
//! secret: encoding branches on none before its error. Exponents, and shifts made of them, are public, and so is a float's own exponent,
//! its order of magnitude, which its encoding shows. Decoding to a float normalizes it, in time that tells how long its significand is.

pub use residues::Encoded;

pub mod digits;
pub mod fate;
pub mod heu;
pub mod phe;
pub mod ratio;
mod residues;
pub(crate) mod scale;
