//! Cases for people: lines, a table, plots, and docs/performance.md.

pub use document::write_documents;
pub use table::{line, table};

mod document;
mod figures;
mod plots;
mod svg;
mod table;
