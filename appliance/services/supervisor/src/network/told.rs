//! What the service said of a link, and when.

use std::time::Duration;

use ipc::control::LinkReport;

#[derive(Debug)]
pub(super) struct Told {
    pub(super) report: LinkReport,
    pub(super) at: Duration,
}
