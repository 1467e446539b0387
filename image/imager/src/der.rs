//! As much DER as a signature needs to be written, and read again.

pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OID: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// Tag, length, and the parts one after another.
pub(crate) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|p| p.len()).sum();
    let mut out = vec![tag];
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let bytes = length.to_be_bytes();
        let significant = &bytes[bytes.iter().position(|b| *b != 0).unwrap_or(0)..];
        out.push(0x80 | significant.len() as u8);
        out.extend(significant);
    }
    parts.iter().for_each(|p| out.extend(*p));
    out
}

/// `[number]`, constructed.
pub(crate) fn tagged(number: u8, parts: &[&[u8]]) -> Vec<u8> {
    tlv(0xa0 | number, parts)
}

/// An algorithm that takes no parameters.
pub(crate) fn algorithm(oid: &[u8]) -> Vec<u8> {
    tlv(SEQUENCE, &[&tlv(OID, &[oid]), &[0x05, 0x00]])
}

/// What stands in a piece of DER, from the front.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    /// The content of the next element, if it has this tag.
    pub(crate) fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, rest) = self.rest.split_first()?;
        let (first, mut rest) = rest.split_first()?;
        let length = if *first < 0x80 {
            usize::from(*first)
        } else {
            let (digits, after) = rest.split_at_checked(usize::from(first & 0x7f)).filter(|(d, _)| d.len() <= 4)?;
            rest = after;
            digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit))
        };
        let (content, after) = rest.split_at_checked(length)?;
        self.rest = after;
        Some(content).filter(|_| *found == tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_the_short_form_where_it_fits() {
        assert_eq!(tlv(OCTET_STRING, &[&[7]]), [4, 1, 7]);
        assert_eq!(tlv(OCTET_STRING, &[&[0; 128]])[..3], [4, 0x81, 128]);
        assert_eq!(tlv(OCTET_STRING, &[&[0; 300]])[..4], [4, 0x82, 1, 44]);
    }

    #[test]
    fn what_was_written_is_read_and_what_is_cut_off_is_not() {
        for length in [0, 7, 128, 300, 70_000] {
            let content = vec![7; length];
            let written = [tlv(OCTET_STRING, &[&content]), tlv(OID, &[&[1]])].concat();
            let mut reader = Reader::new(&written);
            assert_eq!(reader.take(OCTET_STRING), Some(&content[..]));
            assert_eq!(reader.take(OID), Some(&[1][..]));
            assert_eq!(reader.take(OID), None);
            assert_eq!(Reader::new(&written[..length]).take(OCTET_STRING), None);
            assert_eq!(Reader::new(&written).take(OID), None);
        }
    }
}
