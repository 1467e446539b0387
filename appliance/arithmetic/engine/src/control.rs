//! How a batch's caller hears of it, and stops it.

use std::ops::ControlFlow;

/// Told, from any thread, of so many more items that are done; may ask to stop.
pub type Control<'a> = &'a (dyn Fn(usize) -> ControlFlow<()> + Sync);

/// A [`Control`] that never stops anything.
pub fn unattended(_done: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}
