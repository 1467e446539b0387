fn main() -> std::io::Result<()> {
    tonic_prost_build::configure().compile_protos(&["proto/coffer/v1/coffer.proto"], &["proto"])
}
