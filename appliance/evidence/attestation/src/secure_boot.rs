//! What PCR 7's events say: the keys that the firmware trusted, and which of them let something start.
//!
//! Only events whose digest is that of their data are read: the data of any other is the log's word alone.

use crate::Hash;
use crate::event_log::Event;
use crate::reader::{ReadError, Reader};

const EV_SEPARATOR: u32 = 0x04;
const EV_EFI_VARIABLE_DRIVER_CONFIG: u32 = 0x8000_0001;
const EV_EFI_VARIABLE_AUTHORITY: u32 = 0x8000_00e0;
/// EFI_GLOBAL_VARIABLE and EFI_IMAGE_SECURITY_DATABASE, as they lie in memory.
const GLOBAL: [u8; 16] = [0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11, 0xaa, 0x0d, 0, 0xe0, 0x98, 3, 0x2b, 0x8c];
const DATABASE: [u8; 16] =
    [0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d, 0x96, 0x45, 0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f];
/// EFI_CERT_X509_GUID.
const X509: [u8; 16] = [0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a, 0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72];
const OWNER: usize = 16;

/// Secure Boot as it was when the firmware started something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecureBootState {
    pub on: bool,
    pub pk: Signers,
    pub kek: Signers,
    pub db: Signers,
    /// Of the whole list of what is refused.
    pub dbx: Option<Hash>,
    /// Which certificate let something start.
    pub used: Vec<Hash>,
    /// Other variables that were measured, by name.
    pub others: Vec<String>,
}

/// A list of who may sign.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signers {
    pub certificates: Vec<Hash>,
    /// Entries that are no certificates: hashes of single programs, bare keys.
    pub others: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecureBootError {
    #[error("an event can't be read")]
    Read(#[from] ReadError),
    #[error("the digest of an event of type {kind:#x} is not that of its data")]
    Data { kind: u32 },
    #[error("an event of type {kind:#x} has no place in PCR 7")]
    Kind { kind: u32 },
    #[error("{name} was measured twice")]
    Twice { name: String },
    #[error("{name} was measured after the firmware had begun to start programs")]
    Late { name: String },
    #[error("something was let start by {name}, which is not db")]
    Authority { name: String },
    #[error("nothing says which keys the firmware trusts")]
    Missing,
}

/// Reads PCR 7's events, in order.
pub fn read<'e, 'a: 'e>(events: impl IntoIterator<Item = &'e Event<'a>>) -> Result<SecureBootState, SecureBootError> {
    let mut state = SecureBootState::default();
    let (mut seen, mut separated) = (Vec::new(), false);
    for event in events {
        let kind = event.kind;
        if !event.describes_itself() {
            return Err(SecureBootError::Data { kind });
        }
        match kind {
            EV_SEPARATOR => separated = true,
            EV_EFI_VARIABLE_DRIVER_CONFIG => {
                let variable = variable(event.data)?;
                if separated {
                    return Err(SecureBootError::Late { name: variable.name });
                }
                if seen.contains(&(variable.vendor, variable.name.clone())) {
                    return Err(SecureBootError::Twice { name: variable.name });
                }
                seen.push((variable.vendor, variable.name.clone()));
                take(&mut state, variable)?;
            }
            EV_EFI_VARIABLE_AUTHORITY => {
                let Variable { vendor, name, data } = variable(event.data)?;
                if (vendor, name.as_str()) != (DATABASE, "db") {
                    return Err(SecureBootError::Authority { name });
                }
                // One EFI_SIGNATURE_DATA: an owner, and the certificate.
                state.used.push(Hash::of(data.get(OWNER..).ok_or(ReadError::Short { field: "an authority" })?));
            }
            kind => return Err(SecureBootError::Kind { kind }),
        }
    }
    let needed = [(GLOBAL, "SecureBoot"), (GLOBAL, "PK"), (GLOBAL, "KEK"), (DATABASE, "db"), (DATABASE, "dbx")];
    let has = |(vendor, name): (_, &str)| seen.iter().any(|(v, n)| *v == vendor && n == name);
    if needed.into_iter().all(has) { Ok(state) } else { Err(SecureBootError::Missing) }
}

