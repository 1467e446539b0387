//! Builds the signed image: profile in, artefacts out.
//!
//! [`build::build`] reads as the numbered steps; [`verify::verify`] re-checks what it wrote; [`write::write`] puts it on a disk.
#![forbid(unsafe_code)]

pub mod authenticode;
pub mod build;
pub mod closure;
mod der;
pub mod disk;
pub mod error;
pub mod esp;
pub mod initramfs;
pub mod keys;
pub mod manifest;
pub mod pcr;
pub mod profile;
pub mod sbom;
pub mod stamp;
pub mod tool;
pub mod tree;
pub mod uki;
pub mod verify;
pub mod write;

pub use error::ImagerError;

/// SHA-256 in hexadecimal, as the manifest writes it.
pub fn sha256_hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&sha256(bytes))
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref());
    out
}
