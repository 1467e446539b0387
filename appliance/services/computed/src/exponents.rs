//! The exponents of a modular exponentiation. They are secret: they lie beside the job's operand in a file of their own, and in
//! no record, no log and no `Debug`.

use std::fmt;
use std::ops::Range;

use secrets::Secret;
use zeroize::{Zeroize, Zeroizing};

use crate::request_error::RequestError;

/// Each after its length, as two big-endian bytes.
pub struct Exponents {
    encoded: Secret,
    /// Where each lies.
    places: Vec<Range<usize>>,
}

impl Exponents {
    /// One for all items, or one for each, none wider than the modulus; what came is wiped.
    pub fn take(mut sent: Vec<Vec<u8>>, modulus_bytes: usize, items: u64) -> Result<Exponents, RequestError> {
        let checked = check(&sent, modulus_bytes, items);
        let mut encoded = Zeroizing::new(Vec::with_capacity(sent.iter().map(|e| e.len() + 2).sum()));
        if checked.is_ok() {
            for exponent in &sent {
                encoded.extend_from_slice(&(exponent.len() as u16).to_be_bytes());
                encoded.extend_from_slice(exponent);
            }
        }
        sent.iter_mut().for_each(Zeroize::zeroize);
        checked?;
        Exponents::decode(encoded).ok_or(RequestError::Exponents { found: 0, items })
    }

    /// What [`Exponents::encoded`] gave; `None`: it is damaged.
    pub fn decode(mut encoded: Zeroizing<Vec<u8>>) -> Option<Exponents> {
        let (mut places, mut at) = (Vec::new(), 0);
        while at < encoded.len() {
            let length = encoded.get(at..at + 2)?;
            let start = at + 2;
            at = start + usize::from(u16::from_be_bytes([length[0], length[1]]));
            encoded.get(start..at)?;
            places.push(start..at);
        }
        let encoded = Secret::new(std::mem::take(&mut *encoded));
        (!places.is_empty()).then_some(Exponents { encoded, places })
    }

    pub fn encoded(&self) -> &[u8] {
        self.encoded.expose()
    }

    pub fn count(&self) -> usize {
        self.places.len()
    }

    /// The one of this item, where each has its own.
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        self.encoded().get(self.places.get(index)?.clone())
    }
}

impl fmt::Debug for Exponents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} exponents", self.count())
    }
}

fn check(sent: &[Vec<u8>], modulus_bytes: usize, items: u64) -> Result<(), RequestError> {
    if sent.is_empty() || (sent.len() != 1 && sent.len() as u64 != items) {
        return Err(RequestError::Exponents { found: sent.len(), items });
    }
    match sent.iter().position(|e| e.is_empty() || e.len() > modulus_bytes) {
        Some(index) => Err(RequestError::ExponentWidth { index }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_come_back_from_their_file_as_they_were() {
        let sent = vec![vec![7], vec![0, 1, 2], vec![9; 256]];
        let taken = Exponents::take(sent.clone(), 256, 3).unwrap();
        let read = Exponents::decode(Zeroizing::new(taken.encoded().to_vec())).unwrap();
        assert!((0..3).all(|i| read.get(i) == Some(sent[i].as_slice())) && read.get(3).is_none());
        assert_eq!(format!("{read:?}"), "3 exponents");
        let cut = |bytes: usize| Exponents::decode(Zeroizing::new(taken.encoded()[..bytes].to_vec()));
        assert!(cut(0).is_none() && cut(1).is_none() && cut(2).is_none() && cut(100).is_none());
        assert_eq!(cut(3).unwrap().count(), 1);
    }
}
