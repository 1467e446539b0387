//! Boxes that are booted in the emulator. A boot costs more than most checks, so one box serves many of them: a module is a
//! box, or a few of one kind.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod backups;
mod card_faults;
mod card_rtl;
mod console;
mod cut;
mod disks;
mod evidence;
mod first_boot_cuts;
mod image;
mod network;
mod power_cuts;
mod secure_boot;
mod services;
mod slots;
mod states;
mod thief;
mod with_a_card;
mod without_a_card;
