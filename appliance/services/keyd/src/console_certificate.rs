//! The certificate that browsers see: the console's own key, certified by an authority of this box that a browser can be made to trust
//! without danger, because it may speak for this box's names and for private addresses alone (RFC 5280 4.2.1.10).
//!
//! The authority's key is in the TPM, under the same policy as the others. The console's key is in its memory, and another one after each
//! start: a browser's handshake costs the TPM nothing.

use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use ipc::Bytes;
use ipc::keyd::{ConsoleCertificate, Reply};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyUsagePurpose, NameConstraints, SanType, SerialNumber,
};
use serde::{Deserialize, Serialize};

use crate::certificates::{TpmKey, for_ever, now, serial};
use crate::error::{file, invalid};
use crate::identity::is_certificate_of;
use crate::tpm::{KeyBlob, Policy, SigningKey, Tpm, TpmError};
use crate::{KeydError, chain, out_of_the_way, set_aside};

const FILE: &str = "console-authority.json";
const VERSION: u32 = 1;
const SIZE_MAX: u64 = 64 * 1024;
/// Apple's limit is 398 days; a day of them is behind us, for browsers whose clock is.
const BEFORE: time::Duration = time::Duration::days(1);
const AFTER: time::Duration = time::Duration::days(396);
/// Below these a name belongs to nobody outside: RFC 6762, and ICANN's resolution of 2024-07-29.
const ZONES: [&str; 2] = ["local", "internal"];

/// Made when it is first asked for.
pub(crate) struct ConsoleAuthority {
    path: PathBuf,
    /// The box's name: the first label of every name that it speaks for.
    name: String,
    made: Option<Made>,
}

struct Made {
    key: SigningKey,
    file: AuthorityFile,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthorityFile {
    /// The TPM that holds the key.
    srk_name: String,
    key: KeyBlob,
    /// X.509, DER, hexadecimal.
    certificate: String,
}

impl ConsoleAuthority {
    pub(crate) fn new(folder: &Path, name: String) -> ConsoleAuthority {
        ConsoleAuthority { path: folder.join(FILE), name, made: None }
    }

    /// A certificate for the key in `csr` (DER, PKCS #10), for the box's names and those of `addresses` that a stranger cannot have.
    pub(crate) fn issue(
        &mut self,
        tpm: &mut Tpm,
        policy: &Policy,
        csr: &[u8],
        addresses: &[IpAddr],
    ) -> Result<Reply, KeydError> {
        let mut request = CertificateSigningRequestParams::from_der(&csr.into())
            .map_err(|e| invalid(format!("the console's certificate request: {e}")))?;
        if request.public_key.algorithm() != &rcgen::PKCS_ECDSA_P256_SHA256 {
            return Err(invalid("the console's certificate request is for another kind of key than ECDSA P-256"));
        }
        let mut params = CertificateParams::new(names(&self.name))?;
        let private = addresses.iter().map(|address| address.to_canonical()).filter(is_private);
        params.subject_alt_names.extend(private.map(SanType::IpAddress));
        params.distinguished_name.push(DnType::CommonName, &self.name);
        params.serial_number = Some(SerialNumber::from_slice(&serial()?));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        (params.not_before, params.not_after) = (now() - BEFORE, now() + AFTER);
        request.params = params;
        let name = self.name.clone();
        let made = self.opened(tpm, policy)?;
        let tpm = RefCell::new(tpm);
        let key = TpmKey::new(&tpm, policy, &made.key);
        let issuer = Issuer::new(authority_params(&name)?, &key);
        let leaf = request.signed_by(&issuer).map_err(|e| key.why(e))?;
        let authority = HEXLOWER.decode(made.file.certificate.as_bytes()).unwrap_or_default();
        Ok(Reply::ConsoleCertificate(ConsoleCertificate {
            leaf: Bytes::new("the console's certificate", leaf.der().to_vec())?,
            authority: Bytes::new("the console authority's certificate", authority)?,
        }))
    }

    /// The authority's own certificate (DER), and the name that it speaks for.
    pub(crate) fn certificate(&mut self, tpm: &mut Tpm, policy: &Policy) -> Result<(Vec<u8>, String), KeydError> {
        let made = self.opened(tpm, policy)?;
        let certificate = HEXLOWER.decode(made.file.certificate.as_bytes()).unwrap_or_default();
        Ok((certificate, self.name.clone()))
    }

