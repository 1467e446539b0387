//! What pages load, compiled in.

/// One file.
#[derive(Debug)]
pub struct Asset {
    /// With a hash of its content: it never changes under this path.
    pub path: &'static str,
    /// Content-Type.
    pub kind: &'static str,
    pub bytes: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

pub const ALL: [&Asset; 2] = [&STYLE, &ICON];
