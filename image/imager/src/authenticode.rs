//! Secure Boot signatures (Authenticode: PKCS #7 over the hash of a PE file).
//!
//! Written here because the tools that sign put the time of day into the signature, and then no two builds are equal. There is no
//! signing time in these; UEFI does not look at it. The judges are sbverify in the tests and the firmware at boot.

use object::read::pe::{ImageNtHeaders, ImageOptionalHeader, PeFile64};
use object::{LittleEndian as LE, pe};
use ring::digest::{Context, SHA256};

use crate::der::{OCTET_STRING, OID, Reader, SEQUENCE, SET, algorithm, tagged, tlv};
use crate::digest::sha256;
use crate::error::ImagerError;
use crate::keys::{Certificate, SigningKey};

/// The PE file with a signature added; it must have none yet.
pub fn sign(what: &str, image: &[u8], key: &SigningKey) -> Result<Vec<u8>, ImagerError> {
    let mut image = image.to_vec();
    // The certificate table is aligned, and the padding before it counts as part of the file.
    image.resize(image.len().next_multiple_of(8), 0);
    let layout = layout(&image).map_err(|problem| ImagerError::Pe { what: what.into(), problem })?;
    let content = spc_indirect_data(&digest_at(&image, &layout));
    let value = key.sign(&signed_attributes(&content))?;
    let signature = pkcs7(&content, key.certificate(), &value);

    // WIN_CERTIFICATE: length, revision 2.0, type PKCS_SIGNED_DATA; the length covers this header.
    let length = 8 + signature.len() as u32;
    let padded = length.next_multiple_of(8);
    let table = image.len() as u32;
    image[layout.security..layout.security + 4].copy_from_slice(&table.to_le_bytes());
    image[layout.security + 4..layout.security + 8].copy_from_slice(&padded.to_le_bytes());
    image.extend(length.to_le_bytes());
    image.extend(0x0200u16.to_le_bytes());
    image.extend(0x0002u16.to_le_bytes());
    image.extend(signature);
    image.resize((table + padded) as usize, 0);
    Ok(image)
}

/// The certificate whose key signed this file as [`sign`] does; an error where it is not signed, in another way, or another file was.
pub fn verify(image: &[u8]) -> Result<Certificate, String> {
    let file = PeFile64::parse(image).map_err(|e| e.to_string())?;
    let entry = file.data_directory(pe::IMAGE_DIRECTORY_ENTRY_SECURITY).ok_or("it is not signed")?;
    let table = entry.virtual_address.get(LE) as usize;
    let found = image.get(table..).filter(|t| t.len() == entry.size.get(LE) as usize);
    let found = found.ok_or("its signature is not at its end")?;
    let length = found.first_chunk().map_or(0, |b: &[u8; 4]| u32::from_le_bytes(*b)) as usize;
    let signature = found.get(8..length).ok_or("its signature is cut off")?;
    let bare = unsigned("it", image).map_err(|e| e.to_string())?;
    let content = spc_indirect_data(&digest_at(&bare, &layout(&bare)?));

    let (certificate, value) = parts(signature).ok_or("its signature is not readable")?;
    let certificate = Certificate::parse(certificate)?;
    // What the vendor writes has one form: whatever else stands in a signature is not the vendor's.
    if pkcs7(&content, &certificate, value) != signature {
        return Err("it is not what was signed".into());
    }
    certificate.verify(&signed_attributes(&content), value)?;
    Ok(certificate)
}

/// What the firmware measures of a file when it starts it: its signature has no part in that.
pub fn digest(image: &[u8]) -> Result<[u8; 32], String> {
    let bare = unsigned("it", image).map_err(|e| e.to_string())?;
    Ok(digest_at(&bare, &layout(&bare)?))
}

/// The certificate and the signature's value in a PKCS #7 structure.
fn parts(signature: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut outer = Reader::new(Reader::new(signature).take(SEQUENCE)?);
    outer.take(OID)?;
    let mut data = Reader::new(Reader::new(outer.take(0xa0)?).take(SEQUENCE)?);
    data.take(0x02)?;
    data.take(SET)?;
    data.take(SEQUENCE)?;
    let certificate = data.take(0xa0)?;
    let mut signer = Reader::new(Reader::new(data.take(SET)?).take(SEQUENCE)?);
    for tag in [0x02, SEQUENCE, SEQUENCE, 0xa0, SEQUENCE] {
        signer.take(tag)?;
    }
    Some((certificate, signer.take(OCTET_STRING)?))
}

/// The PE file without its signature.
pub fn unsigned(what: &str, image: &[u8]) -> Result<Vec<u8>, ImagerError> {
    let bad = |problem: String| ImagerError::Pe { what: what.into(), problem };
    let file = PeFile64::parse(image).map_err(|e| bad(e.to_string()))?;
    let Some(table) = file.data_directory(pe::IMAGE_DIRECTORY_ENTRY_SECURITY) else { return Ok(image.to_vec()) };
    let (start, size) = (table.virtual_address.get(LE) as usize, table.size.get(LE) as usize);
    if start.checked_add(size) != Some(image.len()) {
        return Err(bad("its signature is not at its end".into()));
    }
    let entry = security_entry(&file);
    let mut image = image[..start].to_vec();
    image[entry..entry + 8].fill(0);
    Ok(image)
}

/// Where the parts are that the hash leaves out, and the pieces of the file in the order in which it takes them.
struct HashLayout {
    checksum: usize,
    security: usize,
    headers: usize,
    sections: Vec<(usize, usize)>,
}

