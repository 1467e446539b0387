fn main() -> std::io::Result<()> {
    // Its exponents are secret: lib.rs says what of it may be shown.
    let secret = ["coffer.v1.ModularExponentiation"];
    // For tests that go through all of the interface.
    let description = std::path::Path::new(&std::env::var_os("OUT_DIR").unwrap_or_default()).join("coffer.v1.bin");
    let builder = tonic_prost_build::configure().skip_debug(secret).file_descriptor_set_path(description);
    builder.compile_protos(&["proto/coffer/v1/coffer.proto"], &["proto"])
}
