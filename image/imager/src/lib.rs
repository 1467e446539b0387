//! Builds the signed image: profile in, artefacts out.
//!
//! [`build::build`] reads as the numbered steps; [`verify::verify`] re-checks what it wrote; [`write::write`] puts it on a disk.
#![forbid(unsafe_code)]

pub mod authenticode;
pub mod build;
pub mod closure;
mod der;
mod digest;
pub mod disk;
pub mod error;
pub mod esp;
pub mod hardening;
pub mod initramfs;
pub mod keys;
pub mod manifest;
pub mod pcr;
pub mod policy;
pub mod profile;
pub mod reference;
pub mod sbom;
pub mod sectors;
pub mod services;
pub mod span;
pub mod stamp;
mod toml_file;
pub mod tool;
pub mod tree;
pub mod uki;
pub mod verify;
pub mod write;

pub use digest::sha256_hex;
pub use error::ImagerError;
