//! The services of a box, as data. A row says as whom and with what a program runs, what it may reach, and which calls it may make
//! of which other service; the supervisor walks the rows and knows none of them by name.
//!
//! Pure: the imager checks a table when it makes an image, the supervisor the same way when it reads it.
#![forbid(unsafe_code)]

mod backoff;
mod check;
mod error;
mod plan;
mod row;
mod table;

pub use backoff::RECOVERED;
pub use error::TableError;
pub use plan::{Consequences, Join, Plan, Starts};
pub use row::{Device, Endpoint, Handle, Row};
pub use table::{FORMAT, ROWS_MAX, Table};
