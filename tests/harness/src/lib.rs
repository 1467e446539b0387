//! Starts a box in the emulator: TPM, card, QEMU, console, power
