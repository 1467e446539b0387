//! As much DER as a signature needs to be written.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_the_short_form_where_it_fits() {
        assert_eq!(tlv(OCTET_STRING, &[&[7]]), [4, 1, 7]);
        assert_eq!(tlv(OCTET_STRING, &[&[0; 128]])[..3], [4, 0x81, 128]);
        assert_eq!(tlv(OCTET_STRING, &[&[0; 300]])[..4], [4, 0x82, 1, 44]);
    }
}