    /// One that cannot be read, or is of another TPM, is no more; who trusted it has to be told of the new one.
    fn opened(&mut self, tpm: &mut Tpm, policy: &Policy) -> Result<&Made, KeydError> {
        let made = match self.made.take() {
            Some(made) => made,
            None => match self.read(tpm)? {
                Some(made) => made,
                None => self.create(tpm, policy)?,
            },
        };
        Ok(self.made.insert(made))
    }

    fn read(&self, tpm: &mut Tpm) -> Result<Option<Made>, KeydError> {
        let found = match durable_files::read_json::<AuthorityFile>(&self.path, VERSION, SIZE_MAX) {
            Ok(found) => found,
            Err(e) => {
                eprintln!("keyd: {}", set_aside(&self.path, e)?);
                None
            }
        };
        let srk_name = HEXLOWER.encode(tpm.srk_name());
        let Some(file) = found.filter(|file| file.srk_name == srk_name) else { return Ok(None) };
        match self.load(tpm, &file) {
            Ok(key) => Ok(Some(Made { key, file })),
            Err(e) if e.is_damage() => {
                eprintln!("keyd: {}", out_of_the_way(&self.path, &chain(&e))?);
                Ok(None)
            }
            Err(e) => Err(e.into()),
        }
    }

    fn load(&self, tpm: &mut Tpm, file: &AuthorityFile) -> Result<SigningKey, TpmError> {
        let key = tpm.load_signing_key(&file.key)?;
        let der = HEXLOWER.decode(file.certificate.as_bytes()).unwrap_or_default();
        match is_certificate_of(&der, &key.point, &key.point) {
            true => Ok(key),
            false => Err(TpmError::Damaged("has a certificate that is not its own")),
        }
    }

    fn create(&self, tpm: &mut Tpm, policy: &Policy) -> Result<Made, KeydError> {
        let srk_name = HEXLOWER.encode(tpm.srk_name());
        let blob = tpm.create_signing_key(policy)?;
        let key = tpm.load_signing_key(&blob)?;
        let tpm = RefCell::new(tpm);
        let signing = TpmKey::new(&tpm, policy, &key);
        let mut params = authority_params(&self.name)?;
        params.serial_number = Some(SerialNumber::from_slice(&serial()?));
        let certificate = params.self_signed(&signing).map_err(|e| signing.why(e))?;
        let made = AuthorityFile { srk_name, key: blob, certificate: HEXLOWER.encode(certificate.der()) };
        durable_files::write_json(&self.path, VERSION, &made).map_err(file("writing", &self.path))?;
        Ok(Made { key, file: made })
    }
}

fn names(name: &str) -> Vec<String> {
    let in_zones = ZONES.iter().map(|zone| format!("{name}.{zone}"));
    std::iter::once(name.to_string()).chain(in_zones).collect()
}

fn authority_params(name: &str) -> Result<CertificateParams, KeydError> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, format!("Coffer console of {name}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let own = names(name).into_iter().map(GeneralSubtree::DnsName);
    let permitted_subtrees = own.chain(private_networks().map(GeneralSubtree::IpAddress)).collect();
    params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
    for_ever(&mut params);
    Ok(params)
}

/// RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291 2.5.6.
fn private_networks() -> impl Iterator<Item = CidrSubnet> {
    let four = [
        ([10, 0, 0, 0], 8),
        ([172, 16, 0, 0], 12),
        ([192, 168, 0, 0], 16),
        ([100, 64, 0, 0], 10),
        ([169, 254, 0, 0], 16),
    ];
    let four = four.map(|(net, prefix)| CidrSubnet::from_addr_prefix(IpAddr::V4(Ipv4Addr::from(net)), prefix));
    let six = [(0xfc00, 7), (0xfe80, 10)];
    let six = six.map(|(first, prefix)| {
        CidrSubnet::from_addr_prefix(IpAddr::V6(Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, 0)), prefix)
    });
    four.into_iter().chain(six)
}

fn is_private(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let is_shared = v4.octets()[0] == 100 && v4.octets()[1] & 0xc0 == 64;
            v4.is_private() || v4.is_link_local() || is_shared
        }
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}
