//! What scripts/regs makes of fpga/regs/card.rdl. Only this file is written by hand.

pub mod card;
