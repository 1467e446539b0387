//! What every register is: a name, an offset and 32 bits. Who moves the bits is the transport's business.

use thiserror::Error;

/// One 32-bit register of BAR0.
pub trait Register: Copy {
    const NAME: &'static str;
    const OFFSET: u32;
    /// The value after a reset of the card; zero where the register map names none.
    const RESET: Self;

    fn from_bits(bits: u32) -> Self;
    fn to_bits(self) -> u32;
}

/// A register that the host may read.
pub trait Readable: Register {}

/// A register that the host may write, always whole: there is no read-modify-write.
pub trait Writable: Register {}

/// The card holds a value that the register map does not name.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("{value:#x} is no value of {field}")]
pub struct UnknownValue {
    pub field: &'static str,
    pub value: u32,
}

macro_rules! register {
    ($(#[$doc:meta])* $name:ident, $text:literal, $offset:literal, $reset:literal, [$($access:ident),*]) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name(u32);

        impl $crate::register::Register for $name {
            const NAME: &'static str = $text;
            const OFFSET: u32 = $offset;
            const RESET: Self = Self($reset);

            fn from_bits(bits: u32) -> Self {
                Self(bits)
            }

            fn to_bits(self) -> u32 {
                self.0
            }
        }

        $(impl $access for $name {})*

        impl Default for $name {
            fn default() -> Self {
                <Self as $crate::register::Register>::RESET
            }
        }
    };
}
pub(crate) use register;
