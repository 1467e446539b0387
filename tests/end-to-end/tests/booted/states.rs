//! What ordinary mishaps leave: each ends in a state, with its code and sentence on the screen, and a way out for whoever stands
//! before the box with the recovery key. A script plays that person over the serial line. Nothing restarts by itself.

mod disks;
mod firmware;
mod guesser;
mod person;
mod pin;
mod reseal_cuts;
mod time_server;
mod tpm;
mod works;
