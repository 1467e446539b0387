//! Why a table is refused.

use crate::{FORMAT, ROWS_MAX};

#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error("the table of services does not have the form of one")]
    Form(#[source] serde_json::Error),
    #[error("the table of services has format {found}; this program reads format {FORMAT}")]
    Format { found: u32 },
    #[error("the table of services has {count} rows; 1 to {ROWS_MAX} are allowed")]
    Rows { count: usize },
    #[error("service {row}: {field}: {problem}")]
    Row { row: String, field: &'static str, problem: String },
}
