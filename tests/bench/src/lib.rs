//! Measures the arithmetic against its peers. The peer runs in the same process, in turn with ours, on the same inputs,
//! on one core each unless a case says otherwise; every result is checked before it is timed.
#![forbid(unsafe_code)]

pub use case::Case;
pub use error::{BenchError, check};
pub use measure::Plan;

mod case;
mod error;
pub mod machine;
pub mod measure;
pub mod peers;
pub mod report;
pub mod statistics;
pub mod suites;
