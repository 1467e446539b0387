//! Private set intersection.
//!
//! **The front**, common to all protocols: a row's key is one or several columns, each normalized as the contract says
//! ([`KeyColumn`]); its [`item`] is a digest that is keyed with the job, so that nothing can be compared across jobs. Items are sorted, so that
//! their order says nothing of the rows', looked through for duplicates, and padded.
//!
//! **[`Ecdh`]**, by Diffie and Hellman's commuting powers (C. Meadows, 1986; semi-honest, DDH, random oracles): each side sends its items as
//! points times its scalar, and multiplies what the other side sent by its own. What comes out is equal where the items are.
//! The other side's products go back *sorted*, so that who gets them learns how many of its items match, and not which: that is the gate at
//! which a job ends whose intersection is too small. Behind it go the numbers that undo the sorting.
//!
//! **Memory** does not grow with the sets: whatever is larger than a batch lies on piles, which the shell spills
//! ([`party::Output::Append`]), and comes back one at a time. A pile has some [`Terms::pile`] entries, cut by a digest's first bits.
#![forbid(unsafe_code)]

pub use ecdh::Ecdh;
pub use item::item;
pub use key::{KeyColumn, encode_key};
pub use normalize::Normalization;
pub use terms::{Duplicates, Recipient, Reveal, Terms};

mod ecdh;
mod item;
mod key;
mod normalize;
mod terms;
