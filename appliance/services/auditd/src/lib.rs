//! auditd: the one writer of the audit log.
//!
//! Services send lines over their channels ([`ipc::auditd`]); the source of a line is the channel. One thread writes ([`writer`]),
//! many lines with one sync; one has heads signed by the TPM ([`heads`]); one reads ([`pages`]). When the disk is full, work is
//! refused and relief goes on, on disk that is kept for it ([`reserve`]). The format is `audit_log`'s.
#![forbid(unsafe_code)]

mod error;
mod heads;
mod job;
mod pages;
mod readers;
mod reserve;
mod serve;
mod store;
mod writer;

pub use error::AuditdError;
pub use serve::Running;
