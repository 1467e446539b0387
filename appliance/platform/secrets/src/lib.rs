//! Secret bytes. The one door to the content is [`Secret::expose`]; there is no `Debug` of it, no `Clone`, no `==`,
//! and the memory is wiped on drop. Serializing exists for the channels between our own processes (`ipc`),
//! whose buffers are wiped too; nothing else may serialize a secret.
#![forbid(unsafe_code)]

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A secret of any length, wiped on drop.
///
/// ```compile_fail
/// let s = secrets::Secret::new(vec![1]);
/// let t = s.clone();
/// ```
/// ```compile_fail
/// let s = secrets::Secret::new(vec![1]);
/// println!("{}", s);
/// ```
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    pub fn new(bytes: Vec<u8>) -> Secret {
        Secret(Zeroizing::new(bytes))
    }

    /// A copy of `bytes`; the caller still owns, and wipes, the original.
    pub fn copy_of(bytes: &[u8]) -> Secret {
        Secret::new(bytes.to_vec())
    }

    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Equality in time that depends on the length alone.
    pub fn equals(&self, other: &Secret) -> bool {
        self.0.as_slice().ct_eq(other.0.as_slice()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.0.len())
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        // Borrowed from the channel's buffer, which the channel wipes: no second, unwiped copy is made on the way.
        let bytes = <&[u8]>::deserialize(deserializer)?;
        Ok(Secret::copy_of(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_content() {
        let text = format!("{:?}", Secret::new(b"hunter2".to_vec()));
        assert_eq!(text, "Secret(7 bytes)");
    }

    #[test]
    fn equality_is_by_content() {
        assert!(Secret::new(vec![1, 2]).equals(&Secret::new(vec![1, 2])));
        assert!(!Secret::new(vec![1, 2]).equals(&Secret::new(vec![1, 3])));
        assert!(!Secret::new(vec![1, 2]).equals(&Secret::new(vec![1, 2, 0])));
    }
}
