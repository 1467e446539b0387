//! Settings of the running kernel that no command line sets: those of every box, from the measured image, and io_uring's, which hang
//! on which service may use it.

use std::fs;
use std::path::{Path, PathBuf};

use service_table::Table;

use crate::error::{SupervisorError, file};

/// image/kernel/sysctl.conf, in the image.
const FILE: &str = "/etc/coffer/sysctl.conf";

/// A setting that this kernel does not have is an error: kernel and file are of one image.
pub(crate) fn settle(table: &Table) -> Result<(), SupervisorError> {
    let text = fs::read_to_string(FILE).map_err(file("reading", FILE))?;
    let fixed = parse(&text).map_err(|what| SupervisorError::Content { path: FILE.into(), what })?;
    fixed.iter().try_for_each(|(name, value)| set(&path_of(name), value))?;
    // For the group of the one service that may use it, or for nobody: 0xffffffff is no group.
    let group = table.rows().iter().find(|row| row.io_uring).map_or(-1, |row| i64::from(row.uid));
    set(&path_of("kernel.io_uring_group"), &group.to_string())?;
    set(&path_of("kernel.io_uring_disabled"), if group < 0 { "2" } else { "1" })
}

fn set(path: &Path, value: &str) -> Result<(), SupervisorError> {
    fs::write(path, value).map_err(file("setting", path))
}

fn path_of(name: &str) -> PathBuf {
    Path::new("/proc/sys").join(name.replace('.', "/"))
}

/// Lines of "name = value", and comments.
fn parse(text: &str) -> Result<Vec<(&str, &str)>, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(" = ").ok_or_else(|| format!("{line:?} sets nothing"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_images_own_file_is_read_whole() {
        let text = include_str!("../../../../image/kernel/sysctl.conf");
        let settings = parse(text).unwrap();
        assert_eq!(settings.len(), text.lines().filter(|line| line.contains(" = ")).count());
        assert!(settings.contains(&("kernel.yama.ptrace_scope", "3")), "{settings:?}");
        assert_eq!(path_of("net.ipv4.tcp_syncookies"), Path::new("/proc/sys/net/ipv4/tcp_syncookies"));
    }

    #[test]
    fn a_line_that_sets_nothing_is_an_error() {
        assert!(parse("# a comment\n\nkernel.sysrq\n").is_err());
    }
}
