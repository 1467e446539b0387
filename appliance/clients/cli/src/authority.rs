//! The authority of a console's certificate: believed only if it can speak for nobody but its own box.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use data_encoding::{BASE64, HEXUPPER};
use ring::digest::{SHA256, digest};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use x509_parser::extensions::{GeneralName, NameConstraints, ParsedExtension};
use x509_parser::prelude::{FromDer, X509Certificate};

/// Below these a name belongs to nobody outside (RFC 6762; ICANN's resolution of 2024-07-29).
const ZONES: [&str; 2] = ["local", "internal"];
/// RFC 1918, RFC 6598, RFC 3927: nobody has these in the internet.
const NETWORKS_4: [(Ipv4Addr, u32); 5] = [
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
];
/// RFC 4193, RFC 4291.
const NETWORKS_6: [(Ipv6Addr, u32); 2] =
    [(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7), (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10)];
const LABEL_BYTES: usize = 64;

/// One that was looked at whole: a browser that trusts it believes it for this box's names and for private addresses alone.
#[derive(Clone, Debug)]
pub(crate) struct Authority {
    der: Vec<u8>,
    host_name: String,
    permitted: Vec<String>,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AuthorityError {
    #[error("it is no X.509 certificate")]
    Unreadable,
    #[error("{found:?} is no name of a box: coffer- and six hexadecimal digits are")]
    HostName { found: String },
    #[error("it is no authority that ends with the certificates it issues")]
    NoAuthority,
    #[error("its key may be used for more than to sign certificates, or its use is not stated")]
    KeyUsage,
    #[error("it is not signed by its own key (ECDSA P-256)")]
    Signature,
    #[error(
        "it has no name constraints that count: a browser that trusted it would believe it for every name there is"
    )]
    Unconstrained,
    #[error("it may speak for {found}, which is not this box's alone")]
    TooMuch { found: String },
    #[error("it asks for what nobody here knows: the critical extension {oid}")]
    Unknown { oid: String },
}

impl Authority {
    /// `host_name`: the box's, as it said on a proven connection.
    pub(crate) fn check(der: Vec<u8>, host_name: &str) -> Result<Authority, AuthorityError> {
        if !is_host_name(host_name) {
            return Err(AuthorityError::HostName { found: host_name.chars().take(LABEL_BYTES).collect() });
        }
        let permitted = permitted(&der, host_name)?;
        Ok(Authority { der, host_name: host_name.into(), permitted })
    }

    pub(crate) fn der(&self) -> &[u8] {
        &self.der
    }

    pub(crate) fn host_name(&self) -> &str {
        &self.host_name
    }

    /// What it may speak for, as people read it.
    pub(crate) fn permitted(&self) -> &[String] {
        &self.permitted
    }

    pub(crate) fn names(&self) -> Vec<String> {
        names(&self.host_name)
    }

    /// In groups of four, as the box's screen shows fingerprints.
    pub(crate) fn fingerprint(&self) -> String {
        fingerprint(&self.der)
    }

    pub(crate) fn pem(&self) -> String {
        let text = BASE64.encode(&self.der);
        let lines: Vec<&str> = text.as_bytes().chunks(64).filter_map(|line| str::from_utf8(line).ok()).collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    }
}

/// SHA-256, in groups of four.
pub(crate) fn fingerprint(der: &[u8]) -> String {
    let digits = HEXUPPER.encode(digest(&SHA256, der).as_ref());
    let groups: Vec<&str> = digits.as_bytes().chunks(4).filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(" ")
}

