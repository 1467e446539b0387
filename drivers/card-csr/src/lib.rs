//! The card's registers, descriptors and completions
