//! What a box that runs this image must show, for an auditor: signed with the vendor's release key.

use std::collections::BTreeMap;

use attestation::jws::{self, JwsError, Statement};
use attestation::{Hash, ReferenceValues, SecureBoot};

use crate::authenticode;
use crate::error::ImagerError;
use crate::keys::{Certificate, Keys};
use crate::manifest::Manifest;
use crate::pcr;
use crate::profile::Profile;
use crate::services::TABLE_IN_IMAGE;

pub const FILE_NAME: &str = "reference.json";

/// What the firmware starts, and whose word it takes.
pub struct Started<'a> {
    pub boot_loader: &'a [u8],
    pub uki: &'a [u8],
    /// PK, KEK and db.
    pub certificates: [&'a Certificate; 3],
}

/// From what was built, and from the profile where it is a decision of the vendor's.
pub fn values(manifest: &Manifest, started: &Started, profile: &Profile) -> Result<ReferenceValues, ImagerError> {
    let hash = |hex: &str| Hash::try_from(hex.to_string()).map_err(|e| bad(format!("{hex:?}: {e}")));
    let digest =
        |what: &str, file: &[u8]| authenticode::digest(file).map(Hash).map_err(|e| bad(format!("{what}: {e}")));
    let kernel = pcr::section(started.uki, ".linux")?.unwrap_or_default();
    let components = manifest.files.iter().filter_map(|f| Some((f.path.clone(), f.sha256.as_deref()?)));
    let components: BTreeMap<String, Hash> =
        components.map(|(path, hex)| Ok((path, hash(hex)?))).collect::<Result<_, ImagerError>>()?;
    let services = *components.get(TABLE_IN_IMAGE).ok_or_else(|| bad("there is no services table".into()))?;
    let [pk, kek, db] = started.certificates.map(|certificate| vec![Hash::of(certificate.der())]);
    Ok(ReferenceValues {
        format: ReferenceValues::FORMAT,
        release: manifest.version.clone(),
        profile: manifest.profile.clone(),
        development: manifest.development,
        security_version: manifest.security_version,
        pcr11: manifest
            .pcr11
            .iter()
            .map(|(path, hex)| Ok((path.clone(), hash(hex)?)))
            .collect::<Result<_, ImagerError>>()?,
        programs: BTreeMap::from([
            ("boot-loader".into(), digest("the boot loader", started.boot_loader)?),
            ("image".into(), digest("the image", started.uki)?),
            ("kernel".into(), digest("the kernel", &kernel)?),
        ]),
        secure_boot: SecureBoot { pk, kek, db },
        services,
        components,
        card_builds: profile.card_builds.iter().map(|hex| hash(hex)).collect::<Result<_, _>>()?,
        refused_tpm_firmware: profile.refused_tpm_firmware.clone(),
        service_key_policy: Some(Hash(attestation::approved::service_key_policy())),
    })
}

/// The signed file. The key's other half, which auditors have, must accept it.
pub fn sign(values: &ReferenceValues, keys: &Keys) -> Result<Vec<u8>, ImagerError> {
    let signed = jws::sign(values, &keys.release.private_pem).map_err(refused)?;
    verify(&signed, &keys.release.public_pem)?;
    Ok(signed)
}

/// The values in a signed file.
pub fn verify(file: &[u8], public_pem: &str) -> Result<ReferenceValues, ImagerError> {
    jws::verify(file, &[jws::public_key(public_pem).map_err(refused)?]).map_err(refused)
}

fn refused(source: JwsError) -> ImagerError {
    ImagerError::Signed { source }
}

fn bad(problem: String) -> ImagerError {
    ImagerError::Reference { problem }
}