/// Of any box.
pub(crate) fn is_host_name(text: &str) -> bool {
    let digits = text.strip_prefix("coffer-").unwrap_or_default();
    digits.len() == 6 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether a console's authority may speak for it.
pub(crate) fn is_private(address: IpAddr) -> bool {
    let (bits, width) = bits(address);
    is_within_private(address, bits, width)
}

fn names(host_name: &str) -> Vec<String> {
    let in_zones = ZONES.iter().map(|zone| format!("{host_name}.{zone}"));
    std::iter::once(host_name.to_string()).chain(in_zones).collect()
}

fn permitted(der: &[u8], host_name: &str) -> Result<Vec<String>, AuthorityError> {
    let (rest, certificate) = X509Certificate::from_der(der).map_err(|_| AuthorityError::Unreadable)?;
    if !rest.is_empty() {
        return Err(AuthorityError::Unreadable);
    }
    let (mut is_authority, mut is_use_stated, mut constraints) = (false, false, None);
    for extension in certificate.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::BasicConstraints(basic) => {
                is_authority = basic.ca && basic.path_len_constraint == Some(0);
            }
            // keyCertSign, and at most cRLSign beside it.
            ParsedExtension::KeyUsage(usage) => is_use_stated = usage.key_cert_sign() && usage.flags & !0x60 == 0,
            ParsedExtension::NameConstraints(found) if extension.critical => constraints = Some(found),
            ParsedExtension::SubjectKeyIdentifier(_) | ParsedExtension::AuthorityKeyIdentifier(_) => {}
            _ if extension.critical => return Err(AuthorityError::Unknown { oid: extension.oid.to_id_string() }),
            _ => {}
        }
    }
    if !is_authority || certificate.subject().as_raw() != certificate.issuer().as_raw() {
        return Err(AuthorityError::NoAuthority);
    }
    if !is_use_stated {
        return Err(AuthorityError::KeyUsage);
    }
    let permitted = within_box(constraints.ok_or(AuthorityError::Unconstrained)?, host_name)?;
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &certificate.public_key().subject_public_key.data);
    let signed = certificate.tbs_certificate.as_ref();
    key.verify(signed, &certificate.signature_value.data).map_err(|_| AuthorityError::Signature)?;
    Ok(permitted)
}

/// A kind of name that is not mentioned is not constrained (RFC 5280 4.2.1.10): names and addresses have to be.
fn within_box(constraints: &NameConstraints<'_>, host_name: &str) -> Result<Vec<String>, AuthorityError> {
    let (mut texts, mut has_names, mut has_addresses) = (Vec::new(), false, false);
    for subtree in constraints.permitted_subtrees.iter().flatten() {
        let (text, is_own) = match &subtree.base {
            GeneralName::DNSName(name) => {
                has_names = true;
                (name.to_string(), names(host_name).iter().any(|own| own == name))
            }
            GeneralName::IPAddress(bytes) => {
                has_addresses = true;
                network(bytes).unwrap_or_else(|| ("a network that is none".into(), false))
            }
            other => (format!("{other}"), false),
        };
        if !is_own {
            return Err(AuthorityError::TooMuch { found: text.chars().take(LABEL_BYTES).collect() });
        }
        texts.push(text);
    }
    if has_names && has_addresses { Ok(texts) } else { Err(AuthorityError::Unconstrained) }
}

/// An address and its mask; and whether it lies in a private network.
fn network(bytes: &[u8]) -> Option<(String, bool)> {
    let (address, mask) = bytes.split_at(bytes.len() / 2);
    let of = |bytes: &[u8]| -> Option<IpAddr> {
        let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
        four.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
    };
    let (address, (mask, width)) = (of(address)?, bits(of(mask)?));
    let prefix = (mask << (128 - width)).leading_ones();
    let is_mask = mask.count_ones() == prefix;
    let text = format!("{address}/{prefix}");
    Some((text, is_mask && is_within_private(address, bits(address).0, prefix)))
}

/// As a number, and how many bits it has.
fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    }
}

/// `prefix`: so many bits of it count.
fn is_within_private(address: IpAddr, found: u128, prefix: u32) -> bool {
    let within = |network: IpAddr, length: u32| {
        let (network, width) = bits(network);
        prefix >= length && (found ^ network) >> (width - length) == 0
    };
    match address {
        IpAddr::V4(_) => NETWORKS_4.iter().any(|(network, length)| within((*network).into(), *length)),
        IpAddr::V6(_) => NETWORKS_6.iter().any(|(network, length)| within((*network).into(), *length)),
    }
}

#[cfg(test)]
#[path = "authority_tests.rs"]
mod tests;
