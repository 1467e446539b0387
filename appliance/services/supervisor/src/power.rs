//! The end of PID 1: everything written out, everything closed, the machine off or started anew.

use std::convert::Infallible;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use nix::mount::{MntFlags, umount2};
use nix::sys::reboot::{RebootMode, reboot};
use nix::unistd::sync;

use crate::console::Console;
use crate::error::chain;
use crate::volume;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    PowerOff,
    Reboot,
    /// The boot failed; the screen keeps the reason for a while before the firmware tries again.
    Failed,
}

/// How long a failed box shows why.
const SHOW: Duration = Duration::from_secs(30);

pub(crate) fn end(console: &mut Console, end: End) -> ExitCode {
    sync();
    // EINVAL: it was never mounted.
    if umount2("/data", MntFlags::empty()).is_ok()
        && let Err(e) = volume::close()
    {
        console.say(&chain(&e));
    }
    let mode = match end {
        End::PowerOff => RebootMode::RB_POWER_OFF,
        End::Reboot => RebootMode::RB_AUTOBOOT,
        End::Failed => {
            thread::sleep(SHOW);
            RebootMode::RB_AUTOBOOT
        }
    };
    console.say(if mode == RebootMode::RB_POWER_OFF { "power off" } else { "restart" });
    let refused: Result<Infallible, _> = reboot(mode);
    console.say(&format!("the kernel refused: {refused:?}"));
    // PID 1 must not return: the kernel would panic, and with panic=10 restart, which is the best that is left.
    ExitCode::FAILURE
}
