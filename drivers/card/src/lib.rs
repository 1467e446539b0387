//! Driver of the modular exponentiation card
