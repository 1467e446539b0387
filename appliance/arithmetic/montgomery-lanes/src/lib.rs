//! Montgomery arithmetic on several numbers at once, one in each lane of a vector register.
//!
//! Eight lanes with AVX-512 IFMA (S. Gueron and V. Krasnov, "Accelerating big integer arithmetic using Intel IFMA
//! extensions", ARITH 2016), four with AVX2, one on the scalar multiplier. A [`Group`] holds as many numbers as the unit has lanes. Nothing here
//! branches on, or addresses memory by, a number's value, but for [`Pool`], whose indices are public.
//!
//! This crate is one of the few with `unsafe`: intrinsics and pointers stay behind [`Unit`] (the processor has the
//! instructions) and [`Modulus`] (the memory has the size).

#![allow(unsafe_code, reason = "vector intrinsics need it; see the crate's documentation")]

pub use factored::Logarithms;
pub use group::Group;
pub use modulus::Modulus;
pub use scratch::Scratch;
pub use tables::{GroupTable, Pool, SharedTable};
pub use unit::Unit;

mod avx2;
mod digits;
mod entry_points;
mod factored;
mod functions;
mod group;
mod ifma;
mod ifma_functions;
mod karatsuba;
mod kernel;
mod modulus;
mod pairs;
mod peak;
mod plain;
mod portable;
mod rows;
mod scratch;
mod tables;
mod unit;
mod vector;
