//! Batches of modular arithmetic on the CPU and on the card, the same bytes from each
