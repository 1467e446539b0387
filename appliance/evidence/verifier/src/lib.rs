//! Judges the evidence of a box: fifteen checks, each passed, failed or unknown, with what it found and why. No I/O, no TPM, no
//! clock of its own, no trust in the box.
//!
//! A check that could not be made is unknown, and unknown never passes. A [`Claim`] of the report is there only if the checks that
//! it rests on have passed; all else that the evidence says is not repeated.
//!
//! To be read in this order: `appraise.rs` (the way through), `checks/` (one file a question), `reason.rs` (what can be wrong),
//! `report.rs`; `ear.rs` and `html.rs` only show what is there.
#![forbid(unsafe_code)]

mod algorithms;
mod appraise;
mod chain;
mod checks;
mod claim;
mod ear;
mod html;
mod picture;
mod reason;
mod report;
mod roots;
mod titles;

pub use appraise::{Activation, Input, Unusable, appraise};
pub use claim::{Claim, Subject};
pub use ear::EarError;
pub use reason::{Reason, Words};
pub use report::{Check, Outcome, Report, Verdict};
pub use roots::{Roots, RootsError};
