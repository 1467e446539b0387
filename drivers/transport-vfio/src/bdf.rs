//! Where a function is on the bus.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use thiserror::Error;

/// Where sysfs lists the functions.
pub(crate) const DEVICES: &str = "/sys/bus/pci/devices";

/// A PCI address: domain, bus, device, function. Nothing else fits in, so that it is safe as a file name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bdf(String);

/// A text that is no PCI address.
#[derive(Debug, Error)]
#[error("{0:?} is no PCI address like 0000:00:05.0")]
pub struct AddressError(String);

impl Bdf {
    /// The function's folder in sysfs.
    pub fn sysfs(&self) -> PathBuf {
        Path::new(DEVICES).join(&self.0)
    }
}

impl FromStr for Bdf {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let fits = text.len() == 12
            && text.bytes().enumerate().all(|(index, byte)| match index {
                4 | 7 => byte == b':',
                10 => byte == b'.',
                11 => (b'0'..=b'7').contains(&byte),
                _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
            });
        if fits { Ok(Self(text.into())) } else { Err(AddressError(text.into())) }
    }
}

impl fmt::Display for Bdf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked() {
        assert_eq!("0000:00:1f.3".parse::<Bdf>().unwrap().to_string(), "0000:00:1f.3");
        for wrong in ["", "00:05.0", "0000:00:05.8", "0000:00:05.0/", "../0:00:05.0", "0000:00:0G.0"] {
            assert!(wrong.parse::<Bdf>().is_err(), "{wrong}");
        }
    }
}
