//! Text, bytes and lists with a bound that both ends of a channel check: the sender when it makes one, the receiver when it
//! reads one. Nothing longer exists, so nothing longer has to be thought of.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// UTF-8 of at most `MAX` bytes.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Text<const MAX: usize>(String);

/// Of a client, a key, a role, a serial number.
pub type Name = Text<64>;

/// At most `MAX` bytes.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
pub struct Bytes<const MAX: usize>(Vec<u8>);

/// At most `MAX` values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct List<T, const MAX: usize>(Vec<T>);

/// What is too long, by its name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} has {size} {unit}; {max} are allowed")]
pub struct TooLong {
    pub what: &'static str,
    pub size: usize,
    pub max: usize,
    pub unit: &'static str,
}

impl<const MAX: usize> Text<MAX> {
    /// `what` names it to whoever is told that it is too long.
    pub fn new(what: &'static str, text: impl Into<String>) -> Result<Text<MAX>, TooLong> {
        let text = text.into();
        within(what, text.len(), MAX, "bytes").map(|()| Text(text))
    }

    /// As much of it as fits: for words that people read, never for names.
    pub fn shortened(text: &str) -> Text<MAX> {
        let end = text.floor_char_boundary(MAX);
        Text(text[..end].into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

impl<const MAX: usize> Bytes<MAX> {
    /// `what` names them to whoever is told that they are too many.
    pub fn new(what: &'static str, bytes: impl Into<Vec<u8>>) -> Result<Bytes<MAX>, TooLong> {
        let bytes = bytes.into();
        within(what, bytes.len(), MAX, "bytes").map(|()| Bytes(bytes))
    }

    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }
}

impl<T, const MAX: usize> List<T, MAX> {
    /// `what` names them to whoever is told that they are too many.
    pub fn new(what: &'static str, values: Vec<T>) -> Result<List<T, MAX>, TooLong> {
        within(what, values.len(), MAX, "entries").map(|()| List(values))
    }

    pub fn as_slice(&self) -> &[T] {
        &self.0
    }

    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T, const MAX: usize> Default for List<T, MAX> {
    fn default() -> List<T, MAX> {
        List(Vec::new())
    }
}

fn within(what: &'static str, size: usize, max: usize, unit: &'static str) -> Result<(), TooLong> {
    if size > max { Err(TooLong { what, size, max, unit }) } else { Ok(()) }
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const MAX: usize> fmt::Debug for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<const MAX: usize> PartialEq<str> for Text<MAX> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl<const MAX: usize> fmt::Debug for Bytes<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowed<const MAX: usize>;
        impl<const MAX: usize> Visitor<'_> for Borrowed<MAX> {
            type Value = Text<MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "at most {MAX} bytes of text")
            }

            // Measured before it is copied.
            fn visit_str<E: Error>(self, text: &str) -> Result<Text<MAX>, E> {
                if text.len() > MAX { Err(E::invalid_length(text.len(), &self)) } else { Ok(Text(text.into())) }
            }
        }
        deserializer.deserialize_str(Borrowed)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Bytes<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        List::<u8, MAX>::deserialize(deserializer).map(|list| Bytes(list.0))
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for List<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Counted<T, const MAX: usize>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for Counted<T, MAX> {
            type Value = List<T, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "at most {MAX} entries")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<List<T, MAX>, A::Error> {
                let mut list = Vec::new();
                while let Some(value) = values.next_element()? {
                    if list.len() == MAX {
                        return Err(A::Error::invalid_length(MAX + 1, &self));
                    }
                    list.push(value);
                }
                Ok(List(list))
            }
        }
        deserializer.deserialize_seq(Counted(std::marker::PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_refused_by_name_and_what_fits_is_kept() {
        let refused = Text::<4>::new("the name", "12345").unwrap_err();
        assert_eq!(refused.to_string(), "the name has 5 bytes; 4 are allowed");
        assert_eq!(Text::<4>::new("the name", "1234").unwrap().as_str(), "1234");
        assert!(
            Bytes::<2>::new("the nonce", vec![0; 3]).is_err() && List::<u8, 2>::new("the keys", vec![0; 3]).is_err()
        );
        // A letter of three bytes is not cut in two.
        assert_eq!(Text::<4>::shortened("ab中").as_str(), "ab");
    }

    #[test]
    fn the_receiver_takes_nothing_longer_than_the_sender_could_have_made() {
        let long = postcard::to_stdvec(&("x".repeat(5), vec![1u8; 3], vec![1u64; 3])).unwrap();
        assert!(postcard::from_bytes::<(Text<5>, Bytes<3>, List<u64, 3>)>(&long).is_ok());
        assert!(postcard::from_bytes::<(Text<4>, Bytes<3>, List<u64, 3>)>(&long).is_err());
        assert!(postcard::from_bytes::<(Text<5>, Bytes<2>, List<u64, 3>)>(&long).is_err());
        assert!(postcard::from_bytes::<(Text<5>, Bytes<3>, List<u64, 2>)>(&long).is_err());
    }
}
