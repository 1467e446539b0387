//! The program as an auditor runs it.

mod evidence;
mod judges;
mod log;
mod support;
