//! Each asset's path carries the first bytes of its hash: what changes has another path, and browsers keep the rest for good.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

const ASSETS: [(&str, &str, &str); 2] =
    [("STYLE", "style.css", "text/css; charset=utf-8"), ("ICON", "icon.svg", "image/svg+xml")];

fn main() {
    println!("cargo::rerun-if-changed=assets");
    println!("cargo::rerun-if-changed=templates");
    let mut code = String::new();
    for (name, file, kind) in ASSETS {
        let path = Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("assets").join(file);
        let bytes = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let hash = fnv(&bytes);
        let (stem, ending) = file.split_once('.').expect("an asset has an ending");
        let _ = writeln!(
            code,
            "pub const {name}: Asset = Asset {{ path: \"/assets/{stem}.{hash:016x}.{ending}\", kind: {kind:?}, \
             bytes: include_bytes!({path:?}) }};"
        );
    }
    let out = Path::new(&env::var_os("OUT_DIR").expect("cargo sets it")).join("assets.rs");
    fs::write(out, code).expect("the output folder is cargo's");
}

/// FNV-1a: it tells versions apart, and keeps nobody out.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
