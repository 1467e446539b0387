//! coffer.v1: the network interface of a Coffer box, generated from `proto/coffer/v1/coffer.proto`.
#![forbid(unsafe_code)]

#[allow(clippy::all, unreachable_pub, missing_docs)]
pub mod v1 {
    tonic::include_proto!("coffer.v1");
}

/// The interface's description: a `FileDescriptorSet`.
pub const DESCRIPTOR: &[u8] = tonic::include_file_descriptor_set!("coffer.v1");

/// Its exponents are secret.
impl std::fmt::Debug for v1::ModularExponentiation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (bytes, exponents) = (self.modulus.len(), self.exponents.len());
        write!(f, "ModularExponentiation {{ modulus of {bytes} bytes, {exponents} exponents }}")
    }
}

/// The port of the `Coffer` service: mutual TLS.
pub const SERVICE_PORT: u16 = 9443;
/// The port of the `Enrolment` service: no client certificate.
pub const ENROLMENT_PORT: u16 = 9444;
/// The port of the console, for browsers.
pub const CONSOLE_PORT: u16 = 8443;
/// The only `JobHeader.version`.
pub const JOB_VERSION: u32 = 1;