/// What PCR 7 will be once these variables (PK, KEK, db, dbx) have these contents, EFI signature lists; all else that was measured
/// stays as it is.
pub fn predict<'e, 'a: 'e>(
    events: impl IntoIterator<Item = &'e Event<'a>> + Clone,
    changes: &[(&str, &[u8])],
) -> Result<[u8; 32], PredictError> {
    let used = read(events.clone())?.used;
    for (name, content) in changes {
        let unusable = |source| PredictError::Content { name: (*name).into(), source };
        let after = signers(content).map_err(unusable)?;
        if let Some(used) = used.iter().find(|used| *name == "db" && !after.certificates.contains(used)) {
            return Err(PredictError::NothingStarts { used: *used });
        }
    }
    let (mut pcr, mut changed) = ([0; 32], Vec::new());
    for event in events {
        let mut digest = event.digest;
        if event.kind == EV_EFI_VARIABLE_DRIVER_CONFIG {
            let before = variable(event.data).map_err(SecureBootError::Read)?;
            let change = changes.iter().find(|(name, _)| *name == before.name && place(name) == Some(before.vendor));
            if let Some((name, content)) = change {
                digest = Hash::of(&measured(event.data, &before, content)).0;
                changed.push(*name);
            }
        }
        pcr = Hash::of(&[&pcr[..], &digest].concat()).0;
    }
    match changes.iter().find(|(name, _)| !changed.contains(name)) {
        Some((name, _)) => Err(PredictError::NotMeasured { name: (*name).into() }),
        None => Ok(pcr),
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PredictError {
    #[error("what the firmware measured")]
    Log(#[from] SecureBootError),
    #[error("the new {name} is no EFI signature list")]
    Content {
        name: String,
        #[source]
        source: ReadError,
    },
    #[error(
        "the new db lacks the certificate by which this system starts (SHA-256 {used}): nothing would start any more"
    )]
    NothingStarts { used: Hash },
    #[error("{name} is none of PK, KEK, db and dbx, or was not measured")]
    NotMeasured { name: String },
}

/// Whose variable it is.
fn place(name: &str) -> Option<[u8; 16]> {
    match name {
        "PK" | "KEK" => Some(GLOBAL),
        "db" | "dbx" => Some(DATABASE),
        _ => None,
    }
}

/// UEFI_VARIABLE_DATA with another content: vendor, lengths and name come first.
fn measured(data: &[u8], before: &Variable<'_>, content: &[u8]) -> Vec<u8> {
    let head = &data[..data.len() - before.data.len()];
    let (vendor_and_name_length, name) = (&head[..24], &head[32..]);
    [vendor_and_name_length, &(content.len() as u64).to_le_bytes(), name, content].concat()
}

fn take(state: &mut SecureBootState, variable: Variable<'_>) -> Result<(), ReadError> {
    match (variable.vendor, variable.name.as_str()) {
        (GLOBAL, "SecureBoot") => state.on = variable.data == [1],
        (GLOBAL, "PK") => state.pk = signers(variable.data)?,
        (GLOBAL, "KEK") => state.kek = signers(variable.data)?,
        (DATABASE, "db") => state.db = signers(variable.data)?,
        (DATABASE, "dbx") => state.dbx = Some(Hash::of(variable.data)),
        _ => state.others.push(variable.name),
    }
    Ok(())
}

struct Variable<'a> {
    vendor: [u8; 16],
    name: String,
    data: &'a [u8],
}

/// UEFI_VARIABLE_DATA (TCG PC Client Platform Firmware Profile 1.06, 10.4.1).
fn variable(bytes: &[u8]) -> Result<Variable<'_>, ReadError> {
    let mut r = Reader::new(bytes);
    let mut vendor = [0; 16];
    vendor.copy_from_slice(r.bytes(16, "a variable's vendor")?);
    let name = r.little(8, "the size of a variable's name")?;
    let size = r.little(8, "the size of a variable")?;
    let length = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let name = r.bytes(length(name).saturating_mul(2), "a variable's name")?;
    let data = r.bytes(length(size), "a variable's value")?;
    r.end()?;
    let units: Vec<u16> = name.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]])).collect();
    Ok(Variable { vendor, name: String::from_utf16_lossy(&units), data })
}

/// EFI_SIGNATURE_LIST, one after the other (UEFI 2.10, 32.4.1).
fn signers(bytes: &[u8]) -> Result<Signers, ReadError> {
    let mut r = Reader::new(bytes);
    let mut signers = Signers::default();
    while !r.is_empty() {
        let is_x509 = r.bytes(16, "a signature list's type")? == X509;
        let list = r.little(4, "a signature list's size")? as usize;
        let header = r.little(4, "a signature list's header")? as usize;
        let each = r.little(4, "a signature's size")? as usize;
        r.bytes(header, "a signature list's header")?;
        let entries = list.checked_sub(28 + header).filter(|n| each > OWNER && n % each == 0);
        let entries = entries.ok_or(ReadError::Long { field: "a signature list", size: list })?;
        for entry in r.bytes(entries, "a signature list")?.chunks_exact(each) {
            if is_x509 {
                signers.certificates.push(Hash::of(&entry[OWNER..]));
            } else {
                signers.others += 1;
            }
        }
    }
    signers.certificates.sort();
    Ok(signers)
}
