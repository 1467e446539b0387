//! What the kernel logged about a process: seccomp's audit record names the system call.

use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;

use nix::libc::O_NONBLOCK;

/// A record of /dev/kmsg is at most this long; a shorter buffer would make the read fail.
const RECORD_MAX: usize = 8192;

/// ` (number N)` of the call for which seccomp killed this process, if the kernel's log still has it.
pub(crate) fn forbidden_call(pid: u32) -> Option<String> {
    let mut log = OpenOptions::new().read(true).custom_flags(O_NONBLOCK).open("/dev/kmsg").ok()?;
    let mut record = [0u8; RECORD_MAX];
    let mut found = None;
    // EPIPE: the log moved on while it was read, and reading goes on after the gap.
    loop {
        match log.read(&mut record) {
            Ok(0) => return found,
            Ok(size) => found = call_in(&String::from_utf8_lossy(&record[..size]), pid).or(found),
            Err(e) if e.raw_os_error() == Some(nix::libc::EPIPE) => {}
            Err(_) => return found,
        }
    }
}

/// AUDIT_SECCOMP is record type 1326: "... type=1326 ... pid=123 ... syscall=54 ...".
fn call_in(record: &str, pid: u32) -> Option<String> {
    let field = |name: &str| record.split_whitespace().find_map(|word| word.strip_prefix(name));
    let is_ours = field("type=") == Some("1326") && field("pid=") == Some(pid.to_string().as_str());
    is_ours.then(|| field("syscall=")).flatten().map(|number| format!(" (number {number})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_call_is_found_in_the_record_of_the_process() {
        let record = "5,361,4,-;audit: type=1326 audit(1.5:2): auid=4294967295 uid=101 gid=101 ses=4294967295 pid=85 comm=\"keyd\" \
                      exe=\"/bin/keyd\" sig=31 arch=c000003e syscall=54 compat=0 ip=0x7f code=0x80000000";
        assert_eq!(call_in(record, 85).as_deref(), Some(" (number 54)"));
        assert_eq!(call_in(record, 8), None);
        assert_eq!(call_in("type=1400 pid=85 syscall=1", 85), None);
    }
}
