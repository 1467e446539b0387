fn main() -> std::io::Result<()> {
    // Its exponents are secret: lib.rs says what of it may be shown.
    let secret = ["coffer.v1.ModularExponentiation"];
    tonic_prost_build::configure().skip_debug(secret).compile_protos(&["proto/coffer/v1/coffer.proto"], &["proto"])
}