fn layout(image: &[u8]) -> Result<HashLayout, String> {
    let file = PeFile64::parse(image).map_err(|e| e.to_string())?;
    let optional = file.nt_headers().optional_header();
    let security = security_entry(&file);
    if optional.number_of_rva_and_sizes() as usize <= pe::IMAGE_DIRECTORY_ENTRY_SECURITY {
        return Err("it has no place for a signature".into());
    }
    if file.data_directory(pe::IMAGE_DIRECTORY_ENTRY_SECURITY).is_some() {
        return Err("it is signed already".into());
    }
    let mut sections: Vec<(usize, usize)> = file
        .section_table()
        .iter()
        .map(|s| (s.pointer_to_raw_data.get(LE) as usize, s.size_of_raw_data.get(LE) as usize))
        .filter(|(_, size)| *size > 0)
        .collect();
    sections.sort();
    let headers = optional.size_of_headers() as usize;
    // The firmware adds up what it hashed and takes the rest from there: that is only the same as the file if there are no gaps.
    let mut end = headers;
    for (start, size) in &sections {
        if *start != end {
            return Err(format!("a section starts at {start} and not at {end}"));
        }
        end += size;
    }
    if end > image.len() || security + 8 > headers {
        return Err("it ends within a section".into());
    }
    // CheckSum is 64 bytes into the optional header.
    Ok(HashLayout { checksum: optional_header(&file) + 64, security, headers, sections })
}

/// Where the optional header starts in the file.
fn optional_header(file: &PeFile64) -> usize {
    file.dos_header().nt_headers_offset() as usize + 4 + size_of::<pe::ImageFileHeader>()
}

/// Where the data directory's entry for the signature is in the file.
fn security_entry(file: &PeFile64) -> usize {
    optional_header(file) + size_of::<pe::ImageOptionalHeader64>() + pe::IMAGE_DIRECTORY_ENTRY_SECURITY * 8
}

/// Windows Authenticode Portable Executable Signature Format, "Calculating the PE Image Hash".
fn digest_at(image: &[u8], layout: &HashLayout) -> [u8; 32] {
    let mut hash = Context::new(&SHA256);
    hash.update(&image[..layout.checksum]);
    hash.update(&image[layout.checksum + 4..layout.security]);
    hash.update(&image[layout.security + 8..layout.headers]);
    let mut end = layout.headers;
    for (start, size) in &layout.sections {
        hash.update(&image[*start..start + size]);
        end = start + size;
    }
    hash.update(&image[end..]);
    let mut out = [0; 32];
    out.copy_from_slice(hash.finish().as_ref());
    out
}

const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const SHA_256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
const SPC_INDIRECT_DATA: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01, 0x04];
const SPC_PE_IMAGE_DATA: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01, 0x0f];

/// The two fields of SpcIndirectDataContent: what kind of thing was hashed, and the hash.
fn spc_indirect_data(digest: &[u8; 32]) -> Vec<u8> {
    // SpcPeImageData: no flags, and a link to a file without a name.
    let link = tagged(0, &[&tagged(2, &[&[0x80, 0x00]])]);
    let image = tlv(SEQUENCE, &[&tlv(OID, &[SPC_PE_IMAGE_DATA]), &tlv(SEQUENCE, &[&[0x03, 0x01, 0x00], &link])]);
    let info = tlv(SEQUENCE, &[&algorithm(SHA_256), &tlv(OCTET_STRING, &[digest])]);
    [image, info].concat()
}

fn attributes(content: &[u8]) -> Vec<u8> {
    let attribute = |oid: &[u8], value: &[u8]| tlv(SEQUENCE, &[&tlv(OID, &[oid]), &tlv(SET, &[value])]);
    [
        attribute(CONTENT_TYPE, &tlv(OID, &[SPC_INDIRECT_DATA])),
        attribute(MESSAGE_DIGEST, &tlv(OCTET_STRING, &[&sha256(content)])),
    ]
    .concat()
}

/// RFC 2315, 9.3: what is signed has the tag of a SET, what is sent has an implicit one.
fn signed_attributes(content: &[u8]) -> Vec<u8> {
    tlv(SET, &[&attributes(content)])
}

/// RFC 2315, 9: SignedData with one signer, whose signature this is.
fn pkcs7(content: &[u8], certificate: &Certificate, signature: &[u8]) -> Vec<u8> {
    let (issuer, serial) = certificate.issuer_and_serial();
    let signer = tlv(
        SEQUENCE,
        &[
            &[0x02, 0x01, 0x01],
            &tlv(SEQUENCE, &[issuer, &tlv(0x02, &[serial])]),
            &algorithm(SHA_256),
            &tagged(0, &[&attributes(content)]),
            &algorithm(RSA_ENCRYPTION),
            &tlv(OCTET_STRING, &[signature]),
        ],
    );
    let data = tlv(
        SEQUENCE,
        &[
            &[0x02, 0x01, 0x01],
            &tlv(SET, &[&algorithm(SHA_256)]),
            &tlv(SEQUENCE, &[&tlv(OID, &[SPC_INDIRECT_DATA]), &tagged(0, &[&tlv(SEQUENCE, &[content])])]),
            &tagged(0, &[certificate.der()]),
            &tlv(SET, &[&signer]),
        ],
    );
    tlv(SEQUENCE, &[&tlv(OID, &[SIGNED_DATA]), &tagged(0, &[&data])])
}
