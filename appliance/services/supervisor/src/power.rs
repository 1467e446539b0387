//! The end of PID 1: everything written out, everything closed, the machine off or started anew.

use std::convert::Infallible;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use nix::mount::{MntFlags, umount2};
use nix::sys::reboot::{RebootMode, reboot};
use nix::unistd::sync;

use crate::console::Console;
use crate::error::chain;
use crate::volume;
use crate::watchdog::Watchdog;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    PowerOff,
    Reboot,
    /// The boot failed; the screen keeps the reason for a while before the firmware tries again.
    Failed,
}

/// How long a failed box shows why.
const SHOW: Duration = Duration::from_secs(30);

/// The watchdog is fed a last time and stays armed while the disk is written to: one that does not come back from that is reset.
pub(crate) fn end(console: &mut Console, mut watchdog: Watchdog, end: End) -> ExitCode {
    watchdog.feed();
    sync();
    watchdog.feed();
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
            let until = Instant::now() + SHOW;
            while Instant::now() < until {
                watchdog.feed();
                thread::sleep(Duration::from_secs(1));
            }
            RebootMode::RB_AUTOBOOT
        }
    };
    console.say(if mode == RebootMode::RB_POWER_OFF { "power off" } else { "restart" });
    console.flush();
    watchdog.disarm();
    let refused: Result<Infallible, _> = reboot(mode);
    console.say(&format!("the kernel refused: {refused:?}"));
    console.flush();
    // PID 1 must not return: the kernel would panic, and with panic=10 restart, which is the best that is left.
    ExitCode::FAILURE
}
